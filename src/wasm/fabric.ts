// The face of the fast road: slots (connections), accounts, interest, permissions, outboxes and handoff rows.
// Implemented by WasmFabric over assembly/, and by the plain twin in test/reference; both must give the same bytes.
// It knows no sockets, no JSON, no configuration and no time but what it is told. Strings that cross it are byte text,
// one character a byte (base/byte-text.ts): they keep every byte, also those that are no UTF-8.

import type { Brand } from "../base/brand.ts";
import type { OutgoingMessage } from "../base/outgoing-message.ts";

/** A connection inside the fabric. 0 is never given: it stands for "from inside the server". */
export type SlotIndex = Brand<number, "SlotIndex">;
/** An account inside the fabric, from 1. */
export type AccountIndex = Brand<number, "AccountIndex">;
/** A subscription, valid until it is removed. 0 is none. */
export type SubscriptionRef = Brand<number, "SubscriptionRef">;
/** A set of permissions, shared by slots. 0 is none: everything is allowed. */
export type PermissionsRef = Brand<number, "PermissionsRef">;

export const noSlot: SlotIndex = 0 as SlotIndex;
export const noPermissions: PermissionsRef = 0 as PermissionsRef;

/** Why ingest or resume came back. Rows may wait after any of them: route them first, always. */
export const outcome = {
  /** Everything was taken; an unfinished op is kept in the slot. */
  done: 0,
  /** Rows wait and something behind them needs them routed first (a PING, or the row table is filling). Then resume. */
  rows: 1,
  /** An op needs a decision: read `op`, act, resume. */
  op: 2,
  /** Enough bytes wait in outboxes: flush, then resume. */
  flush: 3,
  /** A receiver (see stalledBy) is full and makes progress: hold, pause reading, resume when it has drained. */
  stalled: 4,
} as const;
export type Outcome = (typeof outcome)[keyof typeof outcome];

/** What needs a decision. */
export const opKind = {
  none: 0,
  /** CONNECT: body is the JSON. */
  connect: 1,
  /** SUB in a slot that decides subscriptions itself: subject, queue (may be empty), sid. Nothing was done yet. */
  subscribe: 2,
  /** A publish that the slot's permissions refuse; nothing was delivered. subject, reply. */
  publishDenied: 3,
  /** A publish whose reply subject may not be used (reserved prefix, or denied); nothing was delivered. */
  replyDenied: 4,
  /** A publish whose subject matches the account's mapped subjects; use publishMapped. subject, reply. */
  mapped: 5,
  /** The bytes broke the protocol: `error` says how. The slot takes no more bytes. body: up to 64 bytes of the offence. */
  error: 6,
  /** PONG, only while the slot awaits one (awaitPong). */
  pong: 7,
  /** The first PING of a slot opened with `reportsFirstPing`; its PONG is not written yet and will be on resume. */
  firstPing: 8,
  /** Any op but CONNECT, seen by its first byte, while the slot is not `connected`. Resume parses it again. */
  early: 9,
  /** SUB with an invalid subject; nothing was done. subject, sid. */
  invalidSubject: 10,
  /** SUB beyond the slot's maxSubscriptions; nothing was done. */
  tooManySubscriptions: 11,
  /** INFO, +OK or -ERR from a client: body is the argument. */
  ignored: 12,
  /**
   * An HPUB in whose header block, behind the ten bytes of `NATS/1.0` and its line end, `Nats-Trace-Dest` stands
   * somewhere, in these letters, or `traceparent` in any letters where the account asks for that. It was read, its payload is whole, and nothing else was done: it is not counted,
   * mapped, judged nor answered, and is gone unless publishTraced takes it on. subject, reply, headers, body.
   */
  traced: 13,
} as const;
export type OpKind = (typeof opKind)[keyof typeof opKind];

/** `op.error` of an opKind.error. */
export const parseError = {
  /** Not a verb, bad separators, bad numbers, missing CRLF: "Unknown Protocol Operation". */
  unknownOperation: 1,
  /** A control line above maxControlLine. */
  controlLineTooLong: 2,
  /** A payload above the slot's maxPayload. */
  payloadTooLarge: 3,
  /** HPUB while the server or the client has no headers. */
  headersNotSupported: 4,
  /** Header size above total. What stands in a header block is not looked at, as in the reference. */
  badHeaders: 5,
  /** Wrong number of arguments or an unreadable size: the reference closes as for unknownOperation. */
  badArguments: 6,
  /** No memory left for this connection's bytes or interest. */
  outOfMemory: 7,
} as const;
export type ParseError = (typeof parseError)[keyof typeof parseError];

