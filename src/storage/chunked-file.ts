// A file read once from its beginning to its end, in chunks that each carry their checksum: what is given out was right
// on disk. It knows nothing of what stands in it.
//
//    +-----------------+---------------+--------+----------------+-----+---------------------+
//    | magic, 8 bytes  | length (u32)  | bytes  | checksum (u64) | ... | length 0 is the end |
//    +-----------------+---------------+--------+----------------+-----+---------------------+

import type { DiskFile } from "../ports/disk.ts";
import { checksumBytes } from "./record.ts";
import type { RecordChecksum } from "./record-checksum.ts";

const chunkMost = 1 << 20;
const lengthBytes = 4;
/** "MIDGECHK" */
const magic = 0x4b4843454744494dn;
const magicBytes = 8;

export class ChunkedWriter {
  readonly #file: DiskFile;
  readonly #checksum: RecordChecksum;
  readonly #chunk: Uint8Array<ArrayBuffer>;
  readonly #view: DataView;
  #used = lengthBytes;
  #place = magicBytes;

  /** The file is new. Throws DiskError. */
  constructor(file: DiskFile, checksum: RecordChecksum, chunkBytes: number = chunkMost) {
    this.#file = file;
    this.#checksum = checksum;
    this.#chunk = new Uint8Array(lengthBytes + Math.min(chunkBytes, chunkMost) + checksumBytes);
    this.#view = new DataView(this.#chunk.buffer);
    this.#view.setBigUint64(0, magic, true);
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
    const used = this.#used;
    this.#view.setUint32(0, used - lengthBytes, true);
    this.#view.setBigUint64(used, this.#checksum.of(this.#chunk.subarray(0, used)), true);
    this.#file.write(this.#chunk, 0, used + checksumBytes, this.#place);
    this.#place += used + checksumBytes;
    this.#used = lengthBytes;
  }
}

export class ChunkedReader {
  readonly #file: DiskFile;
  readonly #checksum: RecordChecksum;
  #chunk: Uint8Array = new Uint8Array(0);
  #at = 0;
  #place = magicBytes;

  /** Throws DiskError. */
  constructor(file: DiskFile, checksum: RecordChecksum) {
    this.#file = file;
    this.#checksum = checksum;
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
    if (length === 0 || length > chunkMost) {
      return false;
    }
    const whole = new Uint8Array(lengthBytes + length + checksumBytes);
    const count = this.#file.read(whole, 0, whole.length, this.#place);
    const end = lengthBytes + length;
    const sum = this.#checksum.of(whole.subarray(0, end));
    if (count < whole.length || new DataView(whole.buffer).getBigUint64(end, true) !== sum) {
      return false;
    }
    this.#place += whole.length;
    this.#chunk = whole.subarray(lengthBytes, end);
    this.#at = 0;
    return true;
  }
}
