// Ends of tokens and lines, sixteen bytes at a time, and small numbers.

const BLANK: u8 = 32;
const TAB: u8 = 9;
export const CR: u8 = 13;
export const LF: u8 = 10;

export function isBlank(byte: u8): bool {
  return byte == BLANK || byte == TAB;
}

/** The first blank, tab, CR or LF at or behind `start`, or `end`. */
export function tokenStop(start: usize, end: usize): usize {
  let place = start;
  while (place < end) {
    let mask = i8x16.bitmask(i8x16.le_u(v128.load(place), i8x16.splat(32)));
    while (mask != 0) {
      const found = place + <usize>ctz(mask);
      if (found >= end) {
        return end;
      }
      const byte = load<u8>(found);
      if (byte == BLANK || byte == LF || byte == CR || byte == TAB) {
        return found;
      }
      mask &= mask - 1;
    }
    place += 16;
  }
  return end;
}

/** The first LF at or behind `start`, or `end`. */
export function lineStop(start: usize, end: usize): usize {
  let place = start;
  while (place < end) {
    const mask = i8x16.bitmask(i8x16.eq(v128.load(place), i8x16.splat(10)));
    if (mask != 0) {
      return min(place + <usize>ctz(mask), end);
    }
    place += 16;
  }
  return end;
}

export function skipBlanks(start: usize, end: usize): usize {
  let place = start;
  while (place < end && isBlank(load<u8>(place))) {
    place++;
  }
  return place;
}

/** The end of the digits at `start`. */
export function digitsStop(start: usize, end: usize): usize {
  let place = start;
  while (place < end && load<u8>(place) - 48 <= 9) {
    place++;
  }
  return place;
}

/** The number that one to nine digits spell; -1 where something else stands, or nothing, or more of them. */
export function readNumber(start: usize, stop: usize): i64 {
  if (start == stop || stop - start > 9) {
    return -1;
  }
  let value: u64 = 0;
  for (let place = start; place < stop; place++) {
    const digit = load<u8>(place) - 48;
    if (digit > 9) {
      return -1;
    }
    value = value * 10 + digit;
  }
  return <i64>value;
}

/** Of at most nine digits, all known to be digits. */
export function readShortNumber(start: usize, stop: usize): u32 {
  let value: u32 = 0;
  for (let place = start; place < stop; place++) {
    value = value * 10 + (load<u8>(place) - 48);
  }
  return value;
}