/** The op that needs a decision. Ranges lie in `bytes` and are valid until the next ingest or resume. */
export interface PendingOp {
  readonly kind: OpKind;
  readonly error: ParseError | 0;
  readonly bytes: Uint8Array;
  readonly subjectStart: number;
  readonly subjectLength: number;
  readonly replyStart: number;
  readonly replyLength: number;
  readonly queueStart: number;
  readonly queueLength: number;
  readonly sidStart: number;
  readonly sidLength: number;
  readonly headerLength: number;
  /** For a publish: where its header block begins; the body follows it. For CONNECT and errors: the text. */
  readonly bodyStart: number;
  /** Length of header block and body together. */
  readonly bodyLength: number;
  /**
   * Where the header block begins. Only of an HPUB that is payloadTooLarge, whose body is the text of the offence, is
   * that elsewhere than at bodyStart; headerLength is then as much of the block as came with its control line.
   */
  readonly headerStart: number;
}

/** Messages for receivers inside the server, in order. Ranges lie in `bytes`, valid until clearRows or the next ingest. */
export interface HandoffRows {
  readonly count: number;
  readonly bytes: Uint8Array;
  /** The number given to subscribeInside. */
  receiver(row: number): number;
  subscription(row: number): SubscriptionRef;
  /** The publishing slot, 0 when it came from inside. */
  origin(row: number): SlotIndex;
  account(row: number): AccountIndex;
  subjectStart(row: number): number;
  subjectLength(row: number): number;
  replyStart(row: number): number;
  replyLength(row: number): number;
  /** The header block; headerLength 0 is none. The body follows right behind it. */
  headerStart(row: number): number;
  headerLength(row: number): number;
  bodyStart(row: number): number;
  bodyLength(row: number): number;
  /** The subject that receivers outside are shown instead of the one that was matched; length 0 is none. */
  shownStart(row: number): number;
  shownLength(row: number): number;
}

export interface SlotOptions {
  readonly account: AccountIndex;
  readonly permissions: PermissionsRef;
  /** Ops other than CONNECT pass. While false every other op becomes opKind.early. */
  readonly connected: boolean;
  readonly verbose: boolean;
  readonly pedantic: boolean;
  readonly echo: boolean;
  /** The client understands HMSG and may HPUB. */
  readonly headers: boolean;
  /** The client wants 503 when nobody listens (needs headers). */
  readonly noResponders: boolean;
  /** Every SUB becomes opKind.subscribe (permissions on subscribe, stream imports, token limits...). */
  readonly decidesSubscriptions: boolean;
  /** The first PING becomes opKind.firstPing. */
  readonly reportsFirstPing: boolean;
  /** May publish to $SYS.> (only in the system account); else such a publish is publishDenied. */
  readonly isSystem: boolean;
  readonly maxPayload: number;
  /** 0 is no limit. */
  readonly maxSubscriptions: number;
  readonly maxControlLine: number;
}

export interface PermissionsSpec {
  /** Null allows everything that is not denied. */
  readonly publishAllow: readonly string[] | null;
  readonly publishDeny: readonly string[];
  /** Filters deliveries of subscriptions made with `filtersDenied`. */
  readonly subscribeDeny: readonly string[];
  /** allow_responses: how often and how long one may answer to a reply subject one was sent. */
  readonly responses: { readonly max: number; readonly millis: number } | null;
}

export interface SubscribeOptions {
  readonly slot: SlotIndex;
  readonly account: AccountIndex;
  readonly subject: string;
  readonly queue: string;
  readonly sid: string;
  /** Deliveries on subjects that the slot's subscribeDeny matches are left out. */
  readonly filtersDenied: boolean;
  /** Patterns whose subjects this one must not be sent either: denials that name its queue. */
  readonly alsoDenied?: readonly string[];
}

export interface SubscriptionDetail {
  readonly ref: SubscriptionRef;
  readonly slot: SlotIndex;
  readonly account: AccountIndex;
  readonly subject: string;
  readonly queue: string;
  readonly sid: string;
  readonly delivered: number;
  /** 0 is no limit. */
  readonly max: number;
  /** A stream import's stand-in in the exporting account; removed with its primary. */
  readonly isShadow: boolean;
}

