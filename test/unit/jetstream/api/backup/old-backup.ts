// Makes backups of the first version as the reference made them: message blocks with their checksums, in a tar.

import { HighwayHash } from "../../../../../src/jetstream/api/backup/highway-hash.ts";
import { S2StreamWriter } from "../../../../../src/storage/s2-stream.ts";

export interface BlockEntry {
  readonly sequence: number;
  readonly subject?: string;
  readonly headers?: string;
  readonly body?: string;
  readonly timeNanos?: bigint;
  readonly mark?: "erased" | "deletion";
}

const encoder: TextEncoder = new TextEncoder();
const tarBlock = 512;

export function sha256(bytes: Uint8Array | string): Uint8Array {
  return new Uint8Array(new Bun.CryptoHasher("sha256").update(bytes).digest());
}

/** One message block of a stream. */
export function blockOf(
  stream: string,
  number: number,
  entries: readonly BlockEntry[],
): Uint8Array {
  const hash = new HighwayHash(sha256(`${stream}-${number}`));
  return new Uint8Array(Buffer.concat(entries.map((entry) => record(entry, hash))));
}

function record(entry: BlockEntry, hash: HighwayHash): Uint8Array {
  const { sequence, headers = "", mark, timeNanos = 1_700_000_000_000_000_123n } = entry;
  const subject = encoder.encode(entry.subject ?? "");
  const content = Buffer.concat([encoder.encode(headers), encoder.encode(entry.body ?? "")]);
  const headerField = headers === "" ? 0 : 4;
  const length = 22 + subject.length + headerField + content.length + 8;
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  const marks = mark === "erased" ? 1n << 63n : mark === "deletion" ? 1n << 62n : 0n;
  view.setUint32(0, headers === "" ? length : length + 0x8000_0000, true);
  view.setBigUint64(4, BigInt(sequence) | marks, true);
  view.setBigInt64(12, timeNanos, true);
  view.setUint16(20, subject.length, true);
  bytes.set(subject, 22);
  if (headerField > 0) {
    view.setUint32(22 + subject.length, headers.length, true);
  }
  bytes.set(content, 22 + subject.length + headerField);
  const hashed = Buffer.concat([bytes.subarray(4, 20), subject, content]);
  bytes.set(hash.of(new Uint8Array(hashed)), length - 8);
  return bytes;
}

/** Plain files; names longer than a header's field get an extended one. */
export function tarOf(
  files: readonly (readonly [name: string, content: Uint8Array | string])[],
): Uint8Array {
  const parts = files.flatMap(([name, content]) => {
    const bytes = typeof content === "string" ? encoder.encode(content) : content;
    const path = ` path=${name}\n`;
    const extended = encoder.encode(`${String(path.length + 3).slice(0, 3)}${path}`);
    return name.length > 100
      ? [...tarEntry("PaxHeaders", extended, "x"), ...tarEntry(name.slice(0, 90), bytes, "0")]
      : tarEntry(name, bytes, "0");
  });
  return new Uint8Array(Buffer.concat([...parts, new Uint8Array(2 * tarBlock)]));
}

function tarEntry(name: string, content: Uint8Array, kind: string): readonly Uint8Array[] {
  const head = new Uint8Array(tarBlock);
  const put = (text: string, at: number): void => head.set(encoder.encode(text), at);
  put(name, 0);
  put("0000600\0", 100);
  put(`${content.length.toString(8).padStart(11, "0")}\0`, 124);
  put("        ", 148);
  put(kind, 156);
  put("ustar\0", 257);
  const sum = head.reduce((total, byte) => total + byte, 0);
  put(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  const padded = new Uint8Array(Math.ceil(content.length / tarBlock) * tarBlock);
  padded.set(content);
  return [head, padded];
}

/** As it travels. */
export function compressed(bytes: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = [];
  const writer = new S2StreamWriter((part) => parts.push(part.slice()));
  writer.write(bytes);
  writer.flush();
  return new Uint8Array(Buffer.concat(parts));
}
