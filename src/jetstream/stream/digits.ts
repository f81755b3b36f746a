// Decimal digits written as bytes, for what is written per message. It knows no limits: whoever calls counted the digits.

const zero = 0x30;
const mostWhole = 0x7fffffff;

/** Exactly `count` digits from `start` on; a shorter number gets zeros before it. */
export function writeDigits(bytes: Uint8Array, start: number, count: number, value: number): void {
  let at = start + count - 1;
  let left = value;
  for (; left > mostWhole; at--) {
    const rest = left % 10;
    bytes[at] = zero + rest;
    left = (left - rest) / 10;
  }
  // The rest in whole numbers of 32 bits: remainders of others are a call each.
  for (let whole = left | 0; at >= start; at--) {
    const tens = (whole / 10) | 0;
    bytes[at] = zero + whole - tens * 10;
    whole = tens;
  }
}

export function digitsOf(value: number): number {
  let digits = 1;
  for (let bound = 10; bound <= value; bound *= 10) {
    digits++;
  }
  return digits;
}
