// One process of the load generator: opens raw connections, publishes prebuilt batches or counts what comes, and says
// over its channel what it saw. It is told everything, decides nothing, and parses no more than it must.

import {
  type Batch,
  buildBatches,
  deliveredFrame,
  type FrameShape,
  roundLength,
} from "./frames.ts";

export type WorkerTask =
  | {
      readonly kind: "publish";
      readonly port: number;
      readonly connections: number;
      readonly shape: FrameShape;
      readonly millis: number;
    }
  | {
      readonly kind: "subscribe";
      readonly port: number;
      readonly connections: number;
      readonly subject: string;
      readonly queue: string;
      readonly shape: FrameShape;
      /** One publisher and one subject: order and content are checked, not only lengths. */
      readonly checksOrder: boolean;
    }
  | {
      readonly kind: "request";
      readonly port: number;
      readonly connections: number;
      readonly size: number;
      readonly millis: number;
    }
  | { readonly kind: "respond"; readonly port: number; readonly size: number };

export type WorkerOrder =
  | { readonly kind: "task"; readonly task: WorkerTask }
  | { readonly kind: "go" }
  /** A subscriber's whole expectation: messages over all its connections (a queue group shares them). */
  | { readonly kind: "expect"; readonly messages: number }
  | { readonly kind: "end" };

export type WorkerReport =
  | { readonly kind: "ready" }
  | { readonly kind: "published"; readonly messages: number; readonly millis: number }
  | { readonly kind: "received"; readonly messages: number; readonly faults: number }
  | { readonly kind: "answered"; readonly latencies: readonly number[]; readonly count: number }
  | { readonly kind: "cpu"; readonly micros: number }
  | { readonly kind: "failed"; readonly why: string };

const encoder: TextEncoder = new TextEncoder();
const ping: Buffer = Buffer.from("PING\r\n");
const pong: Buffer = Buffer.from("PONG\r\n");
const stallMillis = 4000;

function report(message: WorkerReport): void {
  process.send?.(message);
}

/** A socket whose writes wait for room, and whose PONGs can be awaited. */
class Line {
  readonly onData: (chunk: Uint8Array) => void;
  #socket: Bun.Socket | null = null;
  #rest: Uint8Array = new Uint8Array(0);
  #onRoom: (() => void) | null = null;
  #greeting = "";
  #onPong: (() => void) | null = null;
  #isOpen = false;

  private constructor(onData: (chunk: Uint8Array) => void) {
    this.onData = onData;
  }

  static async open(port: number, onData: (chunk: Uint8Array) => void): Promise<Line> {
    const line = new Line(onData);
    await line.#dial(port);
    await line.handshake('CONNECT {"verbose":false,"headers":true,"no_responders":true}\r\n');
    return line;
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
            report({ kind: "failed", why: "the server closed a connection" });
          }
        },
      },
    });
    this.#socket.setNoDelay(true);
  }

  #take(chunk: Uint8Array): void {
    if (this.#isOpen && this.#onPong === null) {
      this.onData(chunk);
      return;
    }
    if (this.#isOpen && holdsPong(chunk)) {
      this.#onPong?.();
      return;
    }
    this.#greeting += new TextDecoder().decode(chunk);
    if (this.#greeting.endsWith("PONG\r\n")) {
      this.#greeting = "";
      this.#onPong?.();
    }
  }

  /** Sends this and a PING, and waits for the PONG. */
  async handshake(text: string): Promise<void> {
    this.#isOpen = false;
    const answered = Promise.withResolvers<void>();
    this.#onPong = answered.resolve;
    this.write(encoder.encode(`${text}PING\r\n`));
    await answered.promise;
    this.#onPong = null;
    this.#isOpen = true;
  }

  /** After all that was written: the server has handled it. Data that comes meanwhile is not counted. */
  async settle(): Promise<void> {
    const answered = Promise.withResolvers<void>();
    this.#onPong = answered.resolve;
    this.write(encoder.encode("PING\r\n"));
    await answered.promise;
    this.#onPong = null;
  }

  /** False when there is no room: `onRoom` is called once when there is. */
  write(bytes: Uint8Array, onRoom: (() => void) | null = null): boolean {
    const taken = this.#rest.length > 0 ? 0 : (this.#socket?.write(bytes) ?? 0);
    if (taken === bytes.length) {
      return true;
    }
    const rest = bytes.subarray(Math.max(0, taken));
    this.#rest = this.#rest.length === 0 ? rest : Buffer.concat([this.#rest, rest]);
    this.#onRoom = onRoom;
    return false;
  }

  #drain(): void {
    if (this.#rest.length > 0) {
      const taken = this.#socket?.write(this.#rest) ?? 0;
      this.#rest = this.#rest.subarray(Math.max(0, taken));
    }
    if (this.#rest.length === 0) {
      const onRoom = this.#onRoom;
      this.#onRoom = null;
      onRoom?.();
    }
  }

  close(): void {
    this.#isOpen = false;
    this.#socket?.terminate();
  }
}

