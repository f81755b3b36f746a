// Closes sockets gently: FIN first, both directions a little later, so that a peer still writing reads our last words
// instead of a reset. One timer serves all.

import type { Clock } from "../ports/clock.ts";
import type { Socket } from "../ports/network.ts";
import type { Timers } from "../ports/timers.ts";

/** Between our FIN and the end. A client that reads the last -ERR closes sooner by itself. */
const lingerMillis = 50;
/** A socket that does not take our last words in this time is ended without. */
const giveUpMillis = 1000;

export class Lingering {
  readonly #clock: Clock;
  readonly #timers: Timers;
  /** When each is ended. */
  readonly #sockets: Map<Socket, number> = new Map();
  #timer: Disposable | null = null;

  constructor(clock: Clock, timers: Timers) {
    this.#clock = clock;
    this.#timers = timers;
  }

  /** Everything was written: says goodbye. The socket must be read from meanwhile, its data thrown away. */
  finish(socket: Socket, reason: string): void {
    socket.shutdown(reason);
    this.#endAfter(socket, lingerMillis);
  }

  /** Something is still to be written: ends it all the same when that takes too long. */
  giveUpLater(socket: Socket): void {
    this.#endAfter(socket, giveUpMillis);
  }

  /** The peer closed first. */
  forget(socket: Socket): void {
    this.#sockets.delete(socket);
  }

  /** Ends all at once: the server stops. */
  stop(): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = null;
    const sockets = [...this.#sockets.keys()];
    this.#sockets.clear();
    for (const socket of sockets) {
      socket.end();
    }
  }

  #endAfter(socket: Socket, millis: number): void {
    this.#sockets.set(socket, this.#clock.monotonicMillis() + millis);
    this.#arm();
  }

  #arm(): void {
    this.#timer ??= this.#timers.after(lingerMillis, () => {
      this.#timer = null;
      this.#endDue();
    });
  }

  #endDue(): void {
    const now = this.#clock.monotonicMillis();
    for (const [socket, at] of this.#sockets) {
      if (at <= now) {
        this.#sockets.delete(socket);
        socket.end();
      }
    }
    if (this.#sockets.size > 0) {
      this.#arm();
    }
  }
}
