// Receives a backup chunk by chunk, acknowledges each, and ends with the restored stream or with what was wrong. Nothing
// is left of what does not end well.

import type { PassingMessage } from "../../../broker/message.ts";
import type { Timers } from "../../../ports/timers.ts";
import type { ApiError } from "../../api-error.ts";
import { apiErrors } from "../../api-error.ts";
import type { Outlet } from "../../outlet.ts";
import type { ApiStream } from "../api-context.ts";
import { BackupError } from "./backup-error.ts";
import { BackupReader } from "./backup-reader.ts";
import type { BackupWish, StreamRestore } from "./stream-restore.ts";

/** Nothing heard for so long: whoever sends is gone. */
const stallMillis = 5000;

export interface RestoreReceiving {
  readonly outlet: Outlet;
  readonly timers: Timers;
  readonly restore: StreamRestore;
  readonly wish: BackupWish;
  /** Where chunks come. */
  readonly subject: string;
  /** The last answer, as JSON, for the stream or the error. */
  readonly answerOf: (error: ApiError | null, stream: ApiStream | null) => string;
  readonly onEnd: (failure: string | null, bytes: number) => void;
}

export class RestoreReceiver {
  readonly #parts: RestoreReceiving;
  readonly #reader: BackupReader;
  #subscription: Disposable | null = null;
  #timer: Disposable | null = null;
  #bytes = 0;

  constructor(parts: RestoreReceiving) {
    this.#parts = parts;
    this.#reader = new BackupReader(parts.restore, parts.wish);
  }

  start(): void {
    const { outlet, subject } = this.#parts;
    this.#subscription = outlet.subscribe(subject, { deliver: (message) => this.#take(message) });
    this.#awaitMore();
  }

  #take(message: PassingMessage): void {
    if (this.#subscription === null) {
      return;
    }
    const { reply } = message;
    if (!message.hasReply) {
      this.#fail("requires reply subject for each chunk", "");
      return;
    }
    if (message.bodyLength === 0) {
      this.#finish(reply);
      return;
    }
    this.#bytes += message.bodyLength;
    if (this.#attempt(() => this.#reader.write(message.body.slice()), reply)) {
      this.#awaitMore();
      this.#parts.outlet.publish(reply, "");
    }
  }

  #finish(reply: string): void {
    if (!this.#attempt(() => this.#reader.end(), reply)) {
      return;
    }
    this.#stop();
    const { restore, outlet, answerOf, onEnd } = this.#parts;
    restore.finish((error, stream) => {
      const refusal = error === null ? null : apiErrors.streamRestore(error.description);
      outlet.publish(reply, answerOf(refusal, stream));
      onEnd(error?.description ?? null, this.#bytes);
    });
  }

  /** False: the backup is no good, and that was said. */
  #attempt(action: () => void, reply: string): boolean {
    try {
      action();
      return true;
    } catch (failure) {
      if (!(failure instanceof BackupError)) {
        throw failure;
      }
      this.#fail(failure.message, reply);
      return false;
    }
  }

  #fail(reason: string, reply: string): void {
    this.#stop();
    const { restore, outlet, answerOf, onEnd } = this.#parts;
    restore.abandon();
    if (reply !== "") {
      outlet.publish(reply, answerOf(apiErrors.streamRestore(reason), null));
    }
    onEnd(reason, this.#bytes);
  }

  #awaitMore(): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = this.#parts.timers.after(stallMillis, () => this.#fail("is stalled", ""));
  }

  #stop(): void {
    this.#timer?.[Symbol.dispose]();
    this.#subscription?.[Symbol.dispose]();
    this.#subscription = null;
  }
}
