// The Castagnoli checksum, which frames of S2 streams bear.

const polynomial = 0x82f63b78;
const tables: readonly Uint32Array[] = makeTables();

export function crc32c(bytes: Uint8Array): number {
  const [zero, one, two, three] = tables;
  let sum = 0xffff_ffff;
  let at = 0;
  if (zero === undefined || one === undefined || two === undefined || three === undefined) {
    return 0;
  }
  for (; at + 4 <= bytes.length; at += 4) {
    sum ^=
      (bytes[at] ?? 0) |
      ((bytes[at + 1] ?? 0) << 8) |
      ((bytes[at + 2] ?? 0) << 16) |
      ((bytes[at + 3] ?? 0) << 24);
    sum =
      (three[sum & 255] ?? 0) ^
      (two[(sum >>> 8) & 255] ?? 0) ^
      (one[(sum >>> 16) & 255] ?? 0) ^
      (zero[sum >>> 24] ?? 0);
  }
  for (; at < bytes.length; at++) {
    sum = (zero[(sum ^ (bytes[at] ?? 0)) & 255] ?? 0) ^ (sum >>> 8);
  }
  return ~sum >>> 0;
}

/** Four bytes at a time: table n holds the effect of a byte that n more bytes follow. */
function makeTables(): readonly Uint32Array[] {
  const first = Uint32Array.from({ length: 256 }, (_, byte) => {
    let sum = byte;
    for (let bit = 0; bit < 8; bit++) {
      sum = (sum & 1) === 1 ? (sum >>> 1) ^ polynomial : sum >>> 1;
    }
    return sum;
  });
  const made = [first];
  for (let level = 1; level < 4; level++) {
    const before = made[level - 1] ?? first;
    made.push(before.map((sum) => (sum >>> 8) ^ (first[sum & 255] ?? 0)));
  }
  return made;
}
