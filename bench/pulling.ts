// Keeps a request waiting at each of many pull consumers, acknowledges what comes, and asks again when a request is used
// up. It counts messages, and looks at nothing in them.

import { type Frame, Wire } from "./wire.ts";

const blank = 32;
const letterDollar = 0x24;

export interface PullTask {
  readonly port: number;
  readonly stream: string;
  readonly consumers: readonly string[];
  readonly batch: number;
  readonly acknowledges: boolean;
}

export class Pulling {
  readonly #wire: Wire;
  readonly #task: PullTask;
  readonly #left: Int32Array;
  readonly #answers: Buffer = Buffer.alloc(1 << 20);
  #answersEnd = 0;
  #isFlushDue = false;
  received = 0;
  statuses = 0;

  private constructor(wire: Wire, task: PullTask) {
    this.#wire = wire;
    this.#task = task;
    this.#left = new Int32Array(task.consumers.length);
  }

  static async start(task: PullTask): Promise<Pulling> {
    const pulling = new Pulling(await Wire.open(task.port), task);
    const wire = pulling.#wire;
    wire.onFrame = (frame): void => pulling.#onFrame(frame);
    for (const [at] of task.consumers.entries()) {
      wire.write(`SUB _INBOX.pull.${at} ${at + 1}\r\n`);
      pulling.#ask(at);
    }
    pulling.#flush();
    await wire.settle();
    return pulling;
  }

  /** All acknowledgements are taken. */
  async end(): Promise<void> {
    this.#flush();
    await this.#wire.settle();
    this.#wire.close();
  }

  #ask(at: number): void {
    const { stream, consumers, batch } = this.#task;
    this.#left[at] = batch;
    const body = `{"batch":${batch},"expires":600000000000}`;
    const subject = `$JS.API.CONSUMER.MSG.NEXT.${stream}.${consumers[at]}`;
    const frame = `PUB ${subject} _INBOX.pull.${at} ${body.length}\r\n${body}\r\n`;
    this.#makeRoom(frame.length);
    this.#answersEnd += this.#answers.write(frame, this.#answersEnd, "latin1");
    this.#wantFlush();
  }

  #onFrame(frame: Frame): void {
    const { bytes, replyStart, replyEnd } = frame;
    if (bytes[replyStart] !== letterDollar) {
      this.statuses++;
      return;
    }
    this.received++;
    if (this.#task.acknowledges) {
      this.#acknowledge(bytes, replyStart, replyEnd);
    }
    const at = frame.sid - 1;
    const left = (this.#left[at] ?? 0) - 1;
    this.#left[at] = left;
    if (left === 0) {
      this.#ask(at);
    }
  }

  #acknowledge(bytes: Buffer, start: number, end: number): void {
    this.#makeRoom(end - start + 20);
    const answers = this.#answers;
    let at = this.#answersEnd;
    at += answers.write("PUB ", at, "latin1");
    at += bytes.copy(answers, at, start, end);
    answers[at++] = blank;
    at += answers.write("4\r\n+ACK\r\n", at, "latin1");
    this.#answersEnd = at;
    this.#wantFlush();
  }

  #makeRoom(length: number): void {
    if (this.#answersEnd + length > this.#answers.length) {
      this.#flush();
    }
  }

  #wantFlush(): void {
    if (!this.#isFlushDue) {
      this.#isFlushDue = true;
      queueMicrotask(() => this.#flush());
    }
  }

  #flush(): void {
    this.#isFlushDue = false;
    if (this.#answersEnd > 0) {
      this.#wire.write(this.#answers.subarray(0, this.#answersEnd));
      this.#answersEnd = 0;
    }
  }
}
