// Names for events, unique and 22 characters long: a random beginning and a running end. It knows no event.

import type { Random } from "../ports/random.ts";

const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const prefixLength = 14;
/** 62^8 stays below 2^53. */
const counterLength = 8;

export class EventIds {
  readonly #prefix: string;
  #next = 0;

  constructor(random: Random) {
    let prefix = "";
    for (let i = 0; i < prefixLength; i++) {
      prefix += digits.charAt(random.below(digits.length));
    }
    this.#prefix = prefix;
  }

  next(): string {
    let rest = this.#next;
    this.#next += 1;
    let counter = "";
    for (let i = 0; i < counterLength; i++) {
      counter = digits.charAt(rest % digits.length) + counter;
      rest = Math.floor(rest / digits.length);
    }
    return this.#prefix + counter;
  }
}