export interface SlotCounters {
  readonly inMessages: number;
  readonly inBytes: number;
  readonly outMessages: number;
  readonly outBytes: number;
  readonly subscriptions: number;
  readonly pendingBytes: number;
}

export interface AccountCounters {
  readonly inMessages: number;
  readonly inBytes: number;
  readonly outMessages: number;
  readonly outBytes: number;
  readonly subscriptions: number;
}

/** Of the whole interest graph, as /subsz shows it. */
export interface InterestStatistics {
  readonly subscriptions: number;
  readonly cachedSubjects: number;
  readonly inserts: number;
  readonly removes: number;
  readonly matches: number;
  readonly cacheHits: number;
  readonly maxFanout: number;
  readonly averageFanout: number;
}

export interface MemoryStatistics {
  /** Bytes of WASM memory taken from the system's point of view: the high-water mark of the arena. */
  readonly arenaBytes: number;
  /** Bytes now in outbox blocks. */
  readonly outboxBytes: number;
}

export interface PublishOptions {
  readonly account: AccountIndex;
  /** The slot in whose name it is published (its own echo rule and 503 apply), or noSlot. */
  readonly origin: SlotIndex;
  readonly subject: string;
  /** "" is none. */
  readonly reply: string;
  /** A whole header block (NATS/1.0 ... blank line), or empty. */
  readonly headers: Uint8Array;
  readonly body: Uint8Array;
}

export interface Fabric {
  // --- accounts
  openAccount(): AccountIndex;
  /** The account must have no subscriptions and no slots. */
  closeAccount(account: AccountIndex): void;
  /** Publishes of clients to subjects matching these patterns become opKind.mapped. Replaces the set. */
  setMappedSubjects(account: AccountIndex, patterns: readonly string[]): void;
  /** Whether HPUBs with `traceparent` among their headers become opKind.traced, too. */
  setTracesParents(account: AccountIndex, isOn: boolean): void;
  accountCounters(account: AccountIndex): AccountCounters;

  // --- slots
  /** A new slot, not connected. Throws FabricFull when there are too many. */
  openSlot(options: SlotOptions): SlotIndex;
  /** Replaces a slot's options; its subscriptions stay. */
  setSlotOptions(slot: SlotIndex, options: SlotOptions): void;
  /** Removes its subscriptions (shadows included), frees its outbox and unfinished bytes. */
  closeSlot(slot: SlotIndex): void;
  slotCounters(slot: SlotIndex): SlotCounters;
  totals(): AccountCounters;
  /** While set, the next PONG becomes opKind.pong. */
  awaitPong(slot: SlotIndex, isAwaited: boolean): void;

  // --- permissions
  /** Opens a set; the caller shares it among slots and closes it when none uses it. */
  openPermissions(spec: PermissionsSpec): PermissionsRef;
  closePermissions(permissions: PermissionsRef): void;

  // --- bytes in
  /** Takes a chunk of a socket. Never call it for a slot whose bytes are held or not resumed to done. */
  ingest(slot: SlotIndex, chunk: Uint8Array, nowMillis: number): Outcome;
  /** Goes on behind the op, flush, rows or stall. */
  resume(slot: SlotIndex): Outcome;
  /** Keeps what is left of the window in the slot, so that other slots may ingest; resume(slot) goes on later. */
  hold(slot: SlotIndex): void;
  /** The op of an outcome.op. */
  readonly op: PendingOp;
  /** The receiver of an outcome.stalled. */
  readonly stalledBy: SlotIndex;
  /**
   * The first receiver that was too full for a publish or forward from inside since this was asked last, or noSlot:
   * whoever caused those messages should wait for it.
   */
  takeStall(): SlotIndex;
  /**
   * Delivers the publish of an opKind.mapped as if it had come with this subject. Gives the number of receivers,
   * -1 when the permissions refuse the subject, -2 when the reply may not be used.
   */
  publishMapped(slot: SlotIndex, subject: string): number;
  /**
   * Takes the publish of an opKind.traced on as if it had come with this subject and, when given, this header block: it
   * is counted, judged and answered with +OK. Then it is delivered, or is a 503, unless `delivers` is false. Gives what
   * publishMapped gives, 0 when it is not to be delivered.
   */
  publishTraced(slot: SlotIndex, subject: string, delivers: boolean, headers?: Uint8Array): number;

