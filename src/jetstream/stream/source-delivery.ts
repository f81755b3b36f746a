// What the reply subject of a delivered message says of the delivery, read from its bytes without making strings.

import { digitsIn } from "./nats-headers.ts";

const dot = 0x2e;
const prefix = [0x24, 0x4a, 0x53, 0x2e, 0x41, 0x43, 0x4b, 0x2e];
/** $JS.ACK.<stream>.<consumer>.<deliveries>.<stream sequence>.<consumer sequence>.<time>.<pending> */
const tokenCount = 9;
/** With domain and account hash behind ACK, and perhaps more at the end. */
const longTokenCount = 11;
const mostTokens = 16;
/** Digits of a time in nanoseconds that are finer than microseconds. */
const restDigits = 3;

export class SourceDelivery {
  deliveries = 0;
  streamSequence = 0;
  consumerSequence = 0;
  timeMicros = 0;
  restNanos = 0;
  pending = 0;
  #bytes: Uint8Array = new Uint8Array(0);
  /** Where each token starts; behind the last one, where the next would. */
  readonly #starts: Int32Array = new Int32Array(mostTokens + 1);
  #consumer = 0;

  /** False: it is no reply of a delivery. */
  read(bytes: Uint8Array, start: number, length: number): boolean {
    const count = this.#split(bytes, start, start + length);
    if (count !== tokenCount && count < longTokenCount) {
      return false;
    }
    if (prefix.some((byte, at) => bytes[start + at] !== byte)) {
      return false;
    }
    this.#bytes = bytes;
    const offset = count === tokenCount ? 2 : 4;
    this.#consumer = offset + 1;
    this.deliveries = this.#number(offset + 2);
    this.streamSequence = this.#number(offset + 3);
    this.consumerSequence = this.#number(offset + 4);
    this.pending = this.#number(offset + 6);
    this.#readTime(offset + 5);
    return this.streamSequence > 0 && this.consumerSequence > 0;
  }

  /** `name` is byte text. */
  isOf(name: string): boolean {
    const start = this.#starts[this.#consumer] ?? 0;
    const end = (this.#starts[this.#consumer + 1] ?? 0) - 1;
    if (end - start !== name.length) {
      return false;
    }
    for (let at = 0; at < name.length; at++) {
      if (this.#bytes[start + at] !== name.charCodeAt(at)) {
        return false;
      }
    }
    return true;
  }

  #split(bytes: Uint8Array, start: number, end: number): number {
    const starts = this.#starts;
    let count = 1;
    starts[0] = start;
    for (let at = start; at < end; at++) {
      if (bytes[at] === dot) {
        if (count === mostTokens) {
          break;
        }
        starts[count++] = at + 1;
      }
    }
    starts[count] = end + 1;
    return count;
  }

  #number(token: number): number {
    return digitsIn(this.#bytes, this.#starts[token] ?? 0, (this.#starts[token + 1] ?? 0) - 1);
  }

  /** Nanoseconds do not fit a number: they are cut in two. */
  #readTime(token: number): void {
    const start = this.#starts[token] ?? 0;
    const end = (this.#starts[token + 1] ?? 0) - 1;
    const cut = Math.max(start, end - restDigits);
    this.timeMicros = Math.max(0, digitsIn(this.#bytes, start, cut));
    this.restNanos = Math.max(0, digitsIn(this.#bytes, cut, end));
  }
}
