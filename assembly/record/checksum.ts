// The record checksum: XXH64 with seed 0 (the published xxHash algorithm), over one stretch of bytes or over several that
// follow each other, all but the last a multiple of 32 bytes long.

const PRIME_1: u64 = 0x9e3779b185ebca87;
const PRIME_2: u64 = 0xc2b2ae3d27d4eb4f;
const PRIME_3: u64 = 0x165667b19e3779f9;
const PRIME_4: u64 = 0x85ebca77c2b2ae63;
const PRIME_5: u64 = 0x27d4eb2f165667c5;

/** What is known after the stretches so far. */
@unmanaged
export class Sum {
  first: u64;
  second: u64;
  third: u64;
  fourth: u64;
  /** Bytes so far. */
  total: u64;
}

export function beginSum(sum: Sum): void {
  sum.first = PRIME_1 + PRIME_2;
  sum.second = PRIME_2;
  sum.third = 0;
  sum.fourth = 0 - PRIME_1;
  sum.total = 0;
}

function round(accumulator: u64, input: u64): u64 {
  return rotl<u64>(accumulator + input * PRIME_2, 31) * PRIME_1;
}

function merge(accumulator: u64, value: u64): u64 {
  return (accumulator ^ round(0, value)) * PRIME_1 + PRIME_4;
}

/** Takes whole stripes of 32 bytes; `length` is a multiple of 32. */
export function addStripes(sum: Sum, start: usize, length: usize): void {
  let first = sum.first;
  let second = sum.second;
  let third = sum.third;
  let fourth = sum.fourth;
  const end = start + length;
  for (let place = start; place < end; place += 32) {
    first = round(first, load<u64>(place));
    second = round(second, load<u64>(place, 8));
    third = round(third, load<u64>(place, 16));
    fourth = round(fourth, load<u64>(place, 24));
  }
  sum.first = first;
  sum.second = second;
  sum.third = third;
  sum.fourth = fourth;
  sum.total += length;
}

function gathered(sum: Sum): u64 {
  if (sum.total < 32) {
    return PRIME_5;
  }
  let hash =
    rotl<u64>(sum.first, 1) +
    rotl<u64>(sum.second, 7) +
    rotl<u64>(sum.third, 12) +
    rotl<u64>(sum.fourth, 18);
  hash = merge(hash, sum.first);
  hash = merge(hash, sum.second);
  hash = merge(hash, sum.third);
  return merge(hash, sum.fourth);
}

/** The checksum of everything, the last stretch being of any length. */
export function finishSum(sum: Sum, start: usize, length: usize): u64 {
  const stripes = length & ~31;
  addStripes(sum, start, stripes);
  let hash = gathered(sum) + sum.total + <u64>(length - stripes);
  let place = start + stripes;
  const end = start + length;
  for (; place + 8 <= end; place += 8) {
    hash = rotl<u64>(hash ^ round(0, load<u64>(place)), 27) * PRIME_1 + PRIME_4;
  }
  if (place + 4 <= end) {
    hash = rotl<u64>(hash ^ (<u64>load<u32>(place) * PRIME_1), 23) * PRIME_2 + PRIME_3;
    place += 4;
  }
  for (; place < end; place++) {
    hash = rotl<u64>(hash ^ (<u64>load<u8>(place) * PRIME_5), 11) * PRIME_1;
  }
  hash ^= hash >> 33;
  hash *= PRIME_2;
  hash ^= hash >> 29;
  hash *= PRIME_3;
  return hash ^ (hash >> 32);
}
