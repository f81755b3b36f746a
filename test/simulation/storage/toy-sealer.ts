// Seals as a cipher does, without being one: other bytes of another length, that show when they were changed.

import { SealError, type Sealer } from "../../../src/storage/sealing.ts";

const mask = 0x5a;
const headBytes = 5;

function sumOf(bytes: Uint8Array): number {
  let sum = 7;
  for (const byte of bytes) {
    sum = (Math.imul(sum, 31) + byte) >>> 0;
  }
  return sum;
}

export class ToySealer implements Sealer {
  seal(bytes: Uint8Array): Uint8Array {
    const sealed = new Uint8Array(headBytes + bytes.length);
    new DataView(sealed.buffer).setUint32(0, sumOf(bytes), true);
    sealed[headBytes - 1] = 1;
    for (let at = 0; at < bytes.length; at++) {
      sealed[headBytes + at] = (bytes[at] ?? 0) ^ mask;
    }
    return sealed;
  }

  open(sealed: Uint8Array): Uint8Array {
    const bytes = sealed.slice(headBytes).map((byte) => byte ^ mask);
    const view = new DataView(sealed.buffer, sealed.byteOffset, sealed.byteLength);
    if (sealed.length < headBytes || view.getUint32(0, true) !== sumOf(bytes)) {
      throw new SealError("toy-sealer", "these bytes were not sealed so");
    }
    return bytes;
  }
}
