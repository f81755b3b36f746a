// One raw connection for the benches of JetStream: requests in flight, publishes in a window, and every message that comes
// handed over where it lies. It knows frames, not what they mean.

const encoder: TextEncoder = new TextEncoder();
const decoder: TextDecoder = new TextDecoder();
const newLine = 10;
const blank = 32;
const zero = 48;
const ping = 0x50;
const letterM = 0x4d;
const letterH = 0x48;
const limitMillis = 120_000;
const writeMost = 256 * 1024;

/** Valid until the call returns. */
export interface Frame {
  bytes: Buffer;
  subjectStart: number;
  subjectEnd: number;
  sid: number;
  /** Equal when there is none. */
  replyStart: number;
  replyEnd: number;
  /** Headers stand at the beginning of the payload. */
  headerLength: number;
  payloadStart: number;
  payloadEnd: number;
}

export class Wire {
  onFrame: (frame: Frame) => void = () => undefined;
  onRoom: () => void = () => undefined;
  #socket: Bun.Socket | null = null;
  #rest: Buffer = Buffer.alloc(0);
  readonly #unsent: Uint8Array[] = [];
  #unsentBytes = 0;
  readonly #pongs: (() => void)[] = [];
  #isOpen = false;
  #onLost: (reason: Error) => void = () => undefined;
  readonly lost: Promise<never> = new Promise((_resolve, reject) => {
    this.#onLost = reject;
  });
  readonly #frame: Frame = {
    bytes: Buffer.alloc(0),
    subjectStart: 0,
    subjectEnd: 0,
    sid: 0,
    replyStart: 0,
    replyEnd: 0,
    headerLength: 0,
    payloadStart: 0,
    payloadEnd: 0,
  };

  static async open(port: number): Promise<Wire> {
    const wire = new Wire();
    wire.lost.catch(() => undefined);
    await wire.#dial(port);
    wire.write('CONNECT {"verbose":false,"headers":true,"no_responders":true}\r\n');
    await wire.settle();
    return wire;
  }

  async #dial(port: number): Promise<void> {
    this.#socket = await Bun.connect({
      hostname: "127.0.0.1",
      port,
      socket: {
        data: (_socket, chunk) => this.#take(chunk),
        drain: () => this.#drain(),
        close: () => {
          if (this.#isOpen) {
            this.#onLost(new Error("the server closed a connection"));
          }
        },
      },
    });
    this.#isOpen = true;
    this.#socket.setNoDelay(true);
  }

  /** Whether more should be written now. */
  get hasRoom(): boolean {
    return this.#unsentBytes < writeMost;
  }

  write(content: string | Uint8Array): void {
    const bytes = typeof content === "string" ? encoder.encode(content) : content;
    const taken = this.#unsentBytes > 0 ? 0 : Math.max(0, this.#socket?.write(bytes) ?? 0);
    if (taken < bytes.length) {
      // What was given may be written over by its owner.
      this.#unsent.push(bytes.slice(taken));
      this.#unsentBytes += bytes.length - taken;
    }
  }

  /** The server has handled all that was written before. */
  async settle(): Promise<void> {
    const answered = Promise.withResolvers<void>();
    this.#pongs.push(answered.resolve);
    this.write("PING\r\n");
    await Promise.race([answered.promise, this.lost]);
  }

  close(): void {
    this.#isOpen = false;
    this.#socket?.terminate();
  }

  #drain(): void {
    while (this.#unsent.length > 0) {
      const first = this.#unsent[0] ?? new Uint8Array(0);
      const taken = Math.max(0, this.#socket?.write(first) ?? 0);
      this.#unsentBytes -= taken;
      if (taken < first.length) {
        this.#unsent[0] = first.subarray(taken);
        return;
      }
      this.#unsent.shift();
    }
    this.onRoom();
  }

  #take(chunk: Uint8Array): void {
    const fresh = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
    const bytes = this.#rest.length === 0 ? fresh : Buffer.concat([this.#rest, fresh]);
    const end = this.#parse(bytes);
    this.#rest = end === bytes.length ? Buffer.alloc(0) : Buffer.from(bytes.subarray(end));
  }

  /** Gives where the first unfinished frame begins. */
  #parse(bytes: Buffer): number {
    let at = 0;
    while (at < bytes.length) {
      const lineEnd = bytes.indexOf(newLine, at);
      if (lineEnd === -1) {
        return at;
      }
      const first = bytes[at] ?? 0;
      if (first === letterM || first === letterH) {
        const end = this.#message(bytes, at, lineEnd, first === letterH);
        if (end > bytes.length) {
          return at;
        }
        this.onFrame(this.#frame);
        at = end;
      } else {
        this.#line(bytes, at, lineEnd);
        at = lineEnd + 1;
      }
    }
    return at;
  }

  /** Gives where it ends. */
  #message(bytes: Buffer, start: number, lineEnd: number, hasHeaders: boolean): number {
    const frame = this.#frame;
    let at = lineEnd - 1;
    const [total, totalStart] = numberBefore(bytes, at);
    at = totalStart - 1;
    frame.headerLength = 0;
    if (hasHeaders) {
      const [headers, headersStart] = numberBefore(bytes, at);
      frame.headerLength = headers;
      at = headersStart - 1;
    }
    const subjectStart = start + (hasHeaders ? "HMSG " : "MSG ").length;
    const subjectEnd = bytes.indexOf(blank, subjectStart);
    let sidEnd = subjectEnd + 1;
    let sid = 0;
    for (; sidEnd < at && bytes[sidEnd] !== blank; sidEnd++) {
      sid = sid * 10 + (bytes[sidEnd] ?? zero) - zero;
    }
    frame.bytes = bytes;
    frame.subjectStart = subjectStart;
    frame.subjectEnd = subjectEnd;
    frame.sid = sid;
    frame.replyStart = Math.min(sidEnd + 1, at);
    frame.replyEnd = at;
    frame.payloadStart = lineEnd + 1;
    frame.payloadEnd = lineEnd + 1 + total;
    return frame.payloadEnd + 2;
  }

  #line(bytes: Buffer, start: number, end: number): void {
    if (bytes[start] === ping && bytes[start + 1] === 0x49) {
      this.write("PONG\r\n");
    } else if (bytes[start] === ping) {
      this.#pongs.shift()?.();
    } else if (bytes[start] === 0x2d) {
      this.#onLost(new Error(bytes.toString("latin1", start, end)));
    }
  }
}

