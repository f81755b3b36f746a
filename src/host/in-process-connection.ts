// The embedder's end of a pipe, as web streams: what the program writes the server reads, and the other way round.

import type { Socket, SocketHandlers } from "../ports/network.ts";
import type { Timers } from "../ports/timers.ts";
import { openPipe } from "./in-process-network.ts";

/** Raw protocol bytes, as over a socket, that never leave the process. */
export interface InProcessConnection extends AsyncDisposable {
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: WritableStream<Uint8Array>;
  close(): void;
}

class StreamEnd implements SocketHandlers {
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: WritableStream<Uint8Array>;
  readonly #socket: Socket;
  #controller: ReadableStreamDefaultController<Uint8Array> | null = null;
  #wakeWriter: (() => void) | null = null;
  #isClosed = false;

  constructor(socket: Socket) {
    this.#socket = socket;
    this.readable = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#controller = controller;
        },
        pull: () => socket.resume(),
        cancel: () => {
          // The stream is closed already, and takes nothing more.
          this.#controller = null;
          socket.end();
        },
      },
      { highWaterMark: 1 },
    );
    this.writable = new WritableStream<Uint8Array>({
      write: (bytes) => this.#write(bytes),
      close: () => socket.end(),
      abort: () => socket.terminate(),
    });
  }

  async #write(bytes: Uint8Array): Promise<void> {
    let offset = 0;
    while (offset < bytes.length) {
      if (this.#isClosed) {
        throw new Error("the server closed this connection");
      }
      const count = this.#socket.write(bytes, offset, bytes.length - offset);
      if (count > 0) {
        offset += count;
      } else {
        const { promise, resolve } = Promise.withResolvers<void>();
        this.#wakeWriter = resolve;
        await promise;
      }
    }
  }

  data(chunk: Uint8Array): void {
    this.#controller?.enqueue(chunk);
    if ((this.#controller?.desiredSize ?? 1) <= 0) {
      this.#socket.pause();
    }
  }

  drain(): void {
    this.#wakeWriter?.();
    this.#wakeWriter = null;
  }

  close(): void {
    if (!this.#isClosed) {
      this.#isClosed = true;
      this.#controller?.close();
      this.drain();
    }
  }
}

/** Connects to whoever accepts sockets, inside this process. */
export function connectInProcess(
  timers: Timers,
  accept: (socket: Socket) => SocketHandlers,
): InProcessConnection {
  const opened: { end: StreamEnd; socket: Socket }[] = [];
  openPipe(timers, accept, (dialled) => {
    const streams = new StreamEnd(dialled);
    opened.push({ end: streams, socket: dialled });
    return streams;
  });
  const [connection] = opened;
  if (connection === undefined) {
    throw new Error("the pipe did not open");
  }
  const { end, socket } = connection;
  return {
    readable: end.readable,
    writable: end.writable,
    close: () => socket.end(),
    [Symbol.asyncDispose]: async () => socket.end(),
  };
}
