// Finds the segment files of a log and reads how each begins. What was replaced by another file is taken away; what
// cannot be told is left for whoever walks it.

import type { LogSurroundings } from "./log-surroundings.ts";
import { checksumBytes, fieldOffset, readUint64, recordKind, recordOverhead } from "./record.ts";
import { segmentNumber } from "./segment.ts";
import { decodeHeader, headerBytes, type SegmentHeader } from "./segment-header.ts";

export interface FoundSegment {
  readonly number: number;
  readonly lastNumber: number;
  readonly path: string;
  readonly size: number;
  /** Null: it cannot be read. */
  readonly header: SegmentHeader | null;
}

const unfinished = ".tmp";

/** In order. Throws DiskError. */
export function findSegments(surroundings: LogSurroundings, folder: string): FoundSegment[] {
  const { disk } = surroundings;
  if (!disk.isDirectory(folder)) {
    return [];
  }
  const found: FoundSegment[] = [];
  let behind = 0;
  for (const name of disk.list(folder)) {
    const path = `${folder}/${name}`;
    const number = segmentNumber(name);
    if (number !== null && number <= behind) {
      // A segment that was written anew stands for this one.
      disk.remove(path);
    } else if (number !== null) {
      const segment = readHead(surroundings, path, number);
      behind = segment.lastNumber;
      found.push(segment);
    } else if (name.endsWith(unfinished)) {
      disk.remove(path);
    }
  }
  return found;
}

function readHead(surroundings: LogSurroundings, path: string, number: number): FoundSegment {
  const file = surroundings.files.file(path);
  const bytes = new Uint8Array(headerBytes);
  const count = file.read(bytes, 0, headerBytes, 0);
  const header = decodeHeader(bytes.subarray(0, count), surroundings.checksum);
  const isOwn = header !== null && header.number === number;
  return {
    number,
    lastNumber: isOwn ? header.lastNumber : number,
    path,
    size: file.size(),
    header: isOwn ? header : null,
  };
}

/** What makes the log's checksums its own: as a header says it, or as the first record tells. */
export function findSalt(
  surroundings: LogSurroundings,
  found: readonly FoundSegment[],
): bigint | null {
  for (const { header } of found) {
    if (header !== null) {
      return header.salt;
    }
  }
  for (const { path, size } of found) {
    const salt = saltOfFirst(surroundings, path, size);
    if (salt !== null) {
      return salt;
    }
  }
  return null;
}

/** The first record of a segment is a mark, of which all is known but the salt. */
function saltOfFirst(surroundings: LogSurroundings, path: string, size: number): bigint | null {
  const bytes = new Uint8Array(Math.min(size, headerBytes + recordOverhead));
  surroundings.files.file(path).read(bytes, 0, bytes.length, 0);
  const record = bytes.subarray(headerBytes);
  const view = new DataView(record.buffer, record.byteOffset, record.byteLength);
  const end = recordOverhead - checksumBytes;
  const isMark =
    record.length === recordOverhead &&
    view.getUint32(0, true) === recordOverhead &&
    record[fieldOffset.kind] === recordKind.mark &&
    readUint64(view, fieldOffset.expiresMicros) === 0;
  return isMark
    ? view.getBigUint64(end, true) ^ surroundings.checksum.of(record.subarray(0, end))
    : null;
}
