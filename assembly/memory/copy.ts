// Copies and comparisons of short byte ranges, in strides of 16. A copy may touch up to 15 bytes behind the end of
// either range: regions end in slack (layout.ts), and what lies behind a destination is written later or never read.

export function copyBytes(target: usize, source: usize, length: usize): void {
  if (length > 256) {
    memory.copy(target, source, length);
    return;
  }
  let offset: usize = 0;
  do {
    v128.store(target + offset, v128.load(source + offset));
    offset += 16;
  } while (offset < length);
}

export function equalBytes(a: usize, b: usize, length: usize): bool {
  let offset: usize = 0;
  while (offset + 8 <= length) {
    if (load<u64>(a + offset) != load<u64>(b + offset)) {
      return false;
    }
    offset += 8;
  }
  const rest = length - offset;
  if (rest == 0) {
    return true;
  }
  const shift = <u64>((8 - rest) << 3);
  return load<u64>(a + offset) << shift == load<u64>(b + offset) << shift;
}

/** Mixes the bytes and a seed into 32 bits. */
export function hashBytes(start: usize, length: usize, seed: u32): u32 {
  let hash: u64 = (<u64>seed ^ <u64>length) * 0x9e3779b97f4a7c15;
  let offset: usize = 0;
  while (offset + 8 <= length) {
    hash = (hash ^ load<u64>(start + offset)) * 0xff51afd7ed558ccd;
    hash ^= hash >> 32;
    offset += 8;
  }
  const rest = length - offset;
  if (rest > 0) {
    hash = (hash ^ (load<u64>(start + offset) << (<u64>((8 - rest) << 3)))) * 0xff51afd7ed558ccd;
    hash ^= hash >> 32;
  }
  hash *= 0xc4ceb9fe1a85ec53;
  return <u32>(hash >> 32);
}

/** Writes the decimal digits of a number; gives how many. */
export function writeDecimal(target: usize, value: u32): usize {
  let digits: usize = 1;
  let rest = value;
  while (rest >= 10) {
    rest /= 10;
    digits++;
  }
  rest = value;
  for (let index: usize = digits; index > 0; index--) {
    store<u8>(target + index - 1, 48 + <u8>(rest % 10));
    rest /= 10;
  }
  return digits;
}
