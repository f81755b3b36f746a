// The archive that a backup is (its second version): entries with a name, a time, a sequence and their bytes, one behind
// the other. It knows what an entry looks like, not which ones a backup needs.
//
// entry  length of name | time, zigzag | sequence | length of headers | length of body | name | headers | body

import { BackupError } from "./backup-error.ts";
import { ByteQueue } from "./byte-queue.ts";
import { fromZigzag, readVarint, toZigzag, writeVarint } from "./wide-varint.ts";

export const archiveMagic: Uint8Array = new TextEncoder().encode("NATSARC1");

const headFields = 5;
const mostHeadBytes = headFields * 10;
const mostNameBytes = 1 << 20;
/** More than any message may have. */
const mostContentBytes = 2 ** 30;

export interface ArchiveHead {
  readonly timeNanos: bigint;
  readonly sequence: number;
  readonly headerLength: number;
  readonly bodyLength: number;
}

export interface ArchiveEntry extends ArchiveHead {
  /** As bytes: a subject need not be UTF-8. */
  readonly name: Uint8Array;
  /** Headers and body. */
  readonly content: Uint8Array;
}

/** All of an entry but its content. */
export function archiveHead(name: Uint8Array, head: ArchiveHead): Uint8Array {
  const bytes: number[] = [];
  writeVarint(bytes, BigInt(name.length));
  writeVarint(bytes, toZigzag(head.timeNanos));
  writeVarint(bytes, BigInt(head.sequence));
  writeVarint(bytes, BigInt(head.headerLength));
  writeVarint(bytes, BigInt(head.bodyLength));
  const whole = new Uint8Array(bytes.length + name.length);
  whole.set(bytes);
  whole.set(name, bytes.length);
  return whole;
}

export class ArchiveReader {
  readonly #queue: ByteQueue = new ByteQueue();
  readonly #onEntry: (entry: ArchiveEntry) => void;
  #hasMagic = false;
  #head: (ArchiveHead & { readonly nameLength: number }) | null = null;

  constructor(onEntry: (entry: ArchiveEntry) => void) {
    this.#onEntry = onEntry;
  }

  get isBetweenEntries(): boolean {
    return this.#queue.length === 0 && this.#head === null;
  }

  /** Gives the entries that are whole with these bytes, which are kept. Throws BackupError. */
  write(bytes: Uint8Array): void {
    this.#queue.add(bytes);
    if (!this.#hasMagic) {
      if (this.#queue.length < archiveMagic.length) {
        return;
      }
      const magic = this.#queue.take(archiveMagic.length);
      if (!magic.every((byte, index) => byte === archiveMagic[index])) {
        throw new BackupError("archive: invalid archive stream");
      }
      this.#hasMagic = true;
    }
    while (this.#readHead() && this.#readContent()) {
      // Until the bytes end within an entry.
    }
  }

  #readHead(): boolean {
    if (this.#head !== null) {
      return true;
    }
    const bytes = this.#queue.peek(mostHeadBytes);
    const values: bigint[] = [];
    let at = 0;
    while (values.length < headFields) {
      const read = readVarint(bytes, at);
      if (read === "short") {
        return false;
      }
      if (read === "wrong") {
        throw new BackupError("archive: invalid archive stream");
      }
      values.push(read.value);
      at = read.end;
    }
    const [nameLength = 0n, time = 0n, sequence = 0n, headers = 0n, body = 0n] = values;
    if (nameLength > mostNameBytes || headers + body > mostContentBytes) {
      throw new BackupError("archive: invalid archive stream");
    }
    if (sequence > Number.MAX_SAFE_INTEGER) {
      throw new BackupError(`sequence ${sequence} is above what this server can hold`);
    }
    this.#head = {
      nameLength: Number(nameLength),
      timeNanos: fromZigzag(time),
      sequence: Number(sequence),
      headerLength: Number(headers),
      bodyLength: Number(body),
    };
    this.#queue.take(at);
    return true;
  }

  #readContent(): boolean {
    const head = this.#head;
    if (head === null) {
      return false;
    }
    const length = head.nameLength + head.headerLength + head.bodyLength;
    if (this.#queue.length < length) {
      return false;
    }
    const bytes = this.#queue.take(length);
    this.#head = null;
    this.#onEntry({
      ...head,
      name: bytes.subarray(0, head.nameLength),
      content: bytes.subarray(head.nameLength),
    });
    return true;
  }
}
