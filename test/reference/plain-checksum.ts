// The plain twin of the record checksum: XXH64 with seed 0, in whole numbers, straight from its published description;
// and of the runs of records that bear it.

const mask = (1n << 64n) - 1n;
const prime1 = 0x9e3779b185ebca87n;
const prime2 = 0xc2b2ae3d27d4eb4fn;
const prime3 = 0x165667b19e3779f9n;
const prime4 = 0x85ebca77c2b2ae63n;
const prime5 = 0x27d4eb2f165667c5n;

const cut = (value: bigint): bigint => value & mask;
const rotate = (value: bigint, by: bigint): bigint => cut((value << by) | (value >> (64n - by)));
const round = (accumulator: bigint, input: bigint): bigint =>
  cut(rotate(cut(accumulator + input * prime2), 31n) * prime1);
const merge = (accumulator: bigint, value: bigint): bigint =>
  cut((accumulator ^ round(0n, value)) * prime1 + prime4);

export function plainChecksum(bytes: Uint8Array): bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let place = 0;
  let hash = prime5;
  if (bytes.length >= 32) {
    const lanes = [cut(prime1 + prime2), prime2, 0n, cut(-prime1)];
    for (; place + 32 <= bytes.length; place += 32) {
      lanes.forEach((lane, index) => {
        lanes[index] = round(lane, view.getBigUint64(place + index * 8, true));
      });
    }
    const turns = [1n, 7n, 12n, 18n];
    hash = cut(lanes.reduce((sum, lane, index) => sum + rotate(lane, turns[index] ?? 0n), 0n));
    hash = lanes.reduce(merge, hash);
  }
  hash = cut(hash + BigInt(bytes.length));
  for (; place + 8 <= bytes.length; place += 8) {
    hash ^= round(0n, view.getBigUint64(place, true));
    hash = cut(rotate(hash, 27n) * prime1 + prime4);
  }
  if (place + 4 <= bytes.length) {
    hash ^= cut(BigInt(view.getUint32(place, true)) * prime1);
    hash = cut(rotate(hash, 23n) * prime2 + prime3);
    place += 4;
  }
  for (; place < bytes.length; place++) {
    hash ^= cut(BigInt(view.getUint8(place)) * prime5);
    hash = cut(rotate(hash, 11n) * prime1);
  }
  hash = cut((hash ^ (hash >> 33n)) * prime2);
  hash = cut((hash ^ (hash >> 29n)) * prime3);
  return hash ^ (hash >> 32n);
}

const shortest = 12;
const checksumBytes = 8;

export function plainSealRecords(bytes: Uint8Array, salt: bigint): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let record = 0; record < bytes.length; record += view.getUint32(record, true)) {
    const end = record + view.getUint32(record, true) - checksumBytes;
    view.setBigUint64(end, plainChecksum(bytes.subarray(record, end)) ^ salt, true);
  }
}

export function plainCheckRecords(bytes: Uint8Array, salt: bigint): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let record = 0;
  while (record + shortest <= bytes.length) {
    const length = view.getUint32(record, true);
    if (length < shortest || record + length > bytes.length) {
      break;
    }
    const end = record + length - checksumBytes;
    if (view.getBigUint64(end, true) !== (plainChecksum(bytes.subarray(record, end)) ^ salt)) {
      break;
    }
    record += length;
  }
  return record;
}
