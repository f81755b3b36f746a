// One socket from open to closed: bytes in through the fabric, bytes out of its outbox, holding, draining and the last
// words. It knows no protocol beyond the outcomes of the fabric; its session does.

import type { Socket, SocketHandlers } from "../ports/network.ts";
import { type ClosedReason, closedReason } from "../protocol/closed-reason.ts";
import { errorLine, type Violation } from "../protocol/violation.ts";
import { noSlot, type Outcome, outcome, type SlotIndex } from "../wasm/fabric.ts";
import { giveBack } from "./chunk-memory.ts";
import { connectionLabel } from "./connection-label.ts";
import type { ConnectionSurroundings } from "./connection-surroundings.ts";
import type { WheelItem } from "./deadline-wheel.ts";
import type { Entrance } from "./entrance.ts";
import { Farewell } from "./farewell.ts";
import type { FlushTarget } from "./flush-list.ts";
import type { ProtocolTrace } from "./protocol-trace.ts";
import { type ProxyHeaderReader, proxyOutcome } from "./proxy-protocol.ts";
import { type Session, verdict } from "./session.ts";
import type { Blockage, Receiver, Waiter } from "./slow-consumer.ts";

/** A chunk not longer than a PING keeps a connection from being pinged but is not activity; a PONG is neither. */
const pingLength = 6;
const letterO = 0x4f;

/** Of a blocked connection, so much is copied to be said after its end; one that owes more is cut short. */
const lastWordsMax = 1024 * 1024;

/** After these the socket takes nothing more, or should not be waited for. */
const withoutLastWords: ReadonlySet<ClosedReason> = new Set([
  closedReason.readError,
  closedReason.writeError,
  closedReason.slowConsumerPendingBytes,
  closedReason.slowConsumerWriteDeadline,
]);

export class Connection implements SocketHandlers, FlushTarget, Receiver, Waiter, WheelItem {
  readonly cid: number;
  readonly slot: SlotIndex;
  readonly entrance: Entrance | null;
  readonly startWallMillis: number;
  readonly startMillis: number;
  /** When bytes last came, of the monotonic clock: silence is measured from here. */
  lastInMillis: number;
  /** When it last said or was told more than a PING. */
  lastActiveMillis: number;
  /** For the wheel. */
  dueTick = 0;
  /** While the socket is full. */
  blockage: Blockage | null = null;
  /** How often publishers had to wait for this connection. */
  stalls = 0;
  /** The last measured round trip; 0 before CONNECT. */
  roundTripMillis = 0;
  /** When the last PING was sent, of the monotonic clock; 0 is never. */
  pingedAtMillis = 0;
  /** PINGs that were not answered yet. */
  pingsOut = 0;
  readonly #around: ConnectionSurroundings;
  readonly #socket: Socket;
  #session: Session | null = null;
  /** Bytes stand in the slot, or wait here, until goOn(). */
  #isHeld = false;
  #isPaused = false;
  #isClosed = false;
  #isGone = false;
  #mustTell = false;
  #waiting: Uint8Array[] | null = null;
  #farewell: Farewell | null = null;
  #trace: ProtocolTrace | null = null;
  #proxy: ProxyHeaderReader | null = null;
  /** As a proxy told it; null is the socket's own. */
  #toldAddress: { readonly host: string; readonly port: number } | null = null;

  constructor(
    around: ConnectionSurroundings,
    socket: Socket,
    cid: number,
    slot: SlotIndex,
    entrance: Entrance | null = null,
  ) {
    this.#around = around;
    this.#socket = socket;
    this.entrance = entrance;
    this.cid = cid;
    this.slot = slot;
    this.startWallMillis = around.clock.wallMillis();
    this.startMillis = around.clock.monotonicMillis();
    this.lastInMillis = this.startMillis;
    this.lastActiveMillis = this.startMillis;
  }

