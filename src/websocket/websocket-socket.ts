// A websocket that looks like any other socket: what is written leaves as binary messages, what arrives in messages is
// handed on as if there were no frames. It knows nothing of what is spoken.

import type { Socket, SocketHandlers } from "../ports/network.ts";
import type { Wire, WireHandlers } from "../ports/websocket.ts";

/** Browsers take many small frames better than one large one. */
const browserFrameBytes = 4096;
const frameBytes = 64 * 1024;
/** Fewer bytes than this only grow by compressing. */
const compressFrom = 65;

export class WebsocketSocket implements Socket, WireHandlers {
  readonly kind = "websocket";
  readonly #wire: Wire;
  readonly #maxFrame: number;
  readonly #closeCodeOf: (reason: string) => number;
  #handlers: SocketHandlers | null = null;
  #isClosed = false;
  /** Told the peer that it ends. */
  #isEnding = false;

  /** `closeCodeOf` is asked once, for what the close frame shall say; "" is no reason. */
  constructor(wire: Wire, isBrowser: boolean, closeCodeOf: (reason: string) => number) {
    this.#wire = wire;
    this.#closeCodeOf = closeCodeOf;
    this.#maxFrame = isBrowser ? browserFrameBytes : frameBytes;
  }

  get remoteAddress(): string {
    return this.#wire.remoteAddress;
  }

  get remotePort(): number {
    return this.#wire.remotePort;
  }

  get localAddress(): string {
    return this.#wire.localAddress;
  }

  get localPort(): number {
    return this.#wire.localPort;
  }

  /** Takes whole frames, until one of them does not fit into the system. */
  write(bytes: Uint8Array, offset: number, length: number): number {
    if (this.#isClosed || this.#isEnding) {
      return -1;
    }
    const wire = this.#wire;
    let taken = 0;
    while (taken < length && wire.bufferedBytes === 0) {
      const size = Math.min(length - taken, this.#maxFrame);
      const start = offset + taken;
      wire.send(bytes.subarray(start, start + size), size >= compressFrom);
      taken += size;
    }
    return taken;
  }

  pause(): void {
    this.#wire.pause();
  }

  resume(): void {
    this.#wire.resume();
  }

  shutdown(reason = ""): void {
    if (!this.#isClosed && !this.#isEnding) {
      this.#isEnding = true;
      this.#wire.close(this.#closeCodeOf(reason), reason);
    }
  }

  end(reason = ""): void {
    if (this.#isEnding) {
      this.terminate();
    } else {
      this.shutdown(reason);
    }
  }

  terminate(): void {
    if (!this.#isClosed) {
      this.#wire.terminate();
    }
  }

  /** Lets the listener's owner answer the new connection, which may close it before it has answered. */
  answer(accept: (socket: Socket) => SocketHandlers): void {
    const handlers = accept(this);
    this.#handlers = handlers;
    if (this.#isClosed) {
      handlers.close();
    }
  }

  // --- what the wire tells

  message(bytes: Uint8Array): void {
    if (bytes.length > 0) {
      this.#handlers?.data(bytes);
    }
  }

  drain(): void {
    if (!this.#isClosed) {
      this.#handlers?.drain();
    }
  }

  close(error?: Error): void {
    if (!this.#isClosed) {
      this.#isClosed = true;
      const handlers = this.#handlers;
      this.#handlers = null;
      handlers?.close(error);
    }
  }
}
