// A shortcut for a log's recovery: what was known of the log up to a place in it, and whatever its owner knew by then. It
// can be deleted: then everything is walked.

import { SequenceSet } from "../base/sequence-set.ts";
import type { DiskFile } from "../ports/disk.ts";
import { ChunkedReader, ChunkedWriter } from "./chunked-file.ts";
import type { LogCheckpoint, SegmentSummary } from "./log-recovery.ts";
import type { LogSurroundings } from "./log-surroundings.ts";
import { readUint64, writeUint64 } from "./record.ts";
import type { Sealer } from "./sealing.ts";
import { SegmentTable } from "./segment-table.ts";

const version = 1;
const summaryNumbers = 8;
const pairNumbers = 2;
/** More is not believed: the numbers are followed by as many bytes. */
const countMost = 1 << 26;

export interface OwnerBytes {
  /** The next bytes of what the owner wrote; null when there are not so many, or they are not right. */
  take(length: number): Uint8Array | null;
}

/** Writes the file, unsynced, and gives it open. Throws DiskError. */
export function writeCheckpoint(
  surroundings: LogSurroundings,
  path: string,
  checkpoint: LogCheckpoint,
  owned: readonly Uint8Array[],
  sealer: Sealer | null,
): DiskFile {
  const { disk, checksum } = surroundings;
  const file = disk.openFile(path, "create");
  const head = encode(checkpoint);
  const total = owned.reduce((sum, part) => sum + part.length, head.length);
  const writer = new ChunkedWriter(file, checksum, total, sealer);
  writer.write(head);
  for (const part of owned) {
    writer.write(part);
  }
  writer.end();
  return file;
}

/**
 * Gives what `use` makes of it, which reads its own bytes; null when there is no checkpoint, or it is not right.
 * Throws DiskError when the disk fails.
 */
export function readCheckpoint<T>(
  surroundings: LogSurroundings,
  path: string,
  sealer: Sealer | null,
  use: (checkpoint: LogCheckpoint, owned: OwnerBytes) => T | null,
): T | null {
  const { disk, checksum } = surroundings;
  if (!disk.exists(path)) {
    return null;
  }
  const file = disk.openFile(path, "read");
  try {
    const reader = new ChunkedReader(file, checksum, sealer);
    const checkpoint = decode(reader);
    return checkpoint === null ? null : use(checkpoint, reader);
  } finally {
    file[Symbol.dispose]();
  }
}

function encode(checkpoint: LogCheckpoint): Uint8Array {
  const numbers: number[] = [
    version,
    checkpoint.segment,
    checkpoint.place,
    checkpoint.nextSequence,
    checkpoint.removedBelow,
    checkpoint.segments.length,
  ];
  for (const summary of checkpoint.segments) {
    numbers.push(summary.number, summary.lastNumber, summary.isSealed ? 1 : 0);
    numbers.push(summary.firstSequence, summary.lastSequence, summary.end);
    numbers.push(summary.live, summary.liveBytes);
  }
  const { table, removed } = checkpoint;
  numbers.push(table.count);
  for (let entry = 0; entry < table.count; entry++) {
    numbers.push(table.firstOf(entry), table.placeOf(entry));
  }
  const runs: number[] = [];
  removed.eachRun((first, last) => {
    runs.push(first, last);
    return true;
  });
  numbers.push(runs.length / pairNumbers);
  const bytes = new Uint8Array(8 + (numbers.length + runs.length) * 8);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, checkpoint.salt, true);
  let at = 8;
  for (const list of [numbers, runs]) {
    for (const value of list) {
      writeUint64(view, at, value);
      at += 8;
    }
  }
  return bytes;
}

function decode(reader: ChunkedReader): LogCheckpoint | null {
  const salt = reader.take(8);
  if (salt === null) {
    return null;
  }
  const saltValue = new DataView(salt.buffer, salt.byteOffset).getBigUint64(0, true);
  const [found, segment, place, nextSequence, removedBelow, count] = take(reader, 6) ?? [];
  const summaries = takeMany(reader, count, summaryNumbers);
  const table = new SegmentTable();
  const entries = takeMany(reader, takeOne(reader), pairNumbers);
  const removed = new SequenceSet();
  const runs = takeMany(reader, takeOne(reader), pairNumbers);
  if (found !== version || summaries === null || entries === null || runs === null) {
    return null;
  }
  for (const [first = 0, entryPlace = 0] of entries) {
    table.add(first, entryPlace);
  }
  for (const [first = 0, last = 0] of runs) {
    removed.addRange(first, last);
  }
  return {
    salt: saltValue,
    segment: segment ?? 0,
    place: place ?? 0,
    nextSequence: nextSequence ?? 0,
    removedBelow: removedBelow ?? 0,
    segments: summaries.map(summaryOf),
    table,
    removed,
  };
}

function summaryOf(numbers: readonly number[]): SegmentSummary {
  const [number = 0, lastNumber = 0, sealed = 0, firstSequence = 0] = numbers;
  const [lastSequence = 0, end = 0, live = 0, liveBytes = 0] = numbers.slice(4);
  const isSealed = sealed === 1;
  return { number, lastNumber, isSealed, firstSequence, lastSequence, end, live, liveBytes };
}

function take(reader: ChunkedReader, count: number): number[] | null {
  const bytes = reader.take(count * 8);
  if (bytes === null) {
    return null;
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: count }, (_, index) => readUint64(view, index * 8));
}

function takeOne(reader: ChunkedReader): number | undefined {
  return take(reader, 1)?.[0];
}

function takeMany(
  reader: ChunkedReader,
  count: number | undefined,
  width: number,
): number[][] | null {
  if (count === undefined || count > countMost) {
    return null;
  }
  const rows: number[][] = [];
  for (let row = 0; row < count; row++) {
    const numbers = take(reader, width);
    if (numbers === null) {
      return null;
    }
    rows.push(numbers);
  }
  return rows;
}
