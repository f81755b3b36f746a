// Judges receivers whose socket takes no more: one that makes progress slows its publishers, one that makes none is
// declared stuck, slows nobody and is cut by bytes or by the write deadline. It knows no protocol and reads no bytes.

import type { Clock } from "../ports/clock.ts";
import type { Timers } from "../ports/timers.ts";
import type { Fabric, SlotIndex } from "../wasm/fabric.ts";

/** A blocked receiver without progress for so long no longer slows its publishers. */
export const stuckGraceMillis = 15;
/** One whose progress comes at such distances is given up to this long before it is called stuck. */
const stuckGraceMaxMillis = 400;
/**
 * Blocked sockets are tried this often. The kernel takes bytes long before it calls a socket writable again (a third
 * of its buffer must be free for that), so this is what tells slow from stuck.
 */
const probeMillis = 5;
/** Above this much waiting a receiver slows its publishers; also bounded by three quarters of max_pending. */
export const stallBytesMax: number = 1024 * 1024;
/** Publishers go on when what waits has fallen to this share of the stall bytes. */
const resumeShare = 0.5;

/** The part of a connection that is judged. Exists only while its socket is full. */
export interface Blockage {
  /** When the socket last took a byte. */
  progressAt: number;
  /** How long no progress is forgiven. */
  graceMillis: number;
  isStuck: boolean;
  /** For write_timeout close: when what waited then must have left, and how much must still leave until that. */
  deadlineAt: number;
  owedBytes: number;
  /** Whether its missed deadline was reported (write_timeout retry). */
  isReported: boolean;
  /** Publishers that are held until there is room. */
  waiters: Waiter[] | null;
}

/** A publisher held because of a full receiver. */
export interface Waiter {
  /** There is room again, or nobody is waited for any more. */
  goOn(): void;
}

/** A connection as the judge sees it. */
export interface Receiver {
  readonly slot: SlotIndex;
  blockage: Blockage | null;
  /** Offers the socket what waits. */
  flush(): void;
  /** No progress for the write deadline: it is cut. */
  missedDeadline(): void;
  /** Missed it, but may live on. */
  reportMissedDeadline(): void;
}

export interface SlowConsumerLimits {
  readonly maxPending: number;
  readonly writeDeadlineMillis: number;
  readonly writeTimeout: "default" | "close" | "retry";
  readonly noFastProducerStall: boolean;
}

export class SlowConsumers {
  readonly #fabric: Fabric;
  readonly #clock: Clock;
  readonly #timers: Timers;
  readonly #blocked: Set<Receiver> = new Set();
  #limits: SlowConsumerLimits;
  #resumeBytes = 0;
  #probe: Disposable | null = null;
  #ready: Waiter[] = [];
  #isReleasing = false;

  constructor(fabric: Fabric, clock: Clock, timers: Timers, limits: SlowConsumerLimits) {
    this.#fabric = fabric;
    this.#clock = clock;
    this.#timers = timers;
    this.#limits = limits;
    this.applyLimits(limits);
  }

  applyLimits(limits: SlowConsumerLimits): void {
    this.#limits = limits;
    const stallBytes = Math.min(stallBytesMax, Math.floor((limits.maxPending / 4) * 3));
    this.#resumeBytes = Math.floor(stallBytes * resumeShare);
    this.#fabric.setStallBytes(stallBytes);
    this.#fabric.setMaxPending(limits.maxPending);
  }

  get blockedCount(): number {
    return this.#blocked.size;
  }

  /** The socket took fewer bytes than it was offered. */
  onShortWrite(receiver: Receiver): void {
    if (receiver.blockage !== null) {
      return;
    }
    const now = this.#clock.monotonicMillis();
    receiver.blockage = {
      progressAt: now,
      graceMillis: stuckGraceMillis,
      isStuck: false,
      deadlineAt: now + this.#limits.writeDeadlineMillis,
      owedBytes: this.#fabric.pendingBytes(receiver.slot),
      isReported: false,
      waiters: null,
    };
    this.#blocked.add(receiver);
    this.#probe ??= this.#timers.every(probeMillis, () => this.#probeAll());
  }

