// Small pure questions about byte ranges.

const encoder: TextEncoder = new TextEncoder();
const decoder: TextDecoder = new TextDecoder();

export function utf8Bytes(text: string): Uint8Array {
  return encoder.encode(text);
}

/** Bytes that are not UTF-8 become the replacement character. */
export function utf8Text(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

/** bytes[start, end) of `from` to `place` in `into`, which has room. */
export type CopyBytes = (
  from: Uint8Array,
  start: number,
  end: number,
  into: Uint8Array,
  place: number,
) => void;

/** Where nobody offers a cheaper way. */
export function copyBytes(
  from: Uint8Array,
  start: number,
  end: number,
  into: Uint8Array,
  place: number,
): void {
  into.set(from.subarray(start, end), place);
}

export function concatBytes(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}
