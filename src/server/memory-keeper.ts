// Keeps the process small: outbox memory that idles goes back to the system, and garbage is collected in time. The runtime
// counts the fabric's reserved addresses as live heap and would wait for gigabytes of garbage before it collects.

import type { Host } from "../ports/host.ts";
import type { Fabric } from "../wasm/fabric.ts";

/** Outbox memory that was idle for so long is given up. */
const idleMillis = 2000;
const garbageMillis = 250;
/** Garbage is collected when the process grew by so much since it was smallest. */
const growthBytes: number = 32 * 1024 * 1024;
/** Collecting stops the program, by milliseconds with a small heap: it may take this share of the time. */
const collectingShare = 1 / 50;

export class MemoryKeeper implements Disposable {
  readonly #host: Host;
  readonly #timers: DisposableStack = new DisposableStack();
  #smallest: number;
  /** Of the monotonic clock: when collecting is affordable again. */
  #nextMillis = 0;

  constructor(host: Host, fabric: Fabric) {
    const { timers, memory, process } = host;
    this.#host = host;
    this.#smallest = process.residentBytes();
    this.#timers.use(
      timers.every(idleMillis, () =>
        fabric.releaseIdle((bytes, offset, length) => memory.release(bytes, offset, length)),
      ),
    );
    this.#timers.use(timers.every(garbageMillis, () => this.#watchGrowth()));
  }

  #watchGrowth(): void {
    const { process, clock, memory } = this.#host;
    const bytes = process.residentBytes();
    if (bytes < this.#smallest) {
      this.#smallest = bytes;
    }
    const began = clock.monotonicMillis();
    if (bytes - this.#smallest > growthBytes && began >= this.#nextMillis) {
      memory.collect();
      const ended = clock.monotonicMillis();
      this.#nextMillis = ended + (ended - began) / collectingShare;
      // What is left was no garbage: growth counts from here.
      this.#smallest = process.residentBytes();
    }
  }

  [Symbol.dispose](): void {
    this.#timers.dispose();
  }
}
