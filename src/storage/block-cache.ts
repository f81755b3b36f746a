// What was read from disk or written not long ago and is kept in memory within a limit: blocks of records and tables of
// segments. Whoever put something in gets it taken away again when others need the room; it knows nothing else of it.

import { BlockBuffers } from "./block-buffers.ts";
import type { BlockRoom } from "./block-room.ts";

/** The part of the limit that may be taken by large ones, beyond it. */
const largePart = 32;

export interface Cached {
  /** What it takes, roughly; must not change while it is in. */
  readonly cachedBytes: number;
  /** Set by who uses it: it then survives one more round. */
  wasUsed: boolean;
  /** Where the cache has it; -1 is nowhere. The cache's own. */
  cacheSlot: number;
  /** Soon read again, for what it takes: only a few of these are kept. */
  readonly isLarge: boolean;
  /** Not written yet: may not be taken away. */
  readonly isPinned: boolean;
  /** Its owner forgets it. */
  evict(): void;
}

export class BlockCache {
  readonly limitBytes: number;
  readonly buffers: BlockBuffers;
  readonly #usual: Ring;
  readonly #large: Ring;

  constructor(limitBytes: number, room: BlockRoom | null = null) {
    this.limitBytes = limitBytes;
    this.buffers = new BlockBuffers(room);
    this.#usual = new Ring(limitBytes);
    this.#large = new Ring(Math.floor(limitBytes / largePart));
  }

  get bytes(): number {
    return this.#usual.bytes + this.#large.bytes;
  }

  /** Once is enough: what it has already stays where it is. */
  add(entry: Cached): void {
    if (entry.cacheSlot < 0) {
      this.#ringOf(entry).add(entry);
    }
  }

  /** Its owner has no use for it any more. */
  remove(entry: Cached): void {
    if (entry.cacheSlot >= 0) {
      this.#ringOf(entry).remove(entry);
    }
  }

  #ringOf(entry: Cached): Ring {
    return entry.isLarge ? this.#large : this.#usual;
  }
}

class Ring {
  readonly #limitBytes: number;
  readonly #entries: Cached[] = [];
  #hand = 0;
  #bytes = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  add(entry: Cached): void {
    entry.cacheSlot = this.#entries.push(entry) - 1;
    this.#bytes += entry.cachedBytes;
    if (this.#bytes > this.#limitBytes) {
      this.#makeRoom(entry);
    }
  }

  remove(entry: Cached): void {
    this.#takeOut(entry.cacheSlot);
  }

  /** Second chance: the hand goes round, and takes what was not used since it came by; the new one is being used. */
  #makeRoom(added: Cached): void {
    let steps = this.#entries.length * 2;
    while (this.#bytes > this.#limitBytes && steps > 0) {
      steps--;
      if (this.#hand >= this.#entries.length) {
        this.#hand = 0;
      }
      const entry = this.#entries[this.#hand];
      if (entry === undefined) {
        return;
      }
      if (entry.isPinned || entry.wasUsed || entry === added) {
        entry.wasUsed = false;
        this.#hand++;
      } else {
        this.#takeOut(this.#hand);
        entry.evict();
      }
    }
  }

  #takeOut(at: number): void {
    const entry = this.#entries[at];
    const last = this.#entries.pop();
    if (entry === undefined || last === undefined) {
      return;
    }
    if (last !== entry) {
      this.#entries[at] = last;
      last.cacheSlot = at;
    }
    entry.cacheSlot = -1;
    this.#bytes -= entry.cachedBytes;
  }
}
