// Who asks, as a service in another account may learn it: the Nats-Request-Info header. Blocks are kept per connection,
// so that a request costs no JSON. It does not decide how much is disclosed.

import { readableText } from "../base/byte-text.ts";
import { goJson, omitEmpty } from "../base/go-json.ts";
import { goTime } from "../base/go-time.ts";
import { withOnlyHeader } from "../protocol/headers.ts";
import type { SlotIndex } from "../wasm/fabric.ts";

export const requestInfoHeader = "Nats-Request-Info";

/** One connection as others may know it. Immutable: whatever changes, the round trip time too, makes a new one. */
export interface Requester {
  readonly account: string;
  /** 0 while it is not known. */
  readonly rttNanos: number;
  readonly startNanos: bigint;
  readonly host: string;
  readonly cid: number;
  readonly user: string;
  readonly name: string;
  readonly lang: string;
  readonly version: string;
  /** "Client" and the like. */
  readonly kind: string;
  /** "nats" and the like. */
  readonly clientType: string;
}

/** The connections behind slots, as import roads must know them. */
export interface Requesters {
  /** Null when no client stands there (any more). The same object as long as nothing changed. */
  requesterOf(slot: SlotIndex): Requester | null;
  /** The round trip time of this connection is wanted and not known. */
  wantRtt(slot: SlotIndex): void;
}

export interface ServerNames {
  readonly server: string;
  /** "" is none. */
  readonly cluster: string;
}

/** How much of a requester is told, and on behalf of which account on the way ("" is none). */
export interface Disclosure {
  readonly isDetailed: boolean;
  readonly namesServer: boolean;
  readonly service: string;
}

/** The fields in the order in which tools are used to see them. */
export interface ClientInfo {
  readonly start: string | undefined;
  readonly host: string | undefined;
  readonly id: number | undefined;
  readonly acc: string | undefined;
  readonly svc: string | undefined;
  readonly user: string | undefined;
  readonly name: string | undefined;
  readonly lang: string | undefined;
  readonly ver: string | undefined;
  readonly rtt: number | undefined;
  readonly server: string | undefined;
  readonly cluster: string | undefined;
  readonly kind: string | undefined;
  readonly client_type: string | undefined;
  /** The requester's own reply, where the service must know it. */
  readonly reply?: string;
}

export function clientInfo(
  requester: Requester,
  { isDetailed, namesServer, service }: Disclosure,
  names: ServerNames,
): ClientInfo {
  const hasServer = isDetailed || namesServer;
  return {
    start: isDetailed ? goTime(requester.startNanos) : undefined,
    host: isDetailed ? omitEmpty(requester.host) : undefined,
    id: isDetailed ? omitEmpty(requester.cid) : undefined,
    acc: requester.account,
    svc: omitEmpty(service),
    user: isDetailed ? omitEmpty(requester.user) : undefined,
    name: isDetailed ? omitEmpty(requester.name) : undefined,
    lang: isDetailed ? omitEmpty(requester.lang) : undefined,
    ver: isDetailed ? omitEmpty(requester.version) : undefined,
    rtt: omitEmpty(requester.rttNanos),
    server: hasServer ? omitEmpty(names.server) : undefined,
    cluster: hasServer ? omitEmpty(names.cluster) : undefined,
    kind: isDetailed ? requester.kind : undefined,
    client_type: isDetailed ? omitEmpty(requester.clientType) : undefined,
  };
}

/** One header with one disclosure of one requester. */
interface Prepared {
  readonly json: string;
  /** `Nats-Request-Info: {...}` and its line end. */
  readonly line: Uint8Array;
  /** A whole block of only this line. */
  readonly block: Uint8Array;
}

interface Known {
  readonly requester: Requester;
  readonly prepared: Map<Disclosure, Prepared>;
}

const encoder: TextEncoder = new TextEncoder();
const key: Uint8Array = encoder.encode(`\n${requestInfoHeader}:`);
const versionLineLength = "NATS/1.0\r\n".length;
const emptyLineLength = 2;
const lineFeed = 0x0a;
const carriageReturn = 0x0d;

export class RequestInfo {
  readonly #requesters: Requesters;
  readonly #names: ServerNames;
  /** By slot. */
  readonly #known: Map<SlotIndex, Known> = new Map();

  constructor(requesters: Requesters, names: ServerNames) {
    this.#requesters = requesters;
    this.#names = names;
  }

  /**
   * The header block to send instead of `headers` (empty is none). Undefined leaves it: nobody stands behind the slot.
   * Disclosures are kept by identity: whoever calls often gives the same object. `reply` is told too, "" is not.
   */
  headersFor(
    slot: SlotIndex,
    disclosure: Disclosure,
    headers: Uint8Array,
    reply = "",
  ): Uint8Array | undefined {
    const requester = this.#requesters.requesterOf(slot);
    if (requester === null) {
      return undefined;
    }
    if (reply !== "") {
      const info = clientInfo(requester, disclosure, this.#names);
      return withInfo(headers, prepare({ ...info, reply: readableText(reply) }));
    }
    let known = this.#known.get(slot);
    if (known === undefined || known.requester !== requester) {
      known = { requester, prepared: new Map() };
      this.#known.set(slot, known);
    }
    let prepared = known.prepared.get(disclosure);
    if (prepared === undefined) {
      prepared = prepare(clientInfo(requester, disclosure, this.#names));
      known.prepared.set(disclosure, prepared);
    }
    return withInfo(headers, prepared);
  }

  forget(slot: SlotIndex): void {
    this.#known.delete(slot);
  }

  /** Disclosures that no road uses any more must not be kept. */
  forgetAll(): void {
    this.#known.clear();
  }
}

function prepare(info: ClientInfo): Prepared {
  const json = goJson(info);
  const block = encoder.encode(`NATS/1.0\r\n${requestInfoHeader}: ${json}\r\n\r\n`);
  const line = block.subarray(versionLineLength, block.length - emptyLineLength);
  return { json, line, block };
}

/** What the client itself wrote under that name is replaced: services trust it. */
function withInfo(headers: Uint8Array, { json, line, block }: Prepared): Uint8Array {
  if (headers.length === 0) {
    return block;
  }
  const kept = headers.length - emptyLineLength;
  const isWellFormed = headers[kept] === carriageReturn && headers[kept + 1] === lineFeed;
  if (!isWellFormed || hasInfo(headers)) {
    return withOnlyHeader(headers, requestInfoHeader, json);
  }
  const whole = new Uint8Array(headers.length + line.length);
  whole.set(headers.subarray(0, kept));
  whole.set(line, kept);
  whole[whole.length - 2] = carriageReturn;
  whole[whole.length - 1] = lineFeed;
  return whole;
}

function hasInfo(headers: Uint8Array): boolean {
  for (let at = headers.indexOf(lineFeed); at !== -1; at = headers.indexOf(lineFeed, at + 1)) {
    if (key.every((byte, offset) => headers[at + offset] === byte)) {
      return true;
    }
  }
  return false;
}
