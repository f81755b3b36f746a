// Pipes inside this program that keep the contract of sockets: partial writes, back-pressure, one close.
// No byte leaves the process and nothing is called back before the call that caused it has returned, closing excepted.

import { NetworkError } from "../base/server-error.ts";
import type { ListenAddress, Listener, Network, Socket, SocketHandlers } from "../ports/network.ts";
import type { Timers } from "../ports/timers.ts";

type Accept = (socket: Socket) => SocketHandlers;

/** How much one direction holds before writes come up short. */
export const pipeCapacity: number = 256 * 1024;

const address = "127.0.0.1";
const unanswered: SocketHandlers = { data() {}, drain() {}, close() {} };

class PipeEnd implements Socket {
  readonly kind = "in-process";
  readonly remoteAddress: string = address;
  readonly localAddress: string = address;
  readonly remotePort: number;
  readonly localPort: number;
  readonly #timers: Timers;
  readonly #capacity: number;
  #handlers: SocketHandlers = unanswered;
  #other: PipeEnd | null = null;
  /** What the other end wrote and this one was not given yet. */
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  #isPaused = false;
  #isScheduled = false;
  /** A write came up short: the other end's next room is to be told here. */
  #wantsDrain = false;
  /** No byte goes out any more, or none will come in. */
  #isShutDown = false;
  #isFinished = false;
  #isClosed = false;
  #failure: Error | undefined;

  constructor(timers: Timers, capacity: number, localPort: number, remotePort: number) {
    this.#timers = timers;
    this.#capacity = capacity;
    this.localPort = localPort;
    this.remotePort = remotePort;
  }

  join(other: PipeEnd): void {
    this.#other = other;
    other.#other = this;
  }

  answer(accept: Accept): void {
    const handlers = accept(this);
    this.#handlers = handlers;
    if (this.#isClosed) {
      handlers.close(this.#failure);
    }
  }

  write(bytes: Uint8Array, offset: number, length: number): number {
    const other = this.#other;
    if (this.#isClosed || this.#isShutDown || other === null || other.#isClosed) {
      return -1;
    }
    const taken = Math.min(length, this.#capacity - other.#waitingBytes);
    if (taken < length) {
      this.#wantsDrain = true;
    }
    if (taken > 0) {
      other.#waiting.push(bytes.slice(offset, offset + taken));
      other.#waitingBytes += taken;
      other.#schedule();
    }
    return taken;
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    this.#schedule();
  }

  shutdown(): void {
    if (!this.#isClosed && !this.#isShutDown) {
      this.#isShutDown = true;
      this.#other?.finish(undefined);
    }
  }

  end(): void {
    if (!this.#isClosed) {
      this.#other?.finish(undefined);
      this.#close(undefined);
    }
  }

  terminate(): void {
    if (!this.#isClosed) {
      const other = this.#other;
      if (other !== null) {
        other.#waiting = [];
        other.#waitingBytes = 0;
        other.finish(new NetworkError("ECONNRESET", "connection reset by peer"));
      }
      this.#close(undefined);
    }
  }

  /** The other end writes no more: once all it wrote was given, this end closes too. */
  finish(failure: Error | undefined): void {
    if (!this.#isFinished) {
      this.#isFinished = true;
      this.#failure = failure;
    }
    this.#schedule();
  }

  #schedule(): void {
    if (!this.#isScheduled && !this.#isClosed) {
      this.#isScheduled = true;
      this.#timers.endOfTurn(() => {
        this.#isScheduled = false;
        this.#deliver();
      });
    }
  }

  #deliver(): void {
    if (this.#wantsDrain && (this.#other?.hasRoom() ?? false)) {
      this.#wantsDrain = false;
      this.#handlers.drain();
    }
    while (!this.#isPaused && !this.#isClosed) {
      const chunk = this.#waiting.shift();
      if (chunk === undefined) {
        break;
      }
      this.#waitingBytes -= chunk.length;
      this.#other?.roomWasMade();
      this.#handlers.data(chunk);
    }
    if (this.#isFinished && !this.#isPaused && this.#waiting.length === 0) {
      this.#other?.finish(undefined);
      this.#close(this.#failure);
    }
  }

  hasRoom(): boolean {
    return this.#waitingBytes < this.#capacity;
  }

  roomWasMade(): void {
    if (this.#wantsDrain) {
      this.#schedule();
    }
  }

  #close(failure: Error | undefined): void {
    if (!this.#isClosed) {
      this.#isClosed = true;
      this.#waiting = [];
      this.#waitingBytes = 0;
      this.#failure = failure;
      const handlers = this.#handlers;
      this.#handlers = unanswered;
      handlers.close(failure);
    }
  }
}

let nextPort = 1;

/** Joins two new ends: `accept` answers for the server's, `dial` for the client's. */
export function openPipe(
  timers: Timers,
  accept: Accept,
  dial: Accept,
  capacity: number = pipeCapacity,
  port = 0,
): void {
  const clientPort = nextPort;
  nextPort = nextPort === 65_535 ? 1 : nextPort + 1;
  const server = new PipeEnd(timers, capacity, port, clientPort);
  const client = new PipeEnd(timers, capacity, clientPort, port);
  server.join(client);
  client.answer(dial);
  server.answer(accept);
}

/** A network whose listeners only this program can reach. */
export class InProcessNetwork implements Network {
  readonly #timers: Timers;
  readonly #capacity: number;
  readonly #accepting: Map<number, Accept> = new Map();

  constructor(timers: Timers, capacity: number = pipeCapacity) {
    this.#timers = timers;
    this.#capacity = capacity;
  }

  listen(wanted: ListenAddress, accept: Accept): Listener {
    const port = wanted.port === 0 ? this.#freePort() : wanted.port;
    if (this.#accepting.has(port)) {
      const text = `listen tcp ${wanted.host}:${port}: bind: address already in use`;
      throw new NetworkError("EADDRINUSE", text);
    }
    this.#accepting.set(port, accept);
    const stop = (): void => {
      if (this.#accepting.get(port) === accept) {
        this.#accepting.delete(port);
      }
    };
    return { host: wanted.host, port, stop, [Symbol.dispose]: stop };
  }

  /** Throws NetworkError ECONNREFUSED when nobody listens there. */
  dial(port: number, open: Accept): void {
    const accept = this.#accepting.get(port);
    if (accept === undefined) {
      throw new NetworkError("ECONNREFUSED", `dial tcp ${address}:${port}: connection refused`);
    }
    openPipe(this.#timers, accept, open, this.#capacity, port);
  }

  interfaceAddresses(): readonly string[] {
    return [address];
  }

  #freePort(): number {
    let port = 40_000;
    while (this.#accepting.has(port)) {
      port += 1;
    }
    return port;
  }
}
