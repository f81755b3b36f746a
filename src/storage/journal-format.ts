// The bytes of a journal's file, and what can be read of them again.
//
//    0                8            16                 24              32        64
//    +----------------+------------+------------------+---------------+---------+----------------+---
//    | magic, 8 bytes | salt (u64) | generation (u64) | checksum (u64)| the same once more ...   | records
//    +----------------+------------+------------------+---------------+---------+----------------+---
//
//    record: length of all of it (u32), kind (u32), bytes, checksum (u64) exclusive-or the salt

import type { LogSurroundings } from "./log-surroundings.ts";
import { checksumBytes, readUint64, writeUint64 } from "./record.ts";
import type { RecordChecksum } from "./record-checksum.ts";
import { SealError, type Sealer } from "./sealing.ts";
import { isTorn } from "./torn.ts";

export const journalKind = {
  snapshot: 1,
  change: 2,
  /** The snapshot again. */
  copy: 3,
} as const;

export const journalHeadBytes = 64;
const copyBytes = 32;
const contentAt = 8;
export const journalRecordOverhead: number = contentAt + checksumBytes;
/** "MIDGEJNL" */
const magic = 0x4c4e4a454744494dn;

export interface FoundJournal {
  readonly path: string;
  readonly salt: bigint;
  readonly generation: number;
  /** Where the records end. */
  readonly end: number;
  readonly size: number;
  readonly snapshot: Uint8Array;
  readonly changes: readonly Uint8Array[];
  /** Something that was written safely cannot be read any more. */
  readonly isDamaged: boolean;
}

/** Two files take turns. */
export function journalPath(folder: string, name: string, generation: number): string {
  return `${folder}/${name}.${generation % 2}`;
}

export function encodeJournalHead(
  salt: bigint,
  generation: number,
  checksum: RecordChecksum,
): Uint8Array {
  const bytes = new Uint8Array(journalHeadBytes);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, magic, true);
  view.setBigUint64(8, salt, true);
  writeUint64(view, 16, generation);
  view.setBigUint64(24, checksum.of(bytes.subarray(0, 24)), true);
  bytes.copyWithin(copyBytes, 0, copyBytes);
  return bytes;
}

/** All but the checksum. */
export function writeJournalRecord(
  bytes: Uint8Array,
  view: DataView,
  at: number,
  kind: number,
  content: Uint8Array,
): void {
  view.setUint32(at, journalRecordOverhead + content.length, true);
  view.setUint32(at + 4, kind, true);
  bytes.set(content, at + contentAt);
}

/** Null: it cannot be read. Throws DiskError. */
export function readJournal(
  { disk, checksum }: Pick<LogSurroundings, "disk" | "checksum">,
  path: string,
  sealer: Sealer | null,
): FoundJournal | null {
  const bytes = disk.readBytes(path);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const head = readHead(bytes, checksum);
  if (head === null) {
    return null;
  }
  const walk = new JournalWalk(bytes, view, head.salt, checksum, sealer);
  walk.run();
  return walk.snapshot === null
    ? null
    : {
        path,
        ...head,
        end: walk.end,
        size: bytes.length,
        snapshot: walk.snapshot,
        changes: walk.changes,
        isDamaged: walk.isDamaged,
      };
}

function readHead(
  bytes: Uint8Array,
  checksum: RecordChecksum,
): { readonly salt: bigint; readonly generation: number } | null {
  for (let start = 0; start + copyBytes <= Math.min(bytes.length, journalHeadBytes); ) {
    const copy = bytes.subarray(start, start + copyBytes);
    const view = new DataView(copy.buffer, copy.byteOffset, copyBytes);
    if (
      view.getBigUint64(0, true) === magic &&
      view.getBigUint64(24, true) === checksum.of(copy.subarray(0, 24))
    ) {
      return { salt: view.getBigUint64(8, true), generation: readUint64(view, 16) };
    }
    start += copyBytes;
  }
  return null;
}

class JournalWalk {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #salt: bigint;
  readonly #checksum: RecordChecksum;
  readonly #sealer: Sealer | null;
  snapshot: Uint8Array | null = null;
  readonly changes: Uint8Array[] = [];
  end: number = journalHeadBytes;
  isDamaged = false;

  constructor(
    bytes: Uint8Array,
    view: DataView,
    salt: bigint,
    checksum: RecordChecksum,
    sealer: Sealer | null,
  ) {
    this.#bytes = bytes;
    this.#view = view;
    this.#salt = salt;
    this.#checksum = checksum;
    this.#sealer = sealer;
  }

  run(): void {
    const view = this.#view;
    const { length } = this.#bytes;
    let at = journalHeadBytes;
    while (at < length) {
      const good = this.#checksum.check(
        this.#bytes,
        view,
        at,
        length,
        this.#salt,
        journalRecordOverhead,
      );
      for (; at < good; at += view.getUint32(at, true)) {
        this.#record(at);
      }
      this.end = good;
      if (good < length) {
        const next = this.#nextSound(good + 1);
        if (this.#isTorn(good, next)) {
          return;
        }
        this.isDamaged = true;
        this.end = next;
        at = next;
      }
    }
  }

  #record(at: number): void {
    const end = at + this.#view.getUint32(at, true) - checksumBytes;
    const content = this.#opened(this.#bytes.slice(at + contentAt, end));
    if (content === null) {
      this.isDamaged = true;
    } else if (this.#view.getUint32(at + 4, true) === journalKind.change) {
      this.changes.push(content);
    } else {
      this.snapshot ??= content;
    }
  }

  #opened(content: Uint8Array): Uint8Array | null {
    try {
      return this.#sealer === null ? content : this.#sealer.open(content).slice();
    } catch (failure) {
      if (failure instanceof SealError) {
        return null;
      }
      throw failure;
    }
  }

  #isTorn(from: number, to: number): boolean {
    const { length } = this.#bytes;
    return isTorn(this.#bytes, { from, to }, 0, journalRecordOverhead, () => {
      const whole = this.#bytes.slice(from, length);
      const view = new DataView(whole.buffer);
      if (whole.length < journalRecordOverhead) {
        return false;
      }
      view.setUint32(0, whole.length, true);
      return this.#isSound(whole, view, 0);
    });
  }

  #nextSound(from: number): number {
    const { length } = this.#bytes;
    let at = from;
    while (at + journalRecordOverhead <= length && !this.#isSound(this.#bytes, this.#view, at)) {
      at++;
    }
    return at + journalRecordOverhead <= length ? at : length;
  }

  #isSound(bytes: Uint8Array, view: DataView, at: number): boolean {
    const { length } = bytes;
    return this.#checksum.isSound(bytes, view, at, length, this.#salt, journalRecordOverhead);
  }
}
