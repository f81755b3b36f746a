// Prebuilt bytes for the load generator: batches of publishes whose every frame has the same length, so that a receiver
// can count and check by length alone. It knows no sockets.

export interface FrameShape {
  readonly size: number;
  /** How many subjects the publishes go round; their names have equal lengths. */
  readonly subjects: number;
  readonly hasHeaders: boolean;
  readonly hasReply: boolean;
}

const encoder: TextEncoder = new TextEncoder();
const headerBlock = "NATS/1.0\r\nBench-Key: some value\r\n\r\n";
const replySubject = "bench.reply";
/** Sequence numbers in payloads go round at this; a power of ten, written with four digits. */
export const sequenceModulus = 10_000;
const batchBytes = 128 * 1024;

export function subjectOf(index: number): string {
  return `bench.s${String(index).padStart(6, "0")}`;
}

function payloadOf(sequence: number, size: number): string {
  return String(sequence % sequenceModulus)
    .padStart(4, "0")
    .padEnd(size, "x")
    .slice(0, size);
}

function publishFrame(shape: FrameShape, sequence: number): string {
  const subject = subjectOf(sequence % shape.subjects);
  const reply = shape.hasReply ? ` ${replySubject}` : "";
  const payload = payloadOf(sequence, shape.size);
  if (!shape.hasHeaders) {
    return `PUB ${subject}${reply} ${shape.size}\r\n${payload}\r\n`;
  }
  const total = headerBlock.length + shape.size;
  return `HPUB ${subject}${reply} ${headerBlock.length} ${total}\r\n${headerBlock}${payload}\r\n`;
}

/** What a subscriber with a one-digit sid gets for a publish; every one has this length. */
export function deliveredFrame(shape: FrameShape, sequence: number): string {
  const subject = subjectOf(sequence % shape.subjects);
  const reply = shape.hasReply ? ` ${replySubject}` : "";
  const payload = payloadOf(sequence, shape.size);
  if (!shape.hasHeaders) {
    return `MSG ${subject} 1${reply} ${shape.size}\r\n${payload}\r\n`;
  }
  const total = headerBlock.length + shape.size;
  return `HMSG ${subject} 1${reply} ${headerBlock.length} ${total}\r\n${headerBlock}${payload}\r\n`;
}

export interface Batch {
  readonly bytes: Uint8Array;
  readonly count: number;
}

/** Batches that together hold whole rounds of sequence numbers and subjects, to be sent over and over. */
export function buildBatches(shape: FrameShape): readonly Batch[] {
  const frameLength = publishFrame(shape, 0).length;
  const perBatch = Math.max(1, Math.floor(batchBytes / frameLength));
  const rounds = roundLength(shape);
  const batches: Batch[] = [];
  for (let first = 0; first < rounds; first += perBatch) {
    const count = Math.min(perBatch, rounds - first);
    const parts: string[] = [];
    for (let at = 0; at < count; at += 1) {
      parts.push(publishFrame(shape, first + at));
    }
    batches.push({ bytes: encoder.encode(parts.join("")), count });
  }
  return batches;
}

/** Large frames do not need all sequence numbers prebuilt: a divisor of the modulus keeps memory small. */
export function roundLength(shape: FrameShape): number {
  if (shape.subjects > 1) {
    return Math.max(shape.subjects, sequenceModulus);
  }
  const most = Math.max(1, Math.floor((32 * 1024 * 1024) / (shape.size + 64)));
  return [10_000, 1000, 100, 10, 1].find((count) => count <= most) ?? 1;
}
