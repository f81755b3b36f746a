// TCP by Bun.listen. One small object stands for a connection; the handlers that Bun calls are shared by all.

import { networkInterfaces } from "node:os";
import { NetworkError } from "../base/server-error.ts";
import type { ListenAddress, Listener, Network, Socket, SocketHandlers } from "../ports/network.ts";
import { listenFailure, plainAddress } from "./network-failure.ts";

type Accept = (socket: Socket) => SocketHandlers;

/** Nothing is read from a socket before its handlers are known; this keeps the field's type simple. */
const unanswered: SocketHandlers = { data() {}, drain() {}, close() {} };

class BunSocket implements Socket {
  readonly kind = "tcp";
  readonly #socket: Bun.Socket<BunSocket>;
  #handlers: SocketHandlers = unanswered;
  #closed = false;
  #remoteAddress: string | null = null;
  #remotePort = 0;

  constructor(socket: Bun.Socket<BunSocket>) {
    this.#socket = socket;
  }

  // Bun forgets the address on closing, and who closed is still asked for it afterwards.
  get remoteAddress(): string {
    this.#remoteAddress ??= plainAddress(this.#socket.remoteAddress);
    return this.#remoteAddress;
  }

  get remotePort(): number {
    if (this.#remotePort === 0) {
      this.#remotePort = this.#socket.remotePort ?? 0;
    }
    return this.#remotePort;
  }

  get localAddress(): string {
    return plainAddress(this.#socket.localAddress);
  }

  get localPort(): number {
    return this.#socket.localPort ?? 0;
  }

  write(bytes: Uint8Array, offset: number, length: number): number {
    return this.#closed ? -1 : this.#socket.write(bytes, offset, length);
  }

  pause(): void {
    if (!this.#closed) {
      this.#socket.pause();
    }
  }

  resume(): void {
    if (!this.#closed) {
      this.#socket.resume();
    }
  }

  shutdown(): void {
    if (!this.#closed) {
      this.#socket.shutdown();
    }
  }

  end(): void {
    if (!this.#closed) {
      this.#socket.end();
    }
  }

  terminate(): void {
    if (!this.#closed) {
      this.#socket.terminate();
    }
  }

  /** Lets the listener's owner answer the new connection, which may close it before it has answered. */
  answer(accept: Accept): void {
    const handlers = accept(this);
    this.#handlers = handlers;
    if (this.#closed) {
      handlers.close();
    }
  }

  data(chunk: Uint8Array): void {
    this.#handlers.data(chunk);
  }

  drain(): void {
    if (!this.#closed) {
      this.#handlers.drain();
    }
  }

  close(error: Error | undefined): void {
    if (this.#closed) {
      return;
    }
    this.#closed = true;
    const handlers = this.#handlers;
    this.#handlers = unanswered;
    if (error === undefined) {
      handlers.close();
    } else {
      handlers.close(new NetworkError(codeOf(error), error.message, error));
    }
  }
}

function codeOf(error: Error): string {
  return "code" in error ? String(error.code) : "EIO";
}

class BunListener implements Listener {
  readonly host: string;
  readonly port: number;
  readonly #listener: Bun.TCPSocketListener<BunSocket>;
  #stopped = false;

  constructor(host: string, listener: Bun.TCPSocketListener<BunSocket>) {
    this.host = host;
    this.port = listener.port;
    this.#listener = listener;
  }

  stop(): void {
    if (!this.#stopped) {
      this.#stopped = true;
      this.#listener.stop(false);
    }
  }

  [Symbol.dispose](): void {
    this.stop();
  }
}

/** There is no `error` among them: what our own handlers throw must stop the process, not be swallowed here. */
function sharedHandlers(accept: Accept): Bun.SocketHandler<BunSocket> {
  return {
    binaryType: "uint8array",
    open(socket): void {
      const opened = new BunSocket(socket);
      socket.data = opened;
      socket.setNoDelay(true);
      opened.answer(accept);
    },
    data(socket, chunk): void {
      socket.data.data(chunk);
    },
    drain(socket): void {
      socket.data.drain();
    },
    close(socket, error): void {
      socket.data.close(error);
    },
  };
}

export class BunNetwork implements Network {
  listen(address: ListenAddress, accept: Accept): Listener {
    const handlers = sharedHandlers(accept);
    const { host, port } = address;
    let cause: unknown;
    for (const hostname of host === "0.0.0.0" ? ["::", "0.0.0.0"] : [host]) {
      try {
        const options = { hostname, port, socket: handlers, allowHalfOpen: false };
        return new BunListener(host, Bun.listen<BunSocket>(options as never));
      } catch (failure) {
        cause = failure;
        // A machine without IPv6 refuses "::"; any other refusal would be the same for "0.0.0.0".
        if (codeOf(failure as Error) === "EADDRINUSE") {
          break;
        }
      }
    }
    throw listenFailure(host, port, cause);
  }

  interfaceAddresses(): readonly string[] {
    const all = Object.values(networkInterfaces()).flatMap((entries) => entries ?? []);
    const outward = all.filter((entry) => !entry.internal);
    return (outward.length > 0 ? outward : all).map((entry) => entry.address);
  }
}