  // --- interest
  /** 0 when memory is out. A sid that the slot already has gives its present subscription. */
  subscribe(options: SubscribeOptions): SubscriptionRef;
  /** Matching messages become handoff rows with this receiver number (below 2^32). */
  subscribeInside(
    account: AccountIndex,
    subject: string,
    queue: string,
    receiver: number,
  ): SubscriptionRef;
  /**
   * A stand-in of `primary` in another account: same slot, sid, queue and counts. `show` is the subject the client
   * sees: null the one published; else a template where $1, $2... are the tokens that the wildcards of `subject` matched.
   */
  addShadow(
    primary: SubscriptionRef,
    account: AccountIndex,
    subject: string,
    show: string | null,
  ): SubscriptionRef;
  unsubscribe(subscription: SubscriptionRef): void;
  /** The slot's own subscription of that sid, or 0. */
  findSubscription(slot: SlotIndex, sid: string): SubscriptionRef;
  describe(subscription: SubscriptionRef): SubscriptionDetail;
  /** Of one slot, oldest first; shadows included. */
  subscriptionsOf(slot: SlotIndex): readonly SubscriptionDetail[];
  /** All of an account from inside and outside, in no order; stops at `limit`. */
  subscriptionsIn(account: AccountIndex, limit: number): readonly SubscriptionDetail[];
  /** Who would receive this subject; queue members all listed. */
  match(account: AccountIndex, subject: string): readonly SubscriptionDetail[];
  hasInterest(account: AccountIndex, subject: string): boolean;
  /** Whether somebody subscribed to this very subject, not by a pattern: in that queue group; with "", in none. */
  hasListener(account: AccountIndex, subject: string, queue: string): boolean;
  interestStatistics(): InterestStatistics;

  // --- messages from inside
  /** Gives the number of receivers (rows included). Copies what it is given. */
  publish(options: PublishOptions): number;
  /** The same from ranges of bytes; receivers may be shown another subject than the one that is matched. */
  deliver(account: AccountIndex, message: OutgoingMessage): number;
  /**
   * Publishes the message of a row again, elsewhere: its header block and body are taken where they lie. What the row is
   * to show is shown again.
   * `headers` replaces the header block when given (empty removes it). Shadows do not get it: what came through a
   * service import is carried on by no stream import.
   */
  forward(
    row: number,
    account: AccountIndex,
    origin: SlotIndex,
    subject: string,
    reply: string,
    headers?: Uint8Array,
  ): number;
  /** Sends the slot the 503 for a request on `subject` with this reply, if it asked for those and listens on reply. */
  sendNoResponders(slot: SlotIndex, reply: string, subject: string): void;
  readonly rows: HandoffRows;
  clearRows(): void;

  // --- bytes out
  /** Appends control bytes (INFO, -ERR, PING...) behind all that waits. False when memory is out. */
  write(slot: SlotIndex, bytes: Uint8Array): boolean;
  /** Takes one slot off the list of those written to since they were last taken; noSlot when empty. */
  takeTouched(): SlotIndex;
  /** Of the first block that waits: where its bytes lie in outboxBytes(), and how many; 0 when nothing waits. */
  outboxBytes(slot: SlotIndex): Uint8Array;
  outboxOffset(slot: SlotIndex): number;
  outboxLength(slot: SlotIndex): number;
  /** The socket took so many bytes of the first block. */
  took(slot: SlotIndex, count: number): void;
  /** All that waits for the slot. */
  pendingBytes(slot: SlotIndex): number;
  /** A stuck slot no longer stalls publishers (it makes no progress and will be cut). */
  setStuck(slot: SlotIndex, isStuck: boolean): void;
  /** Above this many pending bytes a slot that is not stuck stalls who publishes to it. */
  setStallBytes(bytes: number): void;
  /**
   * Above this many pending bytes a slot gets nothing more and appears in takeOverflowed: it is a slow consumer.
   */
  setMaxPending(bytes: number): void;
  /** Takes one slot off the list of those that went above maxPending; noSlot when empty. */
  takeOverflowed(): SlotIndex;
  memoryStatistics(): MemoryStatistics;
  /**
   * Gives up blocks that no outbox needed since this was called last: each range is handed to `release`, whose pages
   * may then be given to the system; what they held is lost.
   */
  releaseIdle(release: (bytes: Uint8Array, offset: number, length: number) => void): void;
}
