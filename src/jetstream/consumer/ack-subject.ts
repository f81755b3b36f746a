// The subject under which a delivered message is acknowledged: what the client needs to know of the message stands in
// it, as numbers between dots. Written and read as bytes, without strings.
//
//   $JS.ACK.<stream>.<consumer>.<deliveries>.<stream seq>.<consumer seq>.<nanoseconds>.<pending>
//   $JS.ACK.<domain>.<account hash>.<stream>.<consumer>.<the same five>
//
// In the longer form "_" stands for no domain, and more tokens may follow.

import type { MessageView } from "../store/message-view.ts";
import { latinBytes } from "./latin-bytes.ts";

const dot = 0x2e;
const zero = 0x30;
/** Five numbers of at most 20 digits, and their dots. */
const numbersRoom = 5 * 21;
const halfDigits = 8;
const halfWeight = 100_000_000;
const microDigits = 3;

interface LowDigits {
  readonly digits: number;
  readonly weight: number;
}

const sequenceLow: LowDigits = { digits: 2, weight: 100 };
const timeLow: LowDigits = { digits: halfDigits, weight: halfWeight };

export interface AckSubjectParts {
  readonly stream: string;
  readonly consumer: string;
  readonly domain: string;
  readonly accountHash: string;
  readonly namesDomain: boolean;
}

export class AckSubject {
  /** The whole subject as written last, from 0 to `length`. */
  readonly bytes: Uint8Array;
  readonly #prefixLength: number;
  readonly #sequence: NumberText = new NumberText();
  readonly #consumerSequence: NumberText = new NumberText();
  readonly #time: NumberText = new NumberText();
  readonly #pending: NumberText = new NumberText();
  #length = 0;

  constructor(parts: AckSubjectParts) {
    const prefix = latinBytes(ackPrefix(parts));
    this.bytes = new Uint8Array(prefix.length + numbersRoom);
    this.bytes.set(prefix);
    this.#prefixLength = prefix.length;
  }

  get length(): number {
    return this.#length;
  }

  write(message: MessageView, deliveries: number, consumerSequence: number, pending: number): void {
    const { bytes } = this;
    let at = writeNumber(bytes, this.#prefixLength, deliveries);
    bytes[at] = dot;
    at = this.#sequence.write(bytes, at + 1, message.sequence, sequenceLow);
    bytes[at] = dot;
    at = this.#consumerSequence.write(bytes, at + 1, consumerSequence, sequenceLow);
    bytes[at] = dot;
    at = this.#time.write(bytes, at + 1, message.timeMicros, timeLow);
    at = writePadded(bytes, at, message.restNanos, microDigits);
    bytes[at] = dot;
    this.#length = this.#pending.write(bytes, at + 1, pending, sequenceLow);
  }
}

/** One of the numbers, as it stands there since the last message: of the next one mostly the last digits differ. */
class NumberText {
  #start = -1;
  #end = 0;
  /** The number with zeros for its low digits; none while there are no others. */
  #base = Number.POSITIVE_INFINITY;

  /** Gives where it ends. `low` is how many digits are always written, the same at every call. */
  write(bytes: Uint8Array, start: number, value: number, low: LowDigits): number {
    const rest = value - this.#base;
    if (rest >= 0 && rest < low.weight && start === this.#start) {
      return writePadded(bytes, this.#end - low.digits, rest, low.digits);
    }
    const high = Math.floor(value / low.weight);
    this.#base = high > 0 ? high * low.weight : Number.POSITIVE_INFINITY;
    this.#start = start;
    this.#end = writeNumber(bytes, start, value);
    return this.#end;
  }
}

/** What stands before the numbers. */
export function ackPrefix(parts: AckSubjectParts): string {
  return `$JS.ACK.${ackTokens(parts)}.`;
}

/** What is subscribed to hear acknowledgements of the form. */
export function ackPattern(parts: AckSubjectParts): string {
  return `${ackPrefix(parts)}*.*.*.*.${parts.namesDomain ? ">" : "*"}`;
}

export function flowControlPrefix(parts: AckSubjectParts): string {
  return `$JS.FC.${ackTokens(parts)}.`;
}

function ackTokens(parts: AckSubjectParts): string {
  const asset = `${parts.stream}.${parts.consumer}`;
  const domain = parts.domain === "" ? "_" : parts.domain;
  return parts.namesDomain ? `${domain}.${parts.accountHash}.${asset}` : asset;
}

/** Which message an acknowledgement means. One object reads all. */
export class AckNumbers {
  deliveries = 0;
  streamSequence = 0;
  consumerSequence = 0;
  #bytes: Uint8Array = new Uint8Array(0);
  #at = 0;
  #end = 0;

  /** False when the subject says none: `start` is where its numbers begin. */
  read(bytes: Uint8Array, start: number, end: number): boolean {
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
    this.deliveries = this.#number();
    this.streamSequence = this.#number();
    this.consumerSequence = this.#number();
    return this.deliveries >= 0 && this.streamSequence > 0 && this.consumerSequence >= 0;
  }

  /** -1 is none. Ends behind the next dot. */
  #number(): number {
    const bytes = this.#bytes;
    const end = this.#end;
    let at = this.#at;
    let value = 0;
    for (; at < end; at++) {
      const byte = bytes[at] ?? 0;
      if (byte === dot) {
        break;
      }
      const digit = byte - zero;
      if (digit < 0 || digit > 9) {
        value = Number.NaN;
      }
      value = value * 10 + digit;
    }
    const isEmpty = at === this.#at;
    this.#at = at + 1;
    return isEmpty || !(value <= Number.MAX_SAFE_INTEGER) ? -1 : value;
  }
}

/** Gives where it ends. A whole number, 0 or above. */
function writeNumber(bytes: Uint8Array, start: number, value: number): number {
  if (value >= halfWeight) {
    const high = Math.floor(value / halfWeight);
    const at = writeNumber(bytes, start, high);
    return writePadded(bytes, at, value - high * halfWeight, halfDigits);
  }
  let rest = value | 0;
  let digits = 1;
  for (let bound = 10; rest >= bound; bound *= 10) {
    digits++;
  }
  const end = start + digits;
  for (let at = end - 1; at >= start; at--) {
    const tenth = (rest / 10) | 0;
    bytes[at] = zero + rest - tenth * 10;
    rest = tenth;
  }
  return end;
}

function writePadded(bytes: Uint8Array, start: number, value: number, digits: number): number {
  let rest = value | 0;
  for (let at = start + digits - 1; at >= start; at--) {
    const tenth = (rest / 10) | 0;
    bytes[at] = zero + rest - tenth * 10;
    rest = tenth;
  }
  return start + digits;
}
