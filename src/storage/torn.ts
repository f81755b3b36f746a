// Whether bytes that should be a record were never written whole, or were written and damaged later. A disk writes whole
// sectors or nothing of them, and what it did not write of a new file reads as zeros or lies behind its end.

const sectorBytes = 512;

export interface Stretch {
  readonly from: number;
  readonly to: number;
}

/**
 * Some part of the record that should begin at `from` is missing. `origin` is where in the file the bytes begin, `least`
 * the length of the shortest record. `isWhole`: the stretch is a right record that only claims another length.
 */
export function isTorn(
  bytes: Uint8Array,
  stretch: Stretch,
  origin: number,
  least: number,
  isWhole: () => boolean,
): boolean {
  const { from, to } = stretch;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = from + 4 <= bytes.length ? view.getUint32(from, true) : 0;
  const end = from + length;
  if (length < least || end > bytes.length) {
    // Zeros at the end count as not written, also those that belong to the record.
    const isLast = areZeros(bytes, to, bytes.length);
    return isMissing(bytes, origin, from, to) || (isLast && !isWhole());
  }
  return isMissing(bytes, origin, from, end);
}

function isMissing(bytes: Uint8Array, origin: number, from: number, end: number): boolean {
  for (let start = from; start < end; ) {
    const sectorEnd = (Math.floor((origin + start) / sectorBytes) + 1) * sectorBytes - origin;
    const stop = Math.min(sectorEnd, end);
    if (areZeros(bytes, start, stop)) {
      return true;
    }
    start = stop;
  }
  return false;
}

function areZeros(bytes: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; at++) {
    if (bytes[at] !== 0) {
      return false;
    }
  }
  return true;
}
