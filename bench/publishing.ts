// Publishes to a stream with a window of unacknowledged messages, over a raw connection, as fast as acknowledgements come.

import type { Frame, Wire } from "./wire.ts";
import { Wire as RawWire } from "./wire.ts";

const stallMillis = 20_000;
const mostAtATime = 512;

export interface PublishTask {
  readonly port: number;
  readonly subjects: (at: number) => string;
  /** Subjects go round. */
  readonly subjectCount: number;
  readonly size: number;
  readonly messages: number;
  readonly inFlight: number;
}

export interface Published {
  readonly millis: number;
  /** Answers that were no acknowledgement, and messages without one. */
  readonly faults: number;
}

/** Frames of all subjects, one behind the other, twice, so that each stretch of them is one write. */
interface Round {
  readonly bytes: Uint8Array;
  readonly starts: Uint32Array;
}

function buildRound(task: PublishTask, inbox: string): Round {
  const body = "x".repeat(task.size);
  const count = task.subjectCount * Math.ceil(mostAtATime / task.subjectCount);
  const frames = Array.from({ length: count + mostAtATime }, (_, at) => {
    const subject = task.subjects(at % task.subjectCount);
    return `PUB ${subject} ${inbox} ${task.size}\r\n${body}\r\n`;
  });
  const starts = new Uint32Array(frames.length + 1);
  for (const [at, frame] of frames.entries()) {
    starts[at + 1] = (starts[at] ?? 0) + frame.length;
  }
  return { bytes: new TextEncoder().encode(frames.join("")), starts };
}

class Publisher {
  readonly #wire: Wire;
  readonly #task: PublishTask;
  readonly #round: Round;
  readonly #roundLength: number;
  readonly #over = Promise.withResolvers<void>();
  #sent = 0;
  #place = 0;
  answered = 0;
  faults = 0;

  constructor(wire: Wire, task: PublishTask, round: Round) {
    this.#wire = wire;
    this.#task = task;
    this.#round = round;
    this.#roundLength = round.starts.length - 1 - mostAtATime;
    wire.onFrame = (frame): void => this.#onAck(frame);
    wire.onRoom = (): void => this.#fill();
  }

  async run(): Promise<void> {
    let seen = -1;
    const watch = setInterval(() => {
      if (seen === this.answered) {
        this.#over.resolve();
      }
      seen = this.answered;
    }, stallMillis);
    this.#fill();
    await Promise.race([this.#over.promise, this.#wire.lost]);
    clearInterval(watch);
    this.faults += this.#task.messages - this.answered;
  }

  #fill(): void {
    const { messages, inFlight } = this.#task;
    const { bytes, starts } = this.#round;
    while (this.#wire.hasRoom) {
      const room = Math.min(
        inFlight - (this.#sent - this.answered),
        messages - this.#sent,
        mostAtATime,
      );
      if (room <= 0) {
        return;
      }
      this.#wire.write(bytes.subarray(starts[this.#place], starts[this.#place + room]));
      this.#sent += room;
      this.#place = (this.#place + room) % this.#roundLength;
    }
  }

  #onAck({ bytes, payloadStart, payloadEnd }: Frame): void {
    // {"stream":... is an acknowledgement, {"error":... and a status are none.
    if (bytes[payloadStart + 2] !== 0x73 || payloadEnd - payloadStart < 20) {
      this.faults++;
    }
    this.answered++;
    if (this.answered === this.#task.messages) {
      this.#over.resolve();
    } else if (this.answered === this.#sent || (this.answered & 0x3f) === 0) {
      this.#fill();
    }
  }
}

export async function publish(task: PublishTask): Promise<Published> {
  const wire = await RawWire.open(task.port);
  const inbox = `_INBOX.${crypto.randomUUID().replaceAll("-", "").slice(0, 22)}.a`;
  wire.write(`SUB ${inbox} 1\r\n`);
  await wire.settle();
  const publisher = new Publisher(wire, task, buildRound(task, inbox));
  const began = performance.now();
  await publisher.run();
  const millis = performance.now() - began;
  wire.close();
  return { millis, faults: publisher.faults };
}
