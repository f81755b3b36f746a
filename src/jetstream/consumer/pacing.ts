// When the next message may leave, beside everything else: not faster than a rate, and, where old times are replayed,
// as far apart as the messages were stored. Time is passed in.

const bitsPerByte = 8;
const millisPerSecond = 1000;
const microsPerMilli = 1000;

export class Pacing {
  #bytesPerMilli = 0;
  #burst = 0;
  /** Bytes that may leave at once. */
  #allowance = 0;
  #filledAt = 0;
  #replaysUpTo = 0;
  #lastMicros = 0;
  #lastSentAt = 0;

  /** 0 is as fast as it goes. `burst`: so many bytes may leave at once. */
  setRate(bitsPerSecond: number, burst: number, now: number): void {
    this.#bytesPerMilli = Math.floor(bitsPerSecond / bitsPerByte) / millisPerSecond;
    this.#burst = burst;
    this.#allowance = burst;
    this.#filledAt = now;
  }

  /** Messages up to here come as far apart as they were stored; 0 is none. */
  replayUpTo(sequence: number): void {
    this.#replaysUpTo = sequence;
    this.#lastMicros = 0;
  }

  /** How many milliseconds the message has to wait yet. */
  waitFor(sequence: number, timeMicros: number, size: number, now: number): number {
    return Math.max(this.#replayWait(sequence, timeMicros, now), this.#rateWait(size, now));
  }

  sent(timeMicros: number, size: number, now: number): void {
    this.#allowance -= size;
    this.#lastMicros = timeMicros;
    this.#lastSentAt = now;
  }

  #replayWait(sequence: number, timeMicros: number, now: number): number {
    if (this.#replaysUpTo === 0) {
      return 0;
    }
    if (sequence > this.#replaysUpTo) {
      this.#replaysUpTo = 0;
      return 0;
    }
    const apart = (timeMicros - this.#lastMicros) / microsPerMilli;
    return this.#lastMicros === 0 || apart <= 1 ? 0 : this.#lastSentAt + apart - now;
  }

  #rateWait(size: number, now: number): number {
    if (this.#bytesPerMilli === 0) {
      return 0;
    }
    const filled = this.#allowance + (now - this.#filledAt) * this.#bytesPerMilli;
    this.#allowance = Math.min(this.#burst, filled);
    this.#filledAt = now;
    // A message larger than the burst leaves when nothing left before it.
    return (Math.min(size, this.#burst) - this.#allowance) / this.#bytesPerMilli;
  }
}
