// One configured secret, plain or bcrypt, and the check of what a client gave. Once made it gives the secret away to
// nobody, and a plain check takes the same time whatever differs.

import type { Crypto } from "../ports/crypto.ts";

const bcryptForm = /^\$2[abxy]\$\d{2}\$/;
const encoder: TextEncoder = new TextEncoder();

export class Password {
  readonly isBcrypt: boolean;
  readonly #crypto: Crypto;
  /** The bcrypt text; "" for a plain secret. */
  readonly #hash: string;
  /** SHA-256 of a plain secret: comparing digests tells nothing of lengths either. */
  readonly #digest: Uint8Array;

  constructor(secret: string, crypto: Crypto) {
    this.isBcrypt = bcryptForm.test(secret);
    this.#crypto = crypto;
    this.#hash = this.isBcrypt ? secret : "";
    this.#digest = digestOf(secret, crypto);
  }

  /** Whether both were made from the same configured text. */
  isSame(other: Password): boolean {
    return this.#crypto.equalInConstantTime(this.#digest, other.#digest);
  }

  matches(given: string): boolean | Promise<boolean> {
    return this.isBcrypt
      ? this.#crypto.verifyBcrypt(encoder.encode(given), this.#hash)
      : this.#crypto.equalInConstantTime(digestOf(given, this.#crypto), this.#digest);
  }
}

/** In the same time whatever differs, their lengths included. */
export function isSameText(one: string, other: string, crypto: Crypto): boolean {
  return crypto.equalInConstantTime(digestOf(one, crypto), digestOf(other, crypto));
}

function digestOf(text: string, crypto: Crypto): Uint8Array {
  return crypto.sha256(encoder.encode(text));
}
