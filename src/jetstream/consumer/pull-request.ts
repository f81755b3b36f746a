// A request for messages, as a client writes it: nothing, a number, or JSON. It knows no consumer and no clock.

import { accepted, type Result, refused } from "../../base/result.ts";
import {
  count,
  decodeText,
  durationNanos,
  flag,
  integer,
  type Kind,
  plainText,
  shape,
} from "../json-kinds.ts";

const nanosPerMilli = 1_000_000;

export interface PullWish {
  readonly batch: number;
  /** 0 is no limit. */
  readonly maxBytes: number;
  readonly noWait: boolean;
  /** 0 is not given. */
  readonly expiresMillis: number;
  readonly heartbeatMillis: number;
  /** Null: the request was no JSON. */
  readonly priority: PullPriority | null;
}

export interface PullPriority {
  readonly group: string;
  readonly minPending: number;
  readonly minAckPending: number;
  /** The pin it was given. */
  readonly id: string;
  readonly priority: number;
}

const plain: PullWish = {
  batch: 1,
  maxBytes: 0,
  noWait: false,
  expiresMillis: 0,
  heartbeatMillis: 0,
  priority: null,
};

interface WishRecord {
  readonly expires: bigint;
  readonly batch: number;
  readonly max_bytes: number;
  readonly no_wait: boolean;
  readonly idle_heartbeat: bigint;
  readonly group: string;
  readonly min_pending: number;
  readonly min_ack_pending: number;
  readonly id: string;
  readonly priority: number;
}

/** Clients are told of faults in a message that has no name. */
const wishKind: Kind<WishRecord> = shape("", {
  expires: durationNanos,
  batch: integer,
  max_bytes: integer,
  no_wait: flag,
  idle_heartbeat: durationNanos,
  group: plainText,
  min_pending: count,
  min_ack_pending: count,
  id: plainText,
  priority: integer,
});

const decoder: TextDecoder = new TextDecoder();
const wholeNumber = /^[+-]?\d+$/;
const noBody: Uint8Array = new Uint8Array(0);

/** The refusal is what stands behind "Bad Request - ". */
export type ParsedWish = Result<PullWish, string>;

/** Clients send the same request again and again: the last one is remembered. */
export class PullRequestReader {
  #lastBody: Uint8Array = noBody;
  #last: ParsedWish = accepted(plain);

  read(bytes: Uint8Array, start: number, length: number): ParsedWish {
    if (!this.#isSame(bytes, start, length)) {
      this.#lastBody = bytes.slice(start, start + length);
      this.#last = parsePullRequest(decoder.decode(this.#lastBody));
    }
    return this.#last;
  }

  #isSame(bytes: Uint8Array, start: number, length: number): boolean {
    const last = this.#lastBody;
    if (last.length !== length) {
      return false;
    }
    for (let at = 0; at < length; at++) {
      if (last[at] !== bytes[start + at]) {
        return false;
      }
    }
    return true;
  }
}

export function parsePullRequest(body: string): ParsedWish {
  const text = body.trim();
  if (text.startsWith("{")) {
    return parseObject(text);
  }
  const batch = wholeNumber.test(text) ? Number(text) : 1;
  return accepted(Number.isSafeInteger(batch) ? { ...plain, batch } : plain);
}

function parseObject(text: string): ParsedWish {
  const parsed = decodeText(text, wishKind);
  if (!parsed.ok) {
    return parsed;
  }
  const { expires, idle_heartbeat: heartbeat, min_pending, min_ack_pending } = parsed.value;
  const { batch, max_bytes, no_wait, group, id, priority } = parsed.value;
  if (heartbeat > 0n && heartbeat * 2n > expires) {
    return refused("heartbeat value too large");
  }
  return accepted({
    batch,
    maxBytes: max_bytes,
    noWait: no_wait,
    expiresMillis: Number(expires) / nanosPerMilli,
    heartbeatMillis: Math.max(0, Number(heartbeat) / nanosPerMilli),
    priority: { group, minPending: min_pending, minAckPending: min_ack_pending, id, priority },
  });
}
