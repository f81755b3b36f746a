// A fabric with one account, its clients and what they saw, so that a test reads like a conversation.
// It obeys the rules of the interface as the broker does: rows are routed first, then one resumes.

import {
  type AccountIndex,
  type Fabric,
  noPermissions,
  noSlot,
  opKind,
  outcome,
  type PendingOp,
  type PermissionsRef,
  type PermissionsSpec,
  parseError,
  type SlotIndex,
  type SlotOptions,
  type SubscribeOptions,
  type SubscriptionRef,
} from "../../../src/wasm/fabric.ts";

export function bytes(of: string): Uint8Array {
  return new Uint8Array(Buffer.from(of, "latin1"));
}

export function text(from: Uint8Array, start: number, length: number): string {
  return Buffer.from(from.buffer, from.byteOffset + start, length).toString("latin1");
}

function nameOf(table: Readonly<Record<string, number>>, value: number): string {
  const found = Object.entries(table).find(([, number]) => number === value);
  return found === undefined ? `unknown ${value}` : found[0];
}

/** Fields that are empty are left out; of an error all of them: what is here of the offence depends on the chunk. */
export function opText(op: PendingOp): string {
  const { bytes: from, headerLength, bodyStart, bodyLength } = op;
  if (op.kind === opKind.error) {
    return `error ${nameOf(parseError, op.error)}`;
  }
  const fields = [
    ["subject=", text(from, op.subjectStart, op.subjectLength)],
    ["reply=", text(from, op.replyStart, op.replyLength)],
    ["queue=", text(from, op.queueStart, op.queueLength)],
    ["sid=", text(from, op.sidStart, op.sidLength)],
    ["headers=", text(from, op.headerStart, headerLength)],
    ["body=", text(from, bodyStart + headerLength, bodyLength - headerLength)],
  ];
  const given = fields.filter(([, value]) => value !== "").map(([key, value]) => `${key}${value}`);
  return [nameOf(opKind, op.kind), ...given].join(" ");
}

export interface Row {
  readonly receiver: number;
  readonly subscription: SubscriptionRef;
  readonly origin: SlotIndex;
  readonly account: AccountIndex;
  readonly subject: string;
  readonly reply: string;
  readonly headers: string;
  readonly body: string;
}

export class Client {
  readonly slot: SlotIndex;
  readonly #stage: Stage;
  #options: SlotOptions;

  constructor(stage: Stage, slot: SlotIndex, options: SlotOptions) {
    this.#stage = stage;
    this.slot = slot;
    this.#options = options;
  }

  /**
   * Hands a chunk in and goes on until all is taken. Gives what stood in the way, in order: ops as text,
   * "rows" and "stalled by <slot>". `act` answers an op before the client is resumed.
   */
  send(chunk: string | Uint8Array, act?: (op: PendingOp) => void): string[] {
    const { fabric } = this.#stage;
    const events: string[] = [];
    const given = typeof chunk === "string" ? bytes(chunk) : chunk;
    let result = fabric.ingest(this.slot, given, this.#stage.now);
    while (result !== outcome.done) {
      if (result === outcome.op) {
        events.push(opText(fabric.op));
        act?.(fabric.op);
      } else if (result === outcome.stalled) {
        events.push(`stalled by ${fabric.stalledBy}`);
      } else if (result === outcome.rows) {
        events.push("rows");
      }
      this.#stage.routeRows();
      result = fabric.resume(this.slot);
    }
    this.#stage.routeRows();
    return events;
  }

  /** Takes all that waits, block by block. */
  received(): string {
    return this.take(Number.POSITIVE_INFINITY);
  }

  /** Takes up to so many bytes, as a slow socket does. */
  take(limit: number): string {
    const { fabric } = this.#stage;
    let taken = "";
    while (taken.length < limit && fabric.outboxLength(this.slot) > 0) {
      const count = Math.min(limit - taken.length, fabric.outboxLength(this.slot));
      taken += text(fabric.outboxBytes(this.slot), fabric.outboxOffset(this.slot), count);
      fabric.took(this.slot, count);
    }
    return taken;
  }

  set(change: Partial<SlotOptions>): void {
    this.#options = { ...this.#options, ...change };
    this.#stage.fabric.setSlotOptions(this.slot, this.#options);
  }

  subscribe(subject: string, sid: string, more: Partial<SubscribeOptions> = {}): SubscriptionRef {
    const { slot } = this;
    const { account } = this.#options;
    const plain = { slot, account, subject, queue: "", sid, filtersDenied: false };
    return this.#stage.fabric.subscribe({ ...plain, ...more });
  }

  close(): void {
    this.#stage.fabric.closeSlot(this.slot);
  }
}

export class Stage {
  readonly fabric: Fabric;
  readonly account: AccountIndex;
  /** Every row that was routed, oldest first. */
  readonly rows: Row[] = [];
  /** Called for each row while its bytes are valid. */
  onRow: (row: Row, index: number) => void = () => undefined;
  /** A time as clocks have it, far beyond 32 bits. */
  now = 1_760_000_000_000;

  constructor(fabric: Fabric) {
    this.fabric = fabric;
    this.account = fabric.openAccount();
  }

  options(change: Partial<SlotOptions> = {}): SlotOptions {
    return {
      account: this.account,
      permissions: noPermissions,
      connected: true,
      verbose: false,
      pedantic: false,
      echo: true,
      headers: true,
      noResponders: true,
      decidesSubscriptions: false,
      reportsFirstPing: false,
      isSystem: false,
      maxPayload: 1_048_576,
      maxSubscriptions: 0,
      maxControlLine: 4096,
      ...change,
    };
  }

  client(change: Partial<SlotOptions> = {}): Client {
    const options = this.options(change);
    return new Client(this, this.fabric.openSlot(options), options);
  }

  permissions(change: Partial<PermissionsSpec>): PermissionsRef {
    const all = { publishAllow: null, publishDeny: [], subscribeDeny: [], responses: null };
    return this.fabric.openPermissions({ ...all, ...change });
  }

  publish(subject: string, body: string, more: { reply?: string; headers?: string } = {}): number {
    return this.fabric.publish({
      account: this.account,
      origin: noSlot,
      subject,
      reply: more.reply ?? "",
      headers: bytes(more.headers ?? ""),
      body: bytes(body),
    });
  }

  /** Routing may add rows; they are routed in the same round. */
  routeRows(): void {
    const { rows } = this.fabric;
    for (let index = 0; index < rows.count; index += 1) {
      const row = this.#row(index);
      this.rows.push(row);
      this.onRow(row, index);
    }
    if (rows.count > 0) {
      this.fabric.clearRows();
    }
  }

  #row(index: number): Row {
    const { rows } = this.fabric;
    return {
      receiver: rows.receiver(index),
      subscription: rows.subscription(index),
      origin: rows.origin(index),
      account: rows.account(index),
      subject: text(rows.bytes, rows.subjectStart(index), rows.subjectLength(index)),
      reply: text(rows.bytes, rows.replyStart(index), rows.replyLength(index)),
      headers: text(rows.bytes, rows.headerStart(index), rows.headerLength(index)),
      body: text(rows.bytes, rows.bodyStart(index), rows.bodyLength(index)),
    };
  }
}