function holdsPong(chunk: Uint8Array): boolean {
  return chunk.length < 4096 && asBuffer(chunk).includes("PONG\r\n");
}

function asBuffer(chunk: Uint8Array): Buffer {
  return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
}

function closeAll(lines: readonly Line[]): void {
  for (const line of lines) {
    line.close();
  }
}

interface Job {
  go(): Promise<void>;
  expect(messages: number): Promise<void>;
  close(): void;
}

/** Sends batches until the time is over, then waits until the server has taken them all. */
async function publishOn(line: Line, batches: readonly Batch[], until: number): Promise<number> {
  let messages = 0;
  let next = 0;
  while (performance.now() < until) {
    const batch = batches[next % batches.length];
    if (batch === undefined) {
      break;
    }
    next += 1;
    messages += batch.count;
    const room = Promise.withResolvers<void>();
    if (!line.write(batch.bytes, room.resolve)) {
      await room.promise;
    }
  }
  await line.settle();
  return messages;
}

async function publisher(task: WorkerTask & { kind: "publish" }): Promise<Job> {
  const batches = buildBatches(task.shape);
  const lines = await Promise.all(
    Array.from({ length: task.connections }, () => Line.open(task.port, () => undefined)),
  );
  return {
    go: async () => {
      const start = performance.now();
      const counts = await Promise.all(
        lines.map((line) => publishOn(line, batches, start + task.millis)),
      );
      const messages = counts.reduce((sum, count) => sum + count, 0);
      report({ kind: "published", messages, millis: performance.now() - start });
    },
    expect: async () => undefined,
    close: () => closeAll(lines),
  };
}

/**
 * Counts bytes of equal frames. In each chunk one look at where the last frame must begin shows whether the server's
 * PING came between (then it is answered and not counted) or something is wrong; with `checks` the first whole frame of
 * each chunk is compared with the one due.
 */
class Counter {
  bytes = 0;
  faults = 0;
  onPing: () => void = () => undefined;
  readonly frameLength: number;
  readonly #shape: FrameShape;
  readonly #checks: boolean;
  readonly #round: number;
  readonly #firstByte: number;
  readonly #due: Map<number, Uint8Array> = new Map();
  #tail: Uint8Array = new Uint8Array(0);

  constructor(shape: FrameShape, checks: boolean) {
    this.#shape = shape;
    this.#checks = checks;
    const frame = encoder.encode(deliveredFrame(shape, 0));
    this.frameLength = frame.length;
    this.#firstByte = frame[0] ?? 0;
    this.#round = roundLength(shape);
  }

  take(chunk: Uint8Array): void {
    const end = this.bytes + chunk.length;
    const lastStart = chunk.length - (end % this.frameLength);
    if (lastStart >= 0 && lastStart < chunk.length && chunk[lastStart] !== this.#firstByte) {
      this.#explain(chunk, lastStart);
      return;
    }
    if (this.#checks) {
      const into = this.bytes % this.frameLength;
      const start = into === 0 ? 0 : this.frameLength - into;
      if (start + this.frameLength <= chunk.length) {
        this.#compare(chunk.subarray(start, start + this.frameLength), this.bytes + start);
      }
    }
    this.bytes = end;
    this.#tail = chunk.subarray(-ping.length);
  }

