// A websocket peer that sends exactly the frames it is told, right or wrong, and shows the frames that come back: for what
// no client library would send. It knows the frames' form and nothing of what they carry.

import { createConnection, type Socket } from "node:net";
import { waitUntil } from "./wait-until.ts";

export const opcode = {
  continuation: 0,
  text: 1,
  binary: 2,
  close: 8,
  ping: 9,
  pong: 10,
} as const;

export interface RawFrame {
  readonly opcode: number;
  readonly isFinal: boolean;
  readonly isCompressed: boolean;
  readonly body: Buffer;
}

export interface FrameOptions {
  readonly isFinal?: boolean;
  readonly isMasked?: boolean;
  /** Bits of the first byte beside opcode and end. */
  readonly reservedBits?: number;
  /** Another length than the body's. */
  readonly announcedLength?: number;
}

export const sampleKey = "dGhlIHNhbXBsZSBub25jZQ==";
const mask = [0x11, 0x22, 0x33, 0x44] as const;

export function frame(
  kind: number,
  body: string | Uint8Array,
  { isFinal = true, isMasked = true, reservedBits = 0, announcedLength }: FrameOptions = {},
): Buffer {
  const bytes = typeof body === "string" ? Buffer.from(body) : body;
  const length = announcedLength ?? bytes.length;
  const first = (isFinal ? 0x80 : 0) | reservedBits | kind;
  const bit = isMasked ? 0x80 : 0;
  const head =
    length < 126
      ? Buffer.from([first, bit | length])
      : length < 65_536
        ? Buffer.from([first, bit | 126, length >> 8, length & 255])
        : longHead(first, bit, length);
  const masked = isMasked ? bytes.map((byte, at) => byte ^ (mask[at & 3] ?? 0)) : bytes;
  return Buffer.concat([head, Buffer.from(isMasked ? mask : []), masked]);
}

function longHead(first: number, bit: number, length: number): Buffer {
  const head = Buffer.alloc(10);
  head[0] = first;
  head[1] = bit | 127;
  head.writeBigUInt64BE(BigInt(length), 2);
  return head;
}

export function handshake(headers: Readonly<Record<string, string>> = {}, path = "/"): string {
  const all = {
    host: "127.0.0.1",
    upgrade: "websocket",
    connection: "Upgrade",
    "sec-websocket-key": sampleKey,
    "sec-websocket-version": "13",
    ...headers,
  };
  const lines = Object.entries(all)
    .filter(([, value]) => value !== "")
    .map(([name, value]) => `${name}: ${value}\r\n`);
  return `GET ${path} HTTP/1.1\r\n${lines.join("")}\r\n`;
}

export class RawWebsocket implements Disposable {
  readonly #socket: Socket;
  #unread: Buffer = Buffer.alloc(0);
  #head: string | null = null;
  #isClosed = false;
  readonly #frames: RawFrame[] = [];

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (chunk: Buffer) => this.#take(chunk));
    socket.on("close", () => {
      this.#isClosed = true;
    });
    socket.on("error", () => undefined);
  }

  /** Sends the request as it is given, and waits for the whole head of the response. */
  static async request(port: number, request: string = handshake()): Promise<RawWebsocket> {
    const peer = new RawWebsocket(createConnection(port, "127.0.0.1"));
    peer.#socket.write(request);
    await waitUntil("the response", () => peer.#head !== null || peer.#isClosed);
    return peer;
  }

  /** Of the response, in lower case; "" when it did not come. */
  get head(): string {
    return (this.#head ?? "").toLowerCase();
  }

  get isUpgraded(): boolean {
    return this.head.startsWith("http/1.1 101");
  }

  get frames(): readonly RawFrame[] {
    return this.#frames;
  }

  /** What all frames with data carry, one character per byte. */
  get text(): string {
    return this.#frames
      .filter((one) => one.opcode < opcode.close)
      .map((one) => one.body.toString("latin1"))
      .join("");
  }

  /** "1000 reason", "empty" for a close frame without either, null while none came. */
  get closing(): string | null {
    const last = this.#frames.find((one) => one.opcode === opcode.close);
    if (last === undefined) {
      return null;
    }
    return last.body.length < 2
      ? "empty"
      : `${last.body.readUInt16BE(0)} ${last.body.subarray(2).toString()}`;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** What came of a response that is no upgrade. */
  get body(): string {
    return this.#unread.toString("latin1");
  }

  send(...frames: readonly Uint8Array[]): void {
    this.#socket.write(Buffer.concat(frames));
  }

  /** A masked binary message. */
  say(text: string | Uint8Array): void {
    this.send(frame(opcode.binary, text));
  }

  async until(text: string): Promise<void> {
    await waitUntil(`"${text}"`, () => this.text.includes(text));
  }

  /** Waits until the other side has closed the connection, and gives its close frame. */
  async untilClosed(): Promise<string | null> {
    await waitUntil("the end of the connection", () => this.#isClosed, 8000);
    return this.closing;
  }

  stopReading(): void {
    this.#socket.pause();
  }

  readAgain(): void {
    this.#socket.resume();
  }

  end(): void {
    this.#socket.end();
  }

  [Symbol.dispose](): void {
    this.#socket.destroy();
  }

  #take(chunk: Buffer): void {
    this.#unread = Buffer.concat([this.#unread, chunk]);
    if (this.#head === null) {
      const end = this.#unread.indexOf("\r\n\r\n");
      if (end < 0) {
        return;
      }
      this.#head = this.#unread.subarray(0, end + 4).toString("latin1");
      this.#unread = this.#unread.subarray(end + 4);
    }
    while (this.isUpgraded && this.#takeFrame()) {
      // One after the other.
    }
  }

  /** Whether a whole frame was there. */
  #takeFrame(): boolean {
    const [first, second] = this.#unread;
    if (first === undefined || second === undefined) {
      return false;
    }
    const short = second & 0x7f;
    const start = { 126: 4, 127: 10 }[String(short)] ?? 2;
    if (this.#unread.length < start) {
      return false;
    }
    const end = start + lengthIn(this.#unread, short);
    if (this.#unread.length < end) {
      return false;
    }
    this.#frames.push({
      opcode: first & 15,
      isFinal: (first & 0x80) !== 0,
      isCompressed: (first & 0x40) !== 0,
      body: this.#unread.subarray(start, end),
    });
    this.#unread = this.#unread.subarray(end);
    return true;
  }
}

function lengthIn(head: Buffer, short: number): number {
  if (short < 126) {
    return short;
  }
  return short === 126 ? head.readUInt16BE(2) : Number(head.readBigUInt64BE(2));
}
