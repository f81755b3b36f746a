// Header blocks that tell where a stored message stands (ADR-31, ADR-28): its stream, subject, sequence, time. Written as
// bytes into memory that is reused; what a message brings itself stands before them.

import { utf8Bytes } from "../../base/bytes.ts";
import { goTime } from "../../base/go-time.ts";
import { digitsOf, writeDigits } from "./digits.ts";

const firstCapacity = 512;
const noBytes: Uint8Array = new Uint8Array(0);
const lineEnd: Uint8Array = utf8Bytes("\r\n");
const bareBlock: Uint8Array = utf8Bytes("NATS/1.0\r\n");
const subjectKey: Uint8Array = utf8Bytes("Nats-Subject: ");
const sequenceKey: Uint8Array = utf8Bytes("Nats-Sequence: ");
const timeKey: Uint8Array = utf8Bytes("Nats-Time-Stamp: ");

const secondsPerDay = 86_400;
const microsPerSecond = 1_000_000;
const nanosPerDay = 86_400_000_000_000n;

export class MessageFacts {
  bytes: Uint8Array = noBytes;
  length = 0;
  readonly #streamLine: Uint8Array;
  /** "2026-07-01T" of the day that was written last. */
  #day = Number.NaN;
  #dayText: Uint8Array = noBytes;

  constructor(stream: string) {
    this.#streamLine = utf8Bytes(`Nats-Stream: ${stream}\r\n`);
  }

  /** The block, valid until the next one is begun. */
  get block(): Uint8Array {
    return this.bytes.subarray(0, this.length);
  }

  /** With the message's own headers, or none. */
  begin(headerBytes: Uint8Array, start: number, length: number): void {
    this.length = 0;
    const own = length - lineEnd.length;
    if (own > 0) {
      this.append(headerBytes, start, own);
    } else {
      this.append(bareBlock, 0, bareBlock.length);
    }
    this.append(this.#streamLine, 0, this.#streamLine.length);
  }

  subject(bytes: Uint8Array, start: number, length: number): void {
    this.append(subjectKey, 0, subjectKey.length);
    this.append(bytes, start, length);
    this.append(lineEnd, 0, lineEnd.length);
  }

  subjectText(subject: string): void {
    this.append(subjectKey, 0, subjectKey.length);
    this.#reserve(subject.length);
    for (let at = 0; at < subject.length; at++) {
      this.bytes[this.length++] = subject.charCodeAt(at);
    }
    this.append(lineEnd, 0, lineEnd.length);
  }

  sequence(sequence: number): void {
    this.append(sequenceKey, 0, sequenceKey.length);
    this.#number(sequence);
    this.append(lineEnd, 0, lineEnd.length);
  }

  time(micros: number, restNanos: number): void {
    this.append(timeKey, 0, timeKey.length);
    this.#time(micros, restNanos);
    this.append(lineEnd, 0, lineEnd.length);
  }

  /** Any other line; `key` with its colon and blank. */
  line(key: string, value: number): void {
    const bytes = utf8Bytes(key);
    this.append(bytes, 0, bytes.length);
    this.#number(value);
    this.append(lineEnd, 0, lineEnd.length);
  }

  end(): void {
    this.append(lineEnd, 0, lineEnd.length);
  }

  append(bytes: Uint8Array, start: number, length: number): void {
    this.#reserve(length);
    const to = this.bytes;
    let at = this.length;
    for (let from = start; from < start + length; from++) {
      to[at++] = bytes[from] ?? 0;
    }
    this.length = at;
  }

  #reserve(length: number): void {
    if (this.length + length > this.bytes.length) {
      const wider = new Uint8Array(Math.max(firstCapacity, (this.length + length) * 2));
      wider.set(this.block);
      this.bytes = wider;
    }
  }

  #number(value: number): void {
    this.#padded(value, digitsOf(value));
  }

  #padded(value: number, digits: number): void {
    this.#reserve(digits);
    writeDigits(this.bytes, this.length, digits, value);
    this.length += digits;
  }

  /** RFC 3339 in UTC with as many decimals as it takes. */
  #time(micros: number, restNanos: number): void {
    const seconds = Math.floor(micros / microsPerSecond);
    const day = Math.floor(seconds / secondsPerDay);
    if (day !== this.#day) {
      this.#day = day;
      const midnight = goTime(BigInt(day) * nanosPerDay);
      this.#dayText = utf8Bytes(midnight.slice(0, midnight.indexOf("T") + 1));
    }
    const ofDay = seconds - day * secondsPerDay;
    this.append(this.#dayText, 0, this.#dayText.length);
    this.#padded(Math.floor(ofDay / 3600), 2);
    this.#sign(0x3a);
    this.#padded(Math.floor(ofDay / 60) % 60, 2);
    this.#sign(0x3a);
    this.#padded(ofDay % 60, 2);
    this.#decimals((micros - seconds * microsPerSecond) * 1000 + restNanos);
    this.#sign(0x5a);
  }

  #decimals(nanos: number): void {
    if (nanos === 0) {
      return;
    }
    let digits = 9;
    let left = nanos | 0;
    while (left % 10 === 0) {
      left = (left / 10) | 0;
      digits--;
    }
    this.#sign(0x2e);
    this.#padded(left, digits);
  }

  #sign(byte: number): void {
    this.#reserve(1);
    this.bytes[this.length++] = byte;
  }
}
