// A client that sends exactly the bytes it is told and keeps what comes back: for input that no client library would send.
// It knows no more of the protocol than the one handshake that `open` can do.

import { waitUntil } from "./wait-until.ts";

const decoder: TextDecoder = new TextDecoder("latin1");

/** Everything above ASCII is sent as one byte, so "\xff" is one byte on the wire. */
function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0) & 0xff);
}

export class RawClient implements Disposable {
  #socket: Bun.Socket | null = null;
  readonly #waiting: Uint8Array[] = [];
  #text = "";
  #keeps = true;
  #receivedBytes = 0;
  #isClosed = false;

  /** Connects and reads INFO; with `connect`, also sends CONNECT (with these fields) and waits for PONG. */
  static async open(port: number, connect: object | null = {}): Promise<RawClient> {
    const client = new RawClient();
    await client.#dial(port);
    await client.until("INFO {", 8000);
    await client.until("\r\n");
    client.#text = client.#text.slice(client.#text.indexOf("\r\n") + 2);
    if (connect !== null) {
      const fields = { verbose: false, headers: true, ...connect };
      client.send(`CONNECT ${JSON.stringify(fields)}\r\nPING\r\n`);
      await client.until("PONG\r\n");
      client.forget();
    }
    return client;
  }

  async #dial(port: number): Promise<void> {
    this.#socket = await Bun.connect({
      hostname: "127.0.0.1",
      port,
      socket: {
        data: (_socket, chunk) => {
          this.#receivedBytes += chunk.length;
          if (this.#keeps) {
            this.#text += decoder.decode(chunk);
          }
        },
        drain: () => this.#write(),
        close: () => {
          this.#isClosed = true;
        },
        error: () => {
          this.#isClosed = true;
        },
      },
    });
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  get receivedBytes(): number {
    return this.#receivedBytes;
  }

  /** What came since the last `forget`, one character per byte. */
  get received(): string {
    return this.#text;
  }

  /** Bytes given to `send` that the system has not taken yet. */
  get unsentBytes(): number {
    return this.#waiting.reduce((sum, chunk) => sum + chunk.length, 0);
  }

  forget(): void {
    this.#text = "";
  }

  /** From here on bytes are counted, from zero, and not kept. */
  countOnly(): void {
    this.#keeps = false;
    this.#receivedBytes = 0;
    this.#text = "";
  }

  send(data: string | Uint8Array): void {
    this.#waiting.push(typeof data === "string" ? bytesOf(data) : data);
    this.#write();
  }

  #write(): void {
    const socket = this.#socket;
    while (socket !== null && !this.#isClosed) {
      const first = this.#waiting[0];
      if (first === undefined) {
        return;
      }
      const taken = socket.write(first);
      if (taken < 0) {
        this.#isClosed = true;
        return;
      }
      if (taken < first.length) {
        this.#waiting[0] = first.subarray(taken);
        return;
      }
      this.#waiting.shift();
    }
  }

  /** Stops reading: what the server sends stays in the system's buffers, then with the server. */
  stopReading(): void {
    this.#socket?.pause();
  }

  readAgain(): void {
    this.#socket?.resume();
  }

  /** Waits until all that came contains this text, and gives all of it. */
  async until(text: string, limitMillis = 5000): Promise<string> {
    try {
      return await waitUntil(
        `"${text.slice(0, 60)}"`,
        () => {
          if (this.#text.includes(text)) {
            return this.#text;
          }
          if (this.#isClosed) {
            throw new Error("the server closed the connection");
          }
          return null;
        },
        limitMillis,
      );
    } catch (cause) {
      throw new Error(`waiting for "${text.slice(0, 60)}", got "${this.#text.slice(0, 300)}"`, {
        cause,
      });
    }
  }

  /** Sends PING and waits for its PONG: all that was sent before has been handled. */
  async roundTrip(limitMillis = 5000): Promise<string> {
    const pongs = this.#text.split("PONG\r\n").length;
    this.send("PING\r\n");
    return await waitUntil(
      "PONG",
      () => {
        if (this.#text.split("PONG\r\n").length > pongs) {
          return this.#text;
        }
        if (this.#isClosed) {
          throw new Error(`the server closed the connection after "${this.#text.slice(-200)}"`);
        }
        return null;
      },
      limitMillis,
    );
  }

  /** Waits for the server to close, and gives all that came before. */
  async untilClosed(limitMillis = 5000): Promise<string> {
    await waitUntil("the server's closing", () => this.#isClosed, limitMillis);
    return this.#text;
  }

  /** Ends with a reset, as a process that is killed with unread bytes does. */
  reset(): void {
    this.#socket?.terminate();
    this.#isClosed = true;
  }

  [Symbol.dispose](): void {
    this.#socket?.terminate();
    this.#isClosed = true;
  }
}