  #explain(chunk: Uint8Array, lastStart: number): void {
    const both = Buffer.concat([this.#tail, chunk]);
    this.bytes += chunk.length;
    this.#tail = chunk.subarray(-ping.length);
    if (both.includes(ping)) {
      this.bytes -= ping.length;
      this.onPing();
      return;
    }
    const rest = asBuffer(chunk).subarray(lastStart);
    if (rest.length >= ping.length || !ping.subarray(0, rest.length).equals(rest)) {
      this.faults += 1;
    }
  }

  #compare(frame: Uint8Array, offset: number): void {
    const sequence = (offset / this.frameLength) % this.#round;
    let due = this.#due.get(sequence);
    if (due === undefined) {
      due = encoder.encode(deliveredFrame(this.#shape, sequence));
      this.#due.set(sequence, due);
    }
    if (Buffer.compare(frame, due) !== 0) {
      this.faults += 1;
    }
  }
}

async function subscriber(task: WorkerTask & { kind: "subscribe" }): Promise<Job> {
  const counters = Array.from(
    { length: task.connections },
    () => new Counter(task.shape, task.checksOrder),
  );
  const lines = await Promise.all(
    counters.map(async (counter) => {
      const line = await Line.open(task.port, (chunk) => counter.take(chunk));
      counter.onPing = () => line.write(pong);
      return line;
    }),
  );
  const queue = task.queue === "" ? "" : ` ${task.queue}`;
  await Promise.all(lines.map((line) => line.handshake(`SUB ${task.subject}${queue} 1\r\n`)));
  const frameLength = counters[0]?.frameLength ?? 1;
  const total = (): number => counters.reduce((sum, counter) => sum + counter.bytes, 0);
  return {
    go: async () => undefined,
    expect: async (messages) => {
      const wanted = messages * frameLength;
      let last = total();
      let stalledAt = performance.now() + stallMillis;
      while (total() < wanted && performance.now() < stalledAt) {
        await Bun.sleep(1);
        if (total() !== last) {
          last = total();
          stalledAt = performance.now() + stallMillis;
        }
      }
      const torn = counters.filter((counter) => counter.bytes % frameLength !== 0).length;
      const faults = counters.reduce((sum, counter) => sum + counter.faults, torn);
      report({ kind: "received", messages: total() / frameLength, faults });
    },
    close: () => closeAll(lines),
  };
}

async function requester(task: WorkerTask & { kind: "request" }): Promise<Job> {
  const latencies: number[] = [];
  let until = 0;
  let count = 0;
  const body = "x".repeat(task.size);
  const finished: Promise<void>[] = [];
  const starters: (() => void)[] = [];
  const lines = await Promise.all(
    Array.from({ length: task.connections }, async (_, at) => {
      const inbox = `_INBOX.${String(at).padStart(5, "0")}`;
      const frame = encoder.encode(`PUB bench.ask ${inbox} ${task.size}\r\n${body}\r\n`);
      const wanted = `MSG ${inbox} 1 ${task.size}\r\n${body}\r\n`.length;
      const over = Promise.withResolvers<void>();
      finished.push(over.promise);
      let bytes = 0;
      let sentAt = 0;
      const line: Line = await Line.open(task.port, (chunk) => {
        bytes += chunk.length;
        if (asBuffer(chunk).subarray(-ping.length).equals(ping)) {
          bytes -= ping.length;
          line.write(pong);
        }
        if (bytes < wanted) {
          return;
        }
        bytes = 0;
        const now = performance.now();
        latencies.push(now - sentAt);
        count += 1;
        if (now >= until) {
          over.resolve();
          return;
        }
        sentAt = now;
        line.write(frame);
      });
      starters.push(() => {
        sentAt = performance.now();
        line.write(frame);
      });
      await line.handshake(`SUB ${inbox} 1\r\n`);
      return line;
    }),
  );
  return {
    go: async () => {
      until = performance.now() + task.millis;
      for (const start of starters) {
        start();
      }
      await Promise.race([Promise.all(finished), Bun.sleep(task.millis + stallMillis)]);
      report({ kind: "answered", latencies, count });
    },
    expect: async () => undefined,
    close: () => closeAll(lines),
  };
}

/** Answers each request with its own size of payload; requests have fixed lengths, so replies lie at fixed places. */
async function responder(task: WorkerTask & { kind: "respond" }): Promise<Job> {
  const body = "x".repeat(task.size);
  const tail = ` ${task.size}\r\n${body}\r\n`;
  const replyAt = "MSG bench.ask 1 ".length;
  const replyLength = "_INBOX.00000".length;
  const frameLength = replyAt + replyLength + tail.length;
  let held: Uint8Array = new Uint8Array(0);
  const line: Line = await Line.open(task.port, (chunk) => {
    const bytes = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
    const parts: string[] = [];
    let at = 0;
    while (at + ping.length <= bytes.length) {
      if (bytes[at] === ping[0]) {
        line.write(pong);
        at += ping.length;
      } else if (at + frameLength <= bytes.length) {
        const reply = Buffer.from(bytes.buffer, bytes.byteOffset + at + replyAt, replyLength);
        parts.push("PUB ", reply.toString("latin1"), tail);
        at += frameLength;
      } else {
        break;
      }
    }
    held = bytes.subarray(at);
    if (parts.length > 0) {
      line.write(Buffer.from(parts.join(""), "latin1"));
    }
  });
  await line.handshake("SUB bench.ask 1\r\n");
  return {
    go: async () => undefined,
    expect: async () => undefined,
    close: () => line.close(),
  };
}

async function begin(task: WorkerTask): Promise<Job> {
  switch (task.kind) {
    case "publish":
      return await publisher(task);
    case "subscribe":
      return await subscriber(task);
    case "request":
      return await requester(task);
    default:
      return await responder(task);
  }
}

let job: Job | null = null;
let cpuAtGo: NodeJS.CpuUsage = process.cpuUsage();

async function obey(order: WorkerOrder): Promise<void> {
  switch (order.kind) {
    case "task":
      job = await begin(order.task);
      report({ kind: "ready" });
      return;
    case "go":
      cpuAtGo = process.cpuUsage();
      await job?.go();
      return;
    case "expect":
      await job?.expect(order.messages);
      return;
    default: {
      const used = process.cpuUsage(cpuAtGo);
      report({ kind: "cpu", micros: used.user + used.system });
      job?.close();
      job = null;
    }
  }
}

if (import.meta.main) {
  process.on("message", (order: WorkerOrder) => {
    obey(order).catch((error: unknown) => report({ kind: "failed", why: String(error) }));
  });
}
