// A file of the simulated disk: what it reads as now, what of it is durable, and all that was done to it in between. When
// the power goes each sector keeps any state it had since the last sync.

import type { SimulatedRandom } from "./simulated-random.ts";

export const sectorBytes = 512;

interface Write {
  readonly position: number;
  readonly bytes: Uint8Array;
}

/** Cuts or lengthens the file. */
interface Cut {
  readonly length: number;
}

type Operation = Write | Cut;

export class SimulatedFile {
  #bytes: Uint8Array = new Uint8Array(0);
  #size = 0;
  #durable: Uint8Array = new Uint8Array(0);
  /** Since the last sync that succeeded. */
  readonly #operations: Operation[] = [];
  /** How many operations were made durable before those. */
  #settled = 0;
  /** A sync failed: what was written by then may never reach the disk, whatever later syncs say. */
  #isBroken = false;

  static durable(bytes: Uint8Array): SimulatedFile {
    const file = new SimulatedFile();
    file.#bytes = bytes.slice();
    file.#size = bytes.length;
    file.#durable = bytes;
    return file;
  }

  get size(): number {
    return this.#size;
  }

  get contents(): Uint8Array {
    return this.#bytes.slice(0, this.#size);
  }

  /** What a sync that begins now will cover. */
  get mark(): number {
    return this.#settled + this.#operations.length;
  }

  read(into: Uint8Array, start: number, length: number, position: number): number {
    const count = Math.max(0, Math.min(length, this.#size - position));
    into.set(this.#bytes.subarray(position, position + count), start);
    return count;
  }

  write(bytes: Uint8Array, position: number): void {
    this.#do({ position, bytes: bytes.slice() });
  }

  truncate(length: number): void {
    this.#do({ length });
  }

  /** A sync that began at `mark` succeeded. */
  synced(mark: number): void {
    const count = mark - this.#settled;
    if (count <= 0 || this.#isBroken) {
      return;
    }
    const [bytes, size] = this.#after(count);
    this.#durable = bytes.slice(0, size);
    this.#operations.splice(0, count);
    this.#settled = mark;
  }

  syncFailed(): void {
    this.#isBroken = true;
  }

  /** What is found after a loss of power. */
  afterPowerLoss(random: SimulatedRandom): SimulatedFile {
    const count = this.#operations.length;
    if (count === 0) {
      return SimulatedFile.durable(this.#durable);
    }
    const size = this.#after(random.below(count + 1))[1];
    const found = new Uint8Array(size);
    // Once in a while whole files make it, or nothing of them.
    const fixed = random.pick([0, count, -1, -1, -1, -1]);
    const states = new Map<number, Uint8Array>();
    for (let sector = 0; sector * sectorBytes < size; sector++) {
      const kept = fixed >= 0 ? fixed : random.below(count + 1);
      const state = states.get(kept) ?? this.#after(kept)[0];
      states.set(kept, state);
      const start = sector * sectorBytes;
      found.set(state.subarray(start, Math.min(start + sectorBytes, size)), start);
    }
    return SimulatedFile.durable(found);
  }

  #do(operation: Operation): void {
    this.#operations.push(operation);
    [this.#bytes, this.#size] = applied(this.#bytes, this.#size, operation);
  }

  /** Contents and size with the first operations done. */
  #after(count: number): readonly [Uint8Array, number] {
    let bytes: Uint8Array = this.#durable.slice();
    let size = this.#durable.length;
    for (const operation of this.#operations.slice(0, count)) {
      [bytes, size] = applied(bytes, size, operation);
    }
    return [bytes, size];
  }
}

function applied(
  before: Uint8Array,
  size: number,
  operation: Operation,
): readonly [Uint8Array, number] {
  if ("length" in operation) {
    const { length } = operation;
    const bytes = grown(before, length);
    bytes.fill(0, length);
    return [bytes, length];
  }
  const end = operation.position + operation.bytes.length;
  const bytes = grown(before, end);
  bytes.set(operation.bytes, operation.position);
  return [bytes, Math.max(size, end)];
}

function grown(bytes: Uint8Array, least: number): Uint8Array {
  if (bytes.length >= least) {
    return bytes;
  }
  const larger = new Uint8Array(Math.max(least, bytes.length * 2));
  larger.set(bytes);
  return larger;
}