  /** To be called once, right after construction. */
  begin(
    session: Session,
    proxy: ProxyHeaderReader | null = null,
    trace: ProtocolTrace | null = null,
  ): void {
    this.#session = session;
    this.#proxy = proxy;
    this.#trace = trace;
    session.greet();
    this.#around.flushList.want();
  }

  get host(): string {
    return this.#toldAddress?.host ?? this.#socket.remoteAddress;
  }

  get port(): number {
    return this.#toldAddress?.port ?? this.#socket.remotePort;
  }

  get kind(): Socket["kind"] {
    return this.#socket.kind;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  get isHeld(): boolean {
    return this.#isHeld;
  }

  get lastActivityWallMillis(): number {
    return this.startWallMillis + (this.lastActiveMillis - this.startMillis);
  }

  /** As log lines name it: address, cid and what the session knows of the client. */
  get label(): string {
    return connectionLabel(this, this.#session?.logSuffix ?? "");
  }

  set trace(trace: ProtocolTrace | null) {
    this.#trace = trace;
  }

  // --- what the socket tells

  data(chunk: Uint8Array): void {
    if (this.#isClosed) {
      return;
    }
    const now = this.#around.clock.monotonicMillis();
    if (chunk.length !== pingLength || chunk[1] !== letterO) {
      this.lastInMillis = now;
    }
    if (chunk.length > pingLength) {
      this.lastActiveMillis = now;
    }
    if (this.#proxy !== null) {
      this.#readProxyHeader(this.#proxy, chunk);
    } else if (this.#isHeld) {
      this.#waiting ??= [];
      this.#waiting.push(chunk);
    } else {
      this.#receive(chunk, now);
    }
  }

  drain(): void {
    if (this.#farewell !== null) {
      this.#sayFarewell(this.#farewell);
    } else if (!this.#isClosed) {
      this.flush();
      this.#around.slowConsumers.releaseReady();
    }
  }

  /** For the socket alone; everybody else calls closeFor. */
  close(error?: Error): void {
    this.#isGone = true;
    this.#farewell = null;
    this.#around.lingering.forget(this.#socket);
    if (error !== undefined && this.kind === "websocket" && !this.#isClosed) {
      this.#around.log.error(`${this.label} - read error: ${error.message}`);
    }
    this.closeFor(error === undefined ? closedReason.clientClosed : closedReason.readError);
  }

  // --- bytes in

  /** Takes no more bytes until goOn(): an op of this connection waits for a decision, or its receiver for room. */
  hold(): void {
    this.#around.fabric.hold(this.slot);
    this.#isHeld = true;
    this.#pause();
  }

  /** Goes on behind what held it. */
  goOn(): void {
    if (!this.#isHeld || this.#isClosed) {
      return;
    }
    this.#isHeld = false;
    this.#run(this.#around.fabric.resume(this.slot));
    while (!this.#isHeld && !this.#isClosed && this.#waiting !== null) {
      const chunk = this.#waiting.shift();
      if (this.#waiting.length === 0) {
        this.#waiting = null;
      }
      if (chunk !== undefined) {
        this.#receive(chunk, this.#around.clock.monotonicMillis());
      }
    }
    if (!this.#isHeld && !this.#isClosed) {
      this.#unpause();
    }
  }

  #receive(chunk: Uint8Array, now: number): void {
    this.#trace?.received(chunk);
    const first = this.#around.fabric.ingest(this.slot, chunk, now);
    if (this.#socket.kind === "tcp") {
      giveBack(chunk);
    }
    this.#run(first);
  }

