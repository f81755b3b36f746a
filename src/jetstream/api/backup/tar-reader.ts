// Reads plain files out of a tar stream, as older backups are. It takes names and contents; what else a tar can hold it
// passes over.

import { utf8Text } from "../../../base/bytes.ts";
import { BackupError } from "./backup-error.ts";
import { ByteQueue } from "./byte-queue.ts";

const blockBytes = 512;
/** A message block of the reference is 8 MiB; a message larger than that makes it larger. */
const mostFileBytes = 2 ** 30;
const nameField = { start: 0, length: 100 };
const sizeField = { start: 124, length: 12 };
const checksumField = { start: 148, length: 8 };
const kindAt = 156;
const prefixField = { start: 345, length: 155 };
const blank = 0x20;

/** Kinds of entries, as their letters. */
const plainFile: readonly string[] = ["0", "\0"];
const extendedHeader = "x";
const globalHeader = "g";
const folder = "5";

export class TarReader {
  readonly #queue: ByteQueue = new ByteQueue();
  readonly #onFile: (name: string, content: Uint8Array) => void;
  #head: { readonly name: string; readonly kind: string; readonly size: number } | null = null;
  /** What an extended header says of the next file. */
  #extended: ReadonlyMap<string, string> = new Map();
  #hasEnded = false;

  constructor(onFile: (name: string, content: Uint8Array) => void) {
    this.#onFile = onFile;
  }

  /** The blocks that end an archive have come. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Gives the files that are whole with these bytes, which are kept. Throws BackupError. */
  write(bytes: Uint8Array): void {
    if (this.#hasEnded) {
      return;
    }
    this.#queue.add(bytes);
    while (this.#readHead() && this.#readContent()) {
      // Until the bytes end within a file.
    }
  }

  #readHead(): boolean {
    if (this.#head !== null) {
      return true;
    }
    if (this.#hasEnded || this.#queue.length < blockBytes) {
      return false;
    }
    const block = this.#queue.take(blockBytes);
    if (block.every((byte) => byte === 0)) {
      this.#hasEnded = true;
      return false;
    }
    if (checksumOf(block) !== octal(block, checksumField)) {
      throw new BackupError("archive/tar: invalid tar header");
    }
    const size = Number(this.#extended.get("size") ?? octal(block, sizeField));
    if (!Number.isSafeInteger(size) || size < 0 || size > mostFileBytes) {
      throw new BackupError("archive/tar: invalid tar header");
    }
    const prefix = text(block, prefixField);
    const name = `${prefix === "" ? "" : `${prefix}/`}${text(block, nameField)}`;
    this.#head = { name, kind: String.fromCharCode(block[kindAt] ?? 0), size };
    return true;
  }

  #readContent(): boolean {
    const head = this.#head;
    if (head === null) {
      return false;
    }
    const padded = Math.ceil(head.size / blockBytes) * blockBytes;
    if (this.#queue.length < padded) {
      return false;
    }
    const content = this.#queue.take(padded).subarray(0, head.size);
    this.#head = null;
    if (head.kind === extendedHeader) {
      this.#extended = recordsOf(content);
    } else if (plainFile.includes(head.kind)) {
      const name = this.#extended.get("path") ?? head.name;
      this.#extended = new Map();
      this.#onFile(name, content);
    } else if (head.kind !== globalHeader && head.kind !== folder) {
      throw new BackupError(`unexpected content ${JSON.stringify(head.name)}`);
    }
    return true;
  }
}

/** "27 path=some/long/name\n", one behind the other. */
function recordsOf(content: Uint8Array): ReadonlyMap<string, string> {
  const records = new Map<string, string>();
  let at = 0;
  while (at < content.length) {
    const gap = content.indexOf(blank, at);
    const length = gap < 0 ? 0 : Number(utf8Text(content.subarray(at, gap)));
    if (!Number.isSafeInteger(length) || length <= 0 || at + length > content.length) {
      throw new BackupError("archive/tar: invalid tar header");
    }
    const record = utf8Text(content.subarray(gap + 1, at + length - 1));
    const [key = "", ...value] = record.split("=");
    records.set(key, value.join("="));
    at += length;
  }
  return records;
}

interface Field {
  readonly start: number;
  readonly length: number;
}

function text(block: Uint8Array, { start, length }: Field): string {
  const field = block.subarray(start, start + length);
  const end = field.indexOf(0);
  return utf8Text(end < 0 ? field : field.subarray(0, end));
}

function octal(block: Uint8Array, field: Field): number {
  const digits = text(block, field).trim();
  return digits === "" ? 0 : Number.parseInt(digits, 8);
}

/** All bytes added up, those of the checksum itself as blanks. */
function checksumOf(block: Uint8Array): number {
  const { start, length } = checksumField;
  return block.reduce(
    (sum, byte, at) => sum + (at >= start && at < start + length ? blank : byte),
    0,
  );
}
