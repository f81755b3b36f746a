// Varints of 64 bits, as Go writes them: unsigned, and signed in zigzag.

const low7 = 0x7fn;
const mostBits = 64n;

export interface ReadVarint {
  readonly value: bigint;
  /** Behind the last byte of it. */
  readonly end: number;
}

/** "short": the bytes end before it does. "wrong": it has more than 64 bits. */
export function readVarint(bytes: Uint8Array, start: number): ReadVarint | "short" | "wrong" {
  let value = 0n;
  let shift = 0n;
  for (let at = start; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0;
    value |= (BigInt(byte) & low7) << shift;
    shift += 7n;
    if (byte < 0x80) {
      return value >> mostBits === 0n ? { value, end: at + 1 } : "wrong";
    }
    if (shift > mostBits) {
      return "wrong";
    }
  }
  return "short";
}

export function fromZigzag(value: bigint): bigint {
  return (value & 1n) === 0n ? value >> 1n : -((value + 1n) >> 1n);
}

export function toZigzag(value: bigint): bigint {
  return value < 0n ? -value * 2n - 1n : value * 2n;
}

/** Appends to a list of bytes. */
export function writeVarint(target: number[], value: bigint): void {
  let rest = value;
  if (rest <= 0xffff_ffffn) {
    writeSmall(target, Number(rest));
    return;
  }
  while (rest > low7) {
    target.push(Number(rest & low7) | 0x80);
    rest >>= 7n;
  }
  target.push(Number(rest));
}

function writeSmall(target: number[], value: number): void {
  let rest = value;
  while (rest > 0x7f) {
    target.push((rest & 0x7f) | 0x80);
    rest >>>= 7;
  }
  target.push(rest);
}
