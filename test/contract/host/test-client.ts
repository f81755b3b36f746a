// The other side of a connection, as the network contract needs it, over whatever Socket a network gives.

import type { Socket, SocketHandlers } from "../../../src/ports/network.ts";

export class TestClient implements SocketHandlers {
  readonly #chunks: Uint8Array[] = [];
  #receivedBytes = 0;
  #closes = 0;
  #queue: Uint8Array[] = [];
  #socket: Socket | null = null;
  #wake: () => void = () => {};

  opened(socket: Socket): SocketHandlers {
    this.#socket = socket;
    this.#wake();
    return this;
  }

  get closes(): number {
    return this.#closes;
  }

  get receivedBytes(): number {
    return this.#receivedBytes;
  }

  get socket(): Socket {
    if (this.#socket === null) {
      throw new Error("not connected");
    }
    return this.#socket;
  }

  received(): string {
    return Buffer.concat(this.#chunks).toString("latin1");
  }

  /** Sends everything, however little the socket takes at once. */
  send(text: string): void {
    this.#queue.push(Buffer.from(text, "latin1"));
    this.#sendQueued();
  }

  get hasUnsent(): boolean {
    return this.#queue.length > 0;
  }

  /** Comes back once `condition` holds; it is looked at after every event of this side. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  data(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
    this.#receivedBytes += chunk.length;
    this.#wake();
  }

  drain(): void {
    this.#sendQueued();
    this.#wake();
  }

  close(): void {
    this.#closes += 1;
    this.#wake();
  }

  #sendQueued(): void {
    while (this.#socket !== null) {
      const [first, ...rest] = this.#queue;
      if (first === undefined) {
        return;
      }
      const taken = this.#socket.write(first, 0, first.length);
      if (taken <= 0) {
        return;
      }
      this.#queue = taken === first.length ? rest : [first.subarray(taken), ...rest];
    }
  }
}

/** A server's side that keeps all it was told, for a test to look at. */
export class Recorder extends TestClient {
  #drains = 0;
  /** What this side does in the turn that bytes reach it. */
  onData: () => void = () => {};
  #failure: Error | undefined;

  get drains(): number {
    return this.#drains;
  }

  get failure(): Error | undefined {
    return this.#failure;
  }

  override data(chunk: Uint8Array): void {
    super.data(chunk);
    this.onData();
  }

  override drain(): void {
    this.#drains += 1;
    super.drain();
  }

  override close(error?: Error): void {
    this.#failure = error;
    super.close();
  }
}