  #run(first: Outcome): void {
    const { fabric, router, flushList } = this.#around;
    let next = first;
    let goesOn = true;
    while (goesOn) {
      let mayStall = fabric.rows.count > 0;
      if (mayStall) {
        router.route();
      }
      goesOn = !this.#isClosed && next !== outcome.done && this.#actOn(next);
      if (next === outcome.op) {
        // A mapped or traced publish leaves rows as well, or has routed them.
        router.route();
        mayStall = true;
      }
      if (mayStall && this.#waitsForRouted()) {
        goesOn = false;
      }
      if (goesOn) {
        next = fabric.resume(this.slot);
        if (this.#mustTell) {
          this.#mustTell = false;
          this.#session?.afterResume();
        }
      }
    }
    flushList.want();
  }

  /** Rows of this connection went on to others, perhaps into other accounts: it waits for who is full there too. */
  #waitsForRouted(): boolean {
    const full = this.#around.fabric.takeStall();
    const mayWait = full !== noSlot && !this.#isClosed && !this.#isHeld && !this.#mustTell;
    return mayWait && this.#waitsFor(full);
  }

  /** Whether the rest of the bytes may be taken. */
  #actOn(what: Outcome): boolean {
    if (what === outcome.op) {
      const told = this.#session?.decide(this.#around.fabric.op) ?? verdict.stop;
      this.#mustTell = told === verdict.resumeAndTell;
      return told !== verdict.stop && !this.#isClosed;
    }
    if (what === outcome.flush) {
      this.#around.flushList.flushNow();
      return !this.#isClosed;
    }
    return what !== outcome.stalled || !this.#waitsFor(this.#around.fabric.stalledBy);
  }

  /** Whether this connection now waits for that receiver, which was found full. */
  #waitsFor(slot: SlotIndex): boolean {
    const { slowConsumers } = this.#around;
    const receiver = this.#around.connectionOf(slot);
    if (receiver === undefined) {
      return false;
    }
    receiver.flush();
    if (this.#isClosed) {
      return true;
    }
    if (!slowConsumers.mustWait(receiver)) {
      return false;
    }
    receiver.stalls += 1;
    this.#around.onStall();
    this.hold();
    slowConsumers.addWaiter(receiver, this);
    return true;
  }

  #pause(): void {
    if (!this.#isPaused) {
      this.#isPaused = true;
      this.#socket.pause();
    }
  }

  #unpause(): void {
    if (this.#isPaused) {
      this.#isPaused = false;
      this.#socket.resume();
    }
  }

  #readProxyHeader(proxy: ProxyHeaderReader, chunk: Uint8Array): void {
    const read = proxy.read(chunk);
    switch (read.kind) {
      case proxyOutcome.more:
        return;
      case proxyOutcome.refused:
        this.#around.log.warn(
          `Error reading PROXY protocol header from ${this.host}:${this.port}: ${read.text}`,
        );
        this.closeFor(closedReason.protocolViolation);
        return;
      case proxyOutcome.read:
        this.#proxy = null;
        this.#toldAddress = read.address;
        if (read.rest.length > 0) {
          this.#receive(read.rest, this.lastInMillis);
        }
        return;
    }
  }

  // --- bytes out

  /** Behind all that waits; leaves with the flush at the end of the turn. */
  write(bytes: Uint8Array): void {
    if (!this.#isClosed) {
      this.#around.fabric.write(this.slot, bytes);
      this.#around.flushList.want();
    }
  }

  flush(): void {
    const { fabric, slowConsumers } = this.#around;
    while (!this.#isClosed) {
      const length = fabric.outboxLength(this.slot);
      if (length === 0) {
        break;
      }
      const taken = this.#writeBlock(length);
      if (taken < 0) {
        this.closeFor(closedReason.writeError);
        return;
      }
      if (taken > 0) {
        fabric.took(this.slot, taken);
        if (this.blockage !== null) {
          slowConsumers.onProgress(this, this.blockage, taken);
        }
      }
      if (taken < length) {
        slowConsumers.onShortWrite(this);
        return;
      }
    }
    if (this.blockage !== null) {
      slowConsumers.onUnblocked(this);
    }
  }

  /** Gives the count taken, -1 when the socket is closed. */
  #writeBlock(length: number): number {
    const { fabric } = this.#around;
    const bytes = fabric.outboxBytes(this.slot);
    const offset = fabric.outboxOffset(this.slot);
    const taken = this.#socket.write(bytes, offset, length);
    if (taken > 0 && this.#trace !== null) {
      this.#trace.sent(bytes.subarray(offset, offset + taken));
    }
    if (taken > pingLength) {
      this.lastActiveMillis = this.#around.clock.monotonicMillis();
    }
    return taken;
  }

  overflowed(): void {
    this.#around.onSlowConsumer(this, closedReason.slowConsumerPendingBytes);
    this.closeFor(closedReason.slowConsumerPendingBytes);
  }

  missedDeadline(): void {
    this.#around.onSlowConsumer(this, closedReason.slowConsumerWriteDeadline);
    this.closeFor(closedReason.slowConsumerWriteDeadline);
  }

  reportMissedDeadline(): void {
    this.#around.onSlowConsumer(this, closedReason.slowConsumerWriteDeadline);
  }

  // --- the end

  /** The session is asked what to do after so long; a later call replaces an earlier one. */
  dueAfter(millis: number): void {
    this.#around.wheel.set(this, this.#around.clock.monotonicMillis() + millis);
  }

  onDue(nowMillis: number): void {
    if (this.#isClosed) {
      return;
    }
    if (this.#proxy !== null) {
      const from = `${this.host}:${this.port}`;
      this.#around.log.warn(`Error reading PROXY protocol header from ${from}: timeout`);
      this.closeFor(closedReason.protocolViolation);
      return;
    }
    this.#session?.onDue(nowMillis);
  }

  /** Tells the client of its violation, and closes if the violation does. */
  tell(told: Violation): void {
    if (!told.closes || told.isSent) {
      this.write(errorLine(told));
    }
    if (told.closes) {
      this.closeFor(told.reason);
    }
  }

  /** Ends the connection: at once for all who ask, and gently on the wire. The first reason counts. */
  closeFor(reason: ClosedReason): void {
    if (this.#isClosed) {
      return;
    }
    const around = this.#around;
    around.wheel.clear(this);
    const record = around.onClosing(this, reason);
    this.#isClosed = true;
    this.#isHeld = false;
    this.#waiting = null;
    this.#proxy = null;
    const lastWords = this.#isGone || withoutLastWords.has(reason) ? null : this.#takeLastWords();
    around.slowConsumers.onUnblocked(this);
    around.fabric.closeSlot(this.slot);
    this.#session?.onClosed(reason);
    around.onClosed(this, record);
    around.flushList.want();
    if (this.#isGone) {
      return;
    }
    if (withoutLastWords.has(reason)) {
      this.#isGone = true;
      this.#socket.end(reason);
      return;
    }
    // Unread bytes in the kernel would turn our FIN into a reset, and the last words would be lost.
    this.#unpause();
    this.#sayFarewell(new Farewell(lastWords ?? [], reason));
  }

  /** Writes what the socket takes and copies the rest, since the slot will be gone. */
  #takeLastWords(): Uint8Array[] {
    const { fabric } = this.#around;
    const rest: Uint8Array[] = [];
    if (this.blockage !== null && fabric.pendingBytes(this.slot) > lastWordsMax) {
      return rest;
    }
    for (;;) {
      const length = fabric.outboxLength(this.slot);
      if (length === 0) {
        return rest;
      }
      const taken = rest.length === 0 ? Math.max(0, this.#writeBlock(length)) : 0;
      if (taken < length) {
        const offset = fabric.outboxOffset(this.slot) + taken;
        rest.push(fabric.outboxBytes(this.slot).slice(offset, offset + length - taken));
      }
      fabric.took(this.slot, length);
    }
  }

  #sayFarewell(farewell: Farewell): void {
    if (farewell.write(this.#socket)) {
      this.#farewell = null;
      this.#around.lingering.finish(this.#socket, farewell.reason);
    } else if (this.#farewell === null) {
      this.#farewell = farewell;
      this.#around.lingering.giveUpLater(this.#socket);
    }
  }
}
