// A file read once from its beginning to its end, in chunks that each carry their checksum: what is given out was right
// on disk. With a sealer each chunk lies sealed. It knows nothing of what stands in it.
//
//    +-----------------+---------------+--------+----------------+-----+---------------------+
//    | magic, 8 bytes  | length (u32)  | bytes  | checksum (u64) | ... | length 0 is the end |
//    +-----------------+---------------+--------+----------------+-----+---------------------+

import type { DiskFile } from "../ports/disk.ts";
import { checksumBytes } from "./record.ts";
import type { RecordChecksum } from "./record-checksum.ts";
import { SealError, type Sealer } from "./sealing.ts";

const chunkMost = 1 << 20;
/** A sealed chunk may be so much larger. */
const sealedMost = chunkMost + (1 << 16);
const lengthBytes = 4;
/** "MIDGECHK" */
const magic = 0x4b4843454744494dn;
const magicBytes = 8;

export class ChunkedWriter {
  readonly #file: DiskFile;
  readonly #checksum: RecordChecksum;
  readonly #sealer: Sealer | null;
  readonly #chunk: Uint8Array<ArrayBuffer>;
  #used = lengthBytes;
  #place = magicBytes;

  /** The file is new. Throws DiskError. */
  constructor(
    file: DiskFile,
    checksum: RecordChecksum,
    chunkBytes: number = chunkMost,
    sealer: Sealer | null = null,
  ) {
    this.#file = file;
    this.#checksum = checksum;
    this.#sealer = sealer;
    this.#chunk = new Uint8Array(lengthBytes + Math.min(chunkBytes, chunkMost) + checksumBytes);
    new DataView(this.#chunk.buffer).setBigUint64(0, magic, true);
    file.write(this.#chunk, 0, magicBytes, 0);
  }

  write(bytes: Uint8Array): void {
    const room = this.#chunk.length - checksumBytes;
    for (let at = 0; at < bytes.length; ) {
      const count = Math.min(bytes.length - at, room - this.#used);
      this.#chunk.set(bytes.subarray(at, at + count), this.#used);
      this.#used += count;
      at += count;
      if (this.#used === room) {
        this.#flush();
      }
    }
  }

  /** Gives the size of the file. */
  end(): number {
    if (this.#used > lengthBytes) {
      this.#flush();
    }
    this.#flush();
    return this.#place;
  }

  #flush(): void {
    const whole = this.#sealed();
    const used = whole.length - checksumBytes;
    const view = new DataView(whole.buffer, whole.byteOffset);
    view.setUint32(0, used - lengthBytes, true);
    view.setBigUint64(used, this.#checksum.of(whole.subarray(0, used)), true);
    this.#file.write(whole, 0, whole.length, this.#place);
    this.#place += whole.length;
    this.#used = lengthBytes;
  }

  /** With room for length and checksum around it. An empty chunk is the end, and stays so. */
  #sealed(): Uint8Array {
    const plain = this.#chunk.subarray(0, this.#used + checksumBytes);
    if (this.#sealer === null || this.#used === lengthBytes) {
      return plain;
    }
    const content = this.#sealer.seal(plain.subarray(lengthBytes, this.#used));
    const whole = new Uint8Array(lengthBytes + content.length + checksumBytes);
    whole.set(content, lengthBytes);
    return whole;
  }
}

export class ChunkedReader {
  readonly #file: DiskFile;
  readonly #checksum: RecordChecksum;
  readonly #sealer: Sealer | null;
  #chunk: Uint8Array = new Uint8Array(0);
  #at = 0;
  #place = magicBytes;

  /** Throws DiskError. */
  constructor(file: DiskFile, checksum: RecordChecksum, sealer: Sealer | null = null) {
    this.#file = file;
    this.#checksum = checksum;
    this.#sealer = sealer;
    const head = new Uint8Array(magicBytes);
    file.read(head, 0, magicBytes, 0);
    if (new DataView(head.buffer).getBigUint64(0, true) !== magic) {
      this.#place = -1;
    }
  }

  /** The next bytes, valid until the next call; null when there are not so many, or they are not right. */
  take(length: number): Uint8Array | null {
    if (length <= this.#chunk.length - this.#at) {
      const taken = this.#chunk.subarray(this.#at, this.#at + length);
      this.#at += length;
      return taken;
    }
    return this.#gather(length);
  }

  #gather(length: number): Uint8Array | null {
    const parts: Uint8Array[] = [];
    for (let missing = length; missing > 0; ) {
      if (this.#at === this.#chunk.length && !this.#readChunk()) {
        return null;
      }
      const count = Math.min(missing, this.#chunk.length - this.#at);
      parts.push(this.#chunk.subarray(this.#at, this.#at + count));
      this.#at += count;
      missing -= count;
    }
    const gathered = new Uint8Array(length);
    let at = 0;
    for (const part of parts) {
      gathered.set(part, at);
      at += part.length;
    }
    return gathered;
  }

  /** False at the end, and where the file is not right. */
  #readChunk(): boolean {
    if (this.#place < 0) {
      return false;
    }
    const head = new Uint8Array(lengthBytes);
    this.#file.read(head, 0, lengthBytes, this.#place);
    const length = new DataView(head.buffer).getUint32(0, true);
    if (length === 0 || length > sealedMost) {
      return false;
    }
    const whole = new Uint8Array(lengthBytes + length + checksumBytes);
    const count = this.#file.read(whole, 0, whole.length, this.#place);
    const end = lengthBytes + length;
    const sum = this.#checksum.of(whole.subarray(0, end));
    if (count < whole.length || new DataView(whole.buffer).getBigUint64(end, true) !== sum) {
      return false;
    }
    const content = this.#opened(whole.subarray(lengthBytes, end));
    if (content === null) {
      return false;
    }
    this.#place += whole.length;
    this.#chunk = content;
    this.#at = 0;
    return true;
  }

  #opened(content: Uint8Array): Uint8Array | null {
    try {
      // What was taken of a chunk may be read until the next one is taken.
      return this.#sealer === null ? content : this.#sealer.open(content).slice();
    } catch (failure) {
      if (failure instanceof SealError) {
        return null;
      }
      throw failure;
    }
  }
}
