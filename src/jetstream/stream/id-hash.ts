// 96 bits of a message id, in three numbers, made in one pass. One object is reused: whoever keeps the numbers copies
// them.

const primeOne = 0x01000193;
// As signed numbers: what is larger than 31 bits would be taken for a fraction, and be slow.
const primeTwo: number = 0x85ebca6b | 0;
const primeThree: number = 0xc2b2ae35 | 0;
const seedOne: number = 0x811c9dc5 | 0;
const seedTwo: number = 0x9e3779b9 | 0;

export class IdHash {
  one = 0;
  two = 0;
  three = 0;
  /** What was asked last is often asked again at once: known, then added. */
  #id: string | null = null;

  /** Byte text. */
  ofText(id: string): void {
    if (id === this.#id) {
      return;
    }
    this.#id = id;
    let one = seedOne ^ id.length;
    let two = seedTwo;
    let three = 0x27d4eb2f;
    for (let at = 0; at < id.length; at++) {
      const byte = id.charCodeAt(at) & 0xff;
      one = Math.imul(one ^ byte, primeOne);
      two = Math.imul((two << 13) ^ (two >> 19) ^ byte, primeTwo);
      three = Math.imul((three << 7) ^ (three >> 25) ^ (byte * 0x9f), primeThree);
    }
    // The low bits choose the place in a table: let the high ones have a say.
    this.one = Math.imul(one ^ (one >> 15), primeTwo) ^ (one >> 13);
    this.two = (two ^ (two >> 13)) | 0;
    this.three = (three ^ (three >> 16)) | 0;
  }
}