/** The number that ends before `end`, and where it begins. */
function numberBefore(bytes: Buffer, end: number): [number, number] {
  let value = 0;
  let scale = 1;
  let at = end;
  while (at > 0 && bytes[at - 1] !== blank) {
    at--;
    value += ((bytes[at] ?? zero) - zero) * scale;
    scale *= 10;
  }
  return [value, at];
}

/** Requests of the API and windows of publishes, over a connection of their own. */
export class JetStreamClient {
  readonly wire: Wire;
  readonly #inbox: string;
  #next = 0;
  readonly #waiting: Map<string, (answer: string) => void> = new Map();

  private constructor(wire: Wire) {
    this.wire = wire;
    this.#inbox = `_INBOX.${crypto.randomUUID().replaceAll("-", "")}`;
  }

  static async open(port: number): Promise<JetStreamClient> {
    const client = new JetStreamClient(await Wire.open(port));
    client.wire.onFrame = (frame): void => client.#answered(frame);
    client.wire.write(`SUB ${client.#inbox}.* 1\r\n`);
    await client.wire.settle();
    return client;
  }

  /** The answer, as text. */
  ask(subject: string, body: unknown): Promise<string> {
    const text = body === null ? "" : JSON.stringify(body);
    const token = String(this.#next++);
    const answered = Promise.withResolvers<string>();
    this.#waiting.set(token, answered.resolve);
    const length = encoder.encode(text).length;
    this.wire.write(`PUB ${subject} ${this.#inbox}.${token} ${length}\r\n${text}\r\n`);
    const late = setTimeout(
      () => answered.reject(new Error(`no answer on ${subject}`)),
      limitMillis,
    );
    return Promise.race([answered.promise, this.wire.lost]).finally(() => clearTimeout(late));
  }

  /** Throws when the server refuses. */
  async call(subject: string, body: unknown): Promise<Record<string, unknown>> {
    const answer = await this.ask(`$JS.API.${subject}`, body);
    const decoded = JSON.parse(answer) as Record<string, unknown>;
    if (decoded["error"] !== undefined) {
      throw new Error(`${subject}: ${JSON.stringify(decoded["error"])}`);
    }
    return decoded;
  }

  /** As many calls as `count` says, `inFlight` at a time. */
  async callMany(
    count: number,
    inFlight: number,
    make: (at: number) => readonly [string, unknown],
  ): Promise<void> {
    let next = 0;
    const line = async (): Promise<void> => {
      while (next < count) {
        const [subject, body] = make(next++);
        await this.call(subject, body);
      }
    };
    await Promise.all(Array.from({ length: inFlight }, line));
  }

  close(): void {
    this.wire.close();
  }

  #answered(frame: Frame): void {
    const { bytes, subjectStart, subjectEnd, payloadStart, payloadEnd, headerLength } = frame;
    const subject = bytes.toString("latin1", subjectStart, subjectEnd);
    const token = subject.slice(subject.lastIndexOf(".") + 1);
    const waiting = this.#waiting.get(token);
    this.#waiting.delete(token);
    waiting?.(decoder.decode(bytes.subarray(payloadStart + headerLength, payloadEnd)));
  }
}
