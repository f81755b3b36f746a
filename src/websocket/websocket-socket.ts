// A websocket that looks like any other socket: what is written leaves as binary messages, what arrives in messages is
// handed on as if there were no frames. It knows nothing of what is spoken.

import type { Socket, SocketHandlers } from "../ports/network.ts";
import type { Wire, WireHandlers } from "../ports/websocket.ts";

/** Browsers take many small frames better than one large one. */
const browserFrameBytes = 4096;
const frameBytes = 64 * 1024;
/** Fewer bytes than this only grow by compressing. */
const compressFrom = 65;

const goingAway = 1001;
const policyViolation = 1008;
const protocolError = 1002;
const normalClosure = 1000;
const internalError = 1011;

/** By the reason as connection lists tell it. */
const closeCodes: ReadonlyMap<string, number> = new Map([
  ["Client Closed", normalClosure],
  ["Authentication Timeout", policyViolation],
  ["Authentication Failure", policyViolation],
  ["Slow Consumer (Pending Bytes)", policyViolation],
  ["Slow Consumer (Write Deadline)", policyViolation],
  ["Maximum Account Connections Exceeded", policyViolation],
  ["Maximum Connections Exceeded", policyViolation],
  ["Maximum Control Line Exceeded", policyViolation],
  ["Maximum Subscriptions Exceeded", policyViolation],
  ["Missing Account", policyViolation],
  ["Authentication Expired", policyViolation],
  ["Credentials Revoked", policyViolation],
  ["Parse Error", protocolError],
  ["Protocol Violation", protocolError],
  ["Incorrect Client Protocol Version", protocolError],
  ["Maximum Message Payload Exceeded", 1009],
  ["Write Error", goingAway],
  ["Read Error", goingAway],
  ["Stale Connection", goingAway],
  ["Server Shutdown", goingAway],
]);

export class WebsocketSocket implements Socket, WireHandlers {
  readonly kind = "websocket";
  readonly #wire: Wire;
  readonly #maxFrame: number;
  #handlers: SocketHandlers | null = null;
  #isClosed = false;
  /** Told the peer that it ends. */
  #isEnding = false;

  constructor(wire: Wire, isBrowser: boolean) {
    this.#wire = wire;
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

  shutdown(reason?: string): void {
    if (!this.#isClosed && !this.#isEnding) {
      this.#isEnding = true;
      const code = closeCodes.get(reason ?? "Client Closed") ?? internalError;
      this.#wire.close(code, reason ?? "");
    }
  }

  end(reason?: string): void {
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
