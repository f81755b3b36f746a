// Replaces a small file whole: what is read afterwards is all of the old one or all of the new, whenever the power goes.
// The bytes carry a checksum, so that what was damaged later is not taken for what was written.

import { concatBytes } from "../base/bytes.ts";
import { ServerError } from "../base/server-error.ts";
import type { Disk, DiskFile } from "../ports/disk.ts";
import type { Timers } from "../ports/timers.ts";
import type { Directories } from "./directories.ts";
import type { RecordChecksum } from "./record-checksum.ts";
import type { SyncGate } from "./sync-gate.ts";

/** "MDG1", little-endian, and the length. */
const headBytes = 8;
const tailBytes = 8;
const magic = 0x3147444d;
/** Of the name that a new content has until it is durable. */
export const asideEnding = ".tmp";

export interface AtomicDisk {
  readonly disk: Disk;
  readonly directories: Directories;
  readonly timers: Timers;
  readonly checksum: RecordChecksum;
  readonly gate: SyncGate;
}

/** Null when it worked. */
export type OnReplaced = (failure: string | null) => void;

/**
 * Durable when onDone is called, which is never before this returns. The folder is made when it is missing. Nothing is
 * written yet when this returns while many other files are being synced.
 */
export function replaceFile(
  surroundings: AtomicDisk,
  folder: string,
  name: string,
  content: Uint8Array,
  onDone: OnReplaced,
): void {
  const { gate, timers } = surroundings;
  gate.enter(() => {
    try {
      beginToReplace(surroundings, folder, name, content, onDone);
    } catch (failure) {
      gate.leave();
      // A failure that is known at once is told later all the same.
      timers.endOfTurn(() => {
        onDone(messageOf(failure));
      });
    }
  });
}

/** Throws DiskError. */
function beginToReplace(
  { disk, directories, checksum, gate }: AtomicDisk,
  folder: string,
  name: string,
  content: Uint8Array,
  onDone: OnReplaced,
): void {
  const aside = `${folder}/${name}${asideEnding}`;
  const above = directories.make(folder);
  const file = writeAside(disk, aside, framed(content, checksum));
  file.sync((failure) => {
    file[Symbol.dispose]();
    gate.leave();
    if (failure !== null) {
      onDone(failure.message);
      return;
    }
    try {
      disk.rename(aside, `${folder}/${name}`);
      directories.syncAll([folder, ...above], onDone);
    } catch (thrown) {
      onDone(messageOf(thrown));
    }
  });
}

/** The same, waited for. Throws DiskError. */
export function replaceFileNow(
  { disk, directories, checksum }: Pick<AtomicDisk, "disk" | "directories" | "checksum">,
  folder: string,
  name: string,
  content: Uint8Array,
): void {
  const aside = `${folder}/${name}${asideEnding}`;
  directories.make(folder);
  const file = writeAside(disk, aside, framed(content, checksum));
  try {
    file.syncNow();
  } finally {
    file[Symbol.dispose]();
  }
  disk.rename(aside, `${folder}/${name}`);
  directories.settleNow(folder);
}

function writeAside(disk: Disk, path: string, bytes: Uint8Array): DiskFile {
  const file = disk.openFile(path, "create");
  try {
    file.write(bytes, 0, bytes.length, 0);
  } catch (failure) {
    file[Symbol.dispose]();
    throw failure;
  }
  return file;
}

/** Null when there is no such file, or it is not right. Throws DiskError when it cannot be read. */
export function readWhole(
  { disk, checksum }: Pick<AtomicDisk, "disk" | "checksum">,
  path: string,
): Uint8Array | null {
  if (!disk.exists(path)) {
    return null;
  }
  const bytes = disk.readBytes(path);
  const end = bytes.length - tailBytes;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const isWhole =
    end >= headBytes &&
    view.getUint32(0, true) === magic &&
    view.getUint32(4, true) === end - headBytes &&
    view.getBigUint64(end, true) === checksum.of(bytes.subarray(0, end));
  return isWhole ? bytes.subarray(headBytes, end) : null;
}

function framed(content: Uint8Array, checksum: RecordChecksum): Uint8Array {
  const head = new Uint8Array(headBytes);
  const headView = new DataView(head.buffer);
  headView.setUint32(0, magic, true);
  headView.setUint32(4, content.length, true);
  const bytes = concatBytes([head, content, new Uint8Array(tailBytes)]);
  const end = bytes.length - tailBytes;
  new DataView(bytes.buffer).setBigUint64(end, checksum.of(bytes.subarray(0, end)), true);
  return bytes;
}

function messageOf(failure: unknown): string {
  if (failure instanceof ServerError) {
    return failure.message;
  }
  throw failure;
}
