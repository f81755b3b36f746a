// Sends a backup to whoever asked for it, in chunks of which only so many are under way unacknowledged, and says at the
// end whether that was all.

import { utf8Bytes } from "../../../base/bytes.ts";
import type { Timers } from "../../../ports/timers.ts";
import type { Outlet } from "../../outlet.ts";
import type { BackupWriter } from "./backup-writer.ts";

/** Without an acknowledgement for so long the receiver is given up. */
const ackTimeoutMillis = 5000;
/** So long somebody may take to listen. */
const interestTimeoutMillis = 2000;
/** Clients subscribe as soon as they have the answer; so looks are close together first, and then rarer and rarer. */
const interestCheckMillis = { first: 1, most: 100 };
/** Bytes made and sent before others get their turn. */
const turnBytes = 1 << 20;

const statusHeaders = {
  complete: "NATS/1.0 204\r\n\r\n",
  noInterest: "NATS/1.0 408 No Interest\r\n\r\n",
  noFlow: "NATS/1.0 408 No Flow Response\r\n\r\n",
} as const;

export interface SnapshotSending {
  readonly outlet: Outlet;
  readonly timers: Timers;
  readonly writer: Pick<BackupWriter, "take">;
  readonly deliverSubject: string;
  /** Where acknowledgements go, with more tokens behind it. */
  readonly ackSubject: string;
  readonly chunkBytes: number;
  readonly windowBytes: number;
  /** Null: all was sent. */
  readonly onEnd: (failure: string | null) => void;
}

export class SnapshotSender {
  readonly #parts: SnapshotSending;
  readonly #mostUnderWay: number;
  #acks: Disposable | null = null;
  #timer: Disposable | null = null;
  #underWay = 0;
  #sent = 0;
  #isWaiting = false;
  /** Somebody subscribed to the very subject: a client's pattern over all its inboxes does not count. */
  #wasSubscribed = false;
  #hasEnded = false;

  constructor(parts: SnapshotSending) {
    this.#parts = parts;
    this.#mostUnderWay = Math.max(1, Math.floor(parts.windowBytes / parts.chunkBytes));
  }

  start(): void {
    const { outlet, ackSubject } = this.#parts;
    this.#acks = outlet.subscribe(`${ackSubject}.>`, {
      deliver: () => {
        this.#underWay = Math.max(0, this.#underWay - 1);
        this.#pump();
      },
    });
    this.#awaitInterest(interestTimeoutMillis, interestCheckMillis.first);
  }

  #awaitInterest(leftMillis: number, checkMillis: number): void {
    const { outlet, deliverSubject } = this.#parts;
    this.#wasSubscribed = outlet.hasListener(deliverSubject);
    if (leftMillis <= 0 || this.#wasSubscribed) {
      this.#pump();
      return;
    }
    const next = Math.min(checkMillis * 2, interestCheckMillis.most);
    this.#timer = this.#parts.timers.after(checkMillis, () =>
      this.#awaitInterest(leftMillis - checkMillis, next),
    );
  }

  get #hasInterest(): boolean {
    const { outlet, deliverSubject } = this.#parts;
    return this.#wasSubscribed
      ? outlet.hasListener(deliverSubject)
      : outlet.hasInterest(deliverSubject);
  }

  #pump(): void {
    if (this.#hasEnded || this.#isWaiting) {
      return;
    }
    if (!this.#hasInterest) {
      this.#end("no interest", statusHeaders.noInterest);
      return;
    }
    const { timers, outlet, chunkBytes } = this.#parts;
    for (let bytes = 0; bytes < turnBytes && this.#underWay < this.#mostUnderWay; ) {
      bytes += chunkBytes;
      if (!this.#sendChunk()) {
        return;
      }
      if (outlet.mustWait(() => this.#goOn())) {
        this.#isWaiting = true;
        return;
      }
    }
    if (this.#underWay < this.#mostUnderWay) {
      this.#isWaiting = true;
      timers.endOfTurn(() => this.#goOn());
    }
  }

  #goOn(): void {
    this.#isWaiting = false;
    this.#pump();
  }

  /** False: that was the last one. */
  #sendChunk(): boolean {
    const { outlet, writer, deliverSubject, ackSubject, chunkBytes } = this.#parts;
    let chunk: Uint8Array;
    try {
      chunk = writer.take(chunkBytes);
    } catch (failure) {
      const reason = failure instanceof Error ? failure.message : String(failure);
      this.#end(reason, `NATS/1.0 500 ${reason.replace(/[\r\n]+/g, " ")}\r\n\r\n`);
      return false;
    }
    if (chunk.length < chunkBytes) {
      if (chunk.length > 0) {
        outlet.publish(deliverSubject, chunk);
      }
      // A backup of less than one chunk ends without a status, as it does in the reference.
      this.#end(null, this.#sent > 0 ? statusHeaders.complete : "");
      return false;
    }
    this.#sent++;
    this.#underWay++;
    outlet.publish(deliverSubject, chunk, {
      reply: `${ackSubject}.${chunk.length}.${this.#sent}`,
    });
    this.#timer?.[Symbol.dispose]();
    this.#timer = this.#parts.timers.after(ackTimeoutMillis, () =>
      this.#end("no flow response", statusHeaders.noFlow),
    );
    return true;
  }

  #end(failure: string | null, headers: string): void {
    if (this.#hasEnded) {
      return;
    }
    this.#hasEnded = true;
    this.#timer?.[Symbol.dispose]();
    this.#acks?.[Symbol.dispose]();
    const { outlet, deliverSubject, onEnd } = this.#parts;
    outlet.publish(deliverSubject, "", headers === "" ? {} : { headers: utf8Bytes(headers) });
    onEnd(failure);
  }
}