  /** A blocked receiver's socket took some bytes. */
  onProgress(receiver: Receiver, blockage: Blockage, bytes: number): void {
    const now = this.#clock.monotonicMillis();
    const gap = now - blockage.progressAt;
    blockage.progressAt = now;
    // One long gap is soon forgotten; who is always slow keeps its grace.
    const earned = Math.min(stuckGraceMaxMillis, Math.max(2 * gap, blockage.graceMillis / 2));
    blockage.graceMillis = Math.max(stuckGraceMillis, earned);
    if (blockage.isStuck) {
      blockage.isStuck = false;
      this.#fabric.setStuck(receiver.slot, false);
    }
    blockage.owedBytes -= bytes;
    if (blockage.owedBytes <= 0) {
      blockage.owedBytes = this.#fabric.pendingBytes(receiver.slot);
      blockage.deadlineAt = now + this.#limits.writeDeadlineMillis;
      blockage.isReported = false;
    }
    if (blockage.waiters !== null && this.#hasRoom(receiver.slot)) {
      this.#release(blockage);
    }
  }

  /** Everything that waited was written, or the connection is gone. */
  onUnblocked(receiver: Receiver): void {
    const blockage = receiver.blockage;
    if (blockage === null) {
      return;
    }
    receiver.blockage = null;
    this.#blocked.delete(receiver);
    if (blockage.isStuck) {
      this.#fabric.setStuck(receiver.slot, false);
    }
    this.#release(blockage);
    if (this.#blocked.size === 0) {
      this.#probe?.[Symbol.dispose]();
      this.#probe = null;
    }
  }

  /**
   * Whether a publisher must wait for this receiver, which was just flushed. If so it is held until goOn(); if not, it
   * may resume.
   */
  mustWait(receiver: Receiver): boolean {
    const blockage = receiver.blockage;
    if (blockage === null || this.#hasRoom(receiver.slot)) {
      return false;
    }
    if (this.#limits.noFastProducerStall) {
      this.#declareStuck(receiver, blockage);
    }
    return !blockage.isStuck;
  }

  addWaiter(receiver: Receiver, waiter: Waiter): void {
    const blockage = receiver.blockage;
    if (blockage !== null) {
      blockage.waiters ??= [];
      blockage.waiters.push(waiter);
    }
  }

  /** Lets those go on whose receivers have room now. They may fill others, or the same ones again. */
  releaseReady(): void {
    if (this.#isReleasing) {
      return;
    }
    this.#isReleasing = true;
    try {
      // One round per call: who is stalled again waits for the next drain, so this ends.
      const ready = this.#ready;
      this.#ready = [];
      for (const waiter of ready) {
        waiter.goOn();
      }
    } finally {
      this.#isReleasing = false;
    }
    if (this.#ready.length > 0) {
      this.#timers.endOfTurn(() => this.releaseReady());
    }
  }

  stop(): void {
    this.#probe?.[Symbol.dispose]();
    this.#probe = null;
    this.#blocked.clear();
    this.#ready = [];
  }

  #hasRoom(slot: SlotIndex): boolean {
    return this.#fabric.pendingBytes(slot) <= this.#resumeBytes;
  }

  #release(blockage: Blockage): void {
    if (blockage.waiters !== null) {
      this.#ready.push(...blockage.waiters);
      blockage.waiters = null;
    }
  }

  #declareStuck(receiver: Receiver, blockage: Blockage): void {
    blockage.isStuck = true;
    this.#fabric.setStuck(receiver.slot, true);
    this.#release(blockage);
  }

  #probeAll(): void {
    for (const receiver of [...this.#blocked]) {
      receiver.flush();
      const blockage = receiver.blockage;
      if (blockage !== null) {
        this.#judge(receiver, blockage);
      }
    }
    this.releaseReady();
  }

  #judge(receiver: Receiver, blockage: Blockage): void {
    const now = this.#clock.monotonicMillis();
    const idle = now - blockage.progressAt;
    if (idle >= this.#limits.writeDeadlineMillis) {
      receiver.missedDeadline();
      return;
    }
    if (!blockage.isStuck && idle >= blockage.graceMillis) {
      this.#declareStuck(receiver, blockage);
    }
    if (now >= blockage.deadlineAt && this.#limits.writeTimeout !== "default") {
      if (this.#limits.writeTimeout === "close") {
        receiver.missedDeadline();
      } else if (!blockage.isReported) {
        blockage.isReported = true;
        receiver.reportMissedDeadline();
      }
    }
  }
}
