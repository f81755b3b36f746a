// HighwayHash of 64 bits, which stands behind every record in a message block of the reference. Numbers of 64 bits are
// two of 32, low before high.

const packetBytes = 32;
const rounds = 4;

/** Lanes of four numbers each. */
const start0: readonly number[] = [
  0xfe4cce2f, 0xdbe6d5d5, 0x299f31d0, 0xa4093822, 0x03707344, 0x13198a2e, 0x85a308d3, 0x243f6a88,
];
const start1: readonly number[] = [
  0xcb0ef593, 0x3bd39e10, 0xb5f18a8c, 0xc0acf169, 0x34e90c6c, 0xbe5466cf, 0x38d01377, 0x452821e6,
];

type Lanes = Uint32Array<ArrayBuffer>;

export class HighwayHash {
  readonly #start0: Lanes = Uint32Array.from(start0);
  readonly #start1: Lanes = Uint32Array.from(start1);
  readonly #v0: Lanes = new Uint32Array(8);
  readonly #v1: Lanes = new Uint32Array(8);
  readonly #mul0: Lanes = new Uint32Array(8);
  readonly #mul1: Lanes = new Uint32Array(8);
  readonly #packet: DataView = new DataView(new ArrayBuffer(packetBytes));

  /** The key has 32 bytes. */
  constructor(key: Uint8Array) {
    const view = new DataView(key.buffer, key.byteOffset, key.byteLength);
    for (let lane = 0; lane < 4; lane++) {
      const low = view.getUint32(lane * 8, true);
      const high = view.getUint32(lane * 8 + 4, true);
      xor(this.#start0, lane, low, high);
      xor(this.#start1, lane, high, low);
    }
  }

  /** The eight bytes of the hash. */
  of(bytes: Uint8Array): Uint8Array {
    this.#v0.set(this.#start0);
    this.#v1.set(this.#start1);
    this.#mul0.set(start0);
    this.#mul1.set(start1);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let at = 0;
    for (; at + packetBytes <= bytes.length; at += packetBytes) {
      this.#update(view, at);
    }
    if (at < bytes.length) {
      this.#remainder(bytes.subarray(at));
    }
    for (let round = 0; round < rounds; round++) {
      this.#permute();
    }
    return this.#sum();
  }

  #update(packet: DataView, at: number): void {
    const v0 = this.#v0;
    const v1 = this.#v1;
    const mul0 = this.#mul0;
    const mul1 = this.#mul1;
    for (let lane = 0; lane < 4; lane++) {
      const low = lane * 2;
      const high = low + 1;
      add(
        v1,
        lane,
        packet.getUint32(at + lane * 8, true),
        packet.getUint32(at + lane * 8 + 4, true),
      );
      add(v1, lane, mul0[low] ?? 0, mul0[high] ?? 0);
      xorProduct(mul0, lane, v1[low] ?? 0, v0[high] ?? 0);
      add(v0, lane, mul1[low] ?? 0, mul1[high] ?? 0);
      xorProduct(mul1, lane, v0[low] ?? 0, v1[high] ?? 0);
    }
    zipperAdd(v1, v0, 0);
    zipperAdd(v1, v0, 2);
    zipperAdd(v0, v1, 0);
    zipperAdd(v0, v1, 2);
  }

  #remainder(rest: Uint8Array): void {
    const { length } = rest;
    const block = new Uint8Array(packetBytes);
    for (let lane = 0; lane < 4; lane++) {
      add(this.#v0, lane, length, length);
    }
    for (let word = 0; word < 8; word++) {
      const value = this.#v1[word] ?? 0;
      this.#v1[word] = (value << length) | (value >>> (32 - length));
    }
    const odd = length & 3;
    const even = length - odd;
    block.set(rest.subarray(0, even));
    if (length >= 16) {
      block.set(rest.subarray(length - 4), 28);
    } else if (odd !== 0) {
      block[16] = rest[even] ?? 0;
      block[17] = rest[even + (odd >>> 1)] ?? 0;
      block[18] = rest[length - 1] ?? 0;
    }
    this.#update(new DataView(block.buffer), 0);
  }

  #permute(): void {
    const packet = this.#packet;
    const v0 = this.#v0;
    for (let lane = 0; lane < 4; lane++) {
      const from = ((lane + 2) & 3) * 2;
      packet.setUint32(lane * 8, v0[from + 1] ?? 0, true);
      packet.setUint32(lane * 8 + 4, v0[from] ?? 0, true);
    }
    this.#update(packet, 0);
  }

  #sum(): Uint8Array {
    const sum = new Uint32Array(2);
    for (const lanes of [this.#v0, this.#v1, this.#mul0, this.#mul1]) {
      add(sum, 0, lanes[0] ?? 0, lanes[1] ?? 0);
    }
    const bytes = new Uint8Array(8);
    const view = new DataView(bytes.buffer);
    view.setUint32(0, sum[0] ?? 0, true);
    view.setUint32(4, sum[1] ?? 0, true);
    return bytes;
  }
}

function add(lanes: Uint32Array, lane: number, low: number, high: number): void {
  const sum = (lanes[lane * 2] ?? 0) + low;
  lanes[lane * 2] = sum;
  lanes[lane * 2 + 1] = (lanes[lane * 2 + 1] ?? 0) + high + (sum > 0xffff_ffff ? 1 : 0);
}

function xor(lanes: Uint32Array, lane: number, low: number, high: number): void {
  lanes[lane * 2] = (lanes[lane * 2] ?? 0) ^ low;
  lanes[lane * 2 + 1] = (lanes[lane * 2 + 1] ?? 0) ^ high;
}

/** With all 64 bits of the product. */
function xorProduct(lanes: Uint32Array, lane: number, one: number, other: number): void {
  const oneLow = one & 0xffff;
  const oneHigh = one >>> 16;
  const otherLow = other & 0xffff;
  const otherHigh = other >>> 16;
  const middle = oneHigh * otherLow + (((oneLow * otherLow) / 0x10000) >>> 0);
  const rest = oneLow * otherHigh + (middle % 0x10000);
  const high = oneHigh * otherHigh + Math.floor(middle / 0x10000) + Math.floor(rest / 0x10000);
  xor(lanes, lane, Math.imul(one, other), high);
}

/** Adds two lanes to two others, their bytes shuffled. */
function zipperAdd(from: Uint32Array, to: Uint32Array, lane: number): void {
  const aLow = from[lane * 2] ?? 0;
  const aHigh = from[lane * 2 + 1] ?? 0;
  const bLow = from[lane * 2 + 2] ?? 0;
  const bHigh = from[lane * 2 + 3] ?? 0;
  add(
    to,
    lane,
    ((aLow >>> 24) | ((bHigh & 255) << 8) | (aLow & 0xff0000) | ((aHigh & 0xff00) << 16)) >>> 0,
    (((bHigh >>> 16) & 255) | (aLow & 0xff00) | ((bHigh >>> 24) << 16) | (aLow << 24)) >>> 0,
  );
  add(
    to,
    lane + 1,
    ((bLow >>> 24) | ((aHigh & 255) << 8) | (bLow & 0xff0000) | ((bHigh & 0xff00) << 16)) >>> 0,
    (((bLow >>> 8) & 255) |
      ((aHigh >>> 8) & 0xff00) |
      ((bLow & 255) << 16) |
      (aHigh & 0xff000000)) >>>
      0,
  );
}
