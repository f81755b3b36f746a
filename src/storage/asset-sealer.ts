// Seals what one asset writes: compressed if that makes it smaller, encrypted if there is a key. A sealed frame tells what
// was done to it, and opens whatever the settings are now.
//
// frame  marks: 1 compressed, cipher << 1 | when encrypted: salt 16, count 6 | content | when encrypted: tag 16

import { concatBytes } from "../base/bytes.ts";
import type { CipherName, Ciphers } from "../ports/crypto.ts";
import type { Random } from "../ports/random.ts";
import { cipherNumbers, cipherOf, nonceBytes } from "./asset-key.ts";
import { decodeS2, S2Encoder, S2Error } from "./s2-block.ts";
import { SealError, type Sealer } from "./sealing.ts";

const compressedMark = 1;
const saltBytes = 16;
const countBytes = 6;
const headBytes = 1 + saltBytes + countBytes;
/** Frames sealed with one salt. */
const mostFrames = 2 ** 32;
/** Salts whose keys are remembered while reading. */
const mostSessions = 64;
/** The longest frame that is opened. */
const longestFrame = 2 ** 30;
/** Less is not worth compressing. */
const shortestCompressed = 64;

interface Session {
  readonly salt: Uint8Array;
  readonly key: Uint8Array;
}

export interface AssetSealerOptions {
  readonly ciphers: Ciphers;
  readonly random: Random;
  /** Null: what is written is not encrypted. */
  readonly encryption: { readonly cipher: CipherName; readonly key: Uint8Array } | null;
  readonly compresses: boolean;
}

export class AssetSealer implements Sealer {
  readonly #options: AssetSealerOptions;
  readonly #encoder: S2Encoder | null;
  /** Random for every opening of the asset, so that counting frames never repeats a nonce. */
  #session: Session | null = null;
  #count = 0;
  readonly #known: Map<string, Session> = new Map();

  constructor(options: AssetSealerOptions) {
    this.#options = options;
    this.#encoder = options.compresses ? new S2Encoder() : null;
  }

  seal(bytes: Uint8Array): Uint8Array {
    const compressed = bytes.length < shortestCompressed ? null : this.#compressed(bytes);
    const content = compressed ?? bytes;
    const mark = compressed === null ? 0 : compressedMark;
    const { encryption } = this.#options;
    return encryption === null
      ? concatBytes([Uint8Array.of(mark), content])
      : this.#encrypted(encryption.cipher, encryption.key, mark, content);
  }

  open(bytes: Uint8Array): Uint8Array {
    const marks = bytes[0] ?? -1;
    const cipher = cipherOf(marks >> 1);
    if (marks > 1 && cipher === null) {
      throw damaged();
    }
    const content = cipher === null ? bytes.subarray(1) : this.#decrypted(cipher, bytes);
    return (marks & compressedMark) === 0 ? content : decompressed(content);
  }

  #compressed(bytes: Uint8Array): Uint8Array | null {
    const encoded = this.#encoder?.encode(bytes) ?? null;
    return encoded === null || encoded.length >= bytes.length ? null : encoded;
  }

  #encrypted(cipher: CipherName, key: Uint8Array, mark: number, content: Uint8Array): Uint8Array {
    if (this.#session === null || this.#count === mostFrames) {
      const salt = this.#options.random.bytes(saltBytes);
      this.#session = { salt, key: this.#sessionKey(key, salt) };
      this.#count = 0;
    }
    this.#count++;
    const head = new Uint8Array(headBytes);
    head[0] = mark | (cipherNumbers[cipher] << 1);
    head.set(this.#session.salt, 1);
    const view = new DataView(head.buffer);
    view.setUint16(1 + saltBytes, Math.floor(this.#count / 2 ** 32));
    view.setUint32(3 + saltBytes, this.#count % 2 ** 32);
    const sealed = this.#options.ciphers.seal(cipher, this.#session.key, nonceOf(head), content);
    return concatBytes([head, sealed]);
  }

  #decrypted(cipher: CipherName, bytes: Uint8Array): Uint8Array {
    const { encryption, ciphers } = this.#options;
    if (encryption === null) {
      throw new SealError("NO_KEY", "it is encrypted, and there is no key");
    }
    if (bytes.length < headBytes) {
      throw damaged();
    }
    const session = this.#sessionOf(encryption.key, bytes.subarray(1, 1 + saltBytes));
    const sealed = bytes.subarray(headBytes);
    const opened = ciphers.open(cipher, session.key, nonceOf(bytes), sealed);
    if (opened === null) {
      throw damaged();
    }
    return opened;
  }

  #sessionOf(key: Uint8Array, salt: Uint8Array): Session {
    const name = String.fromCharCode(...salt);
    const known = this.#known.get(name);
    if (known !== undefined) {
      return known;
    }
    if (this.#known.size === mostSessions) {
      this.#known.clear();
    }
    const made = { salt: salt.slice(), key: this.#sessionKey(key, salt) };
    this.#known.set(name, made);
    return made;
  }

  #sessionKey(key: Uint8Array, salt: Uint8Array): Uint8Array {
    return this.#options.ciphers.hmacSha256(key, salt);
  }
}

/** Opens what a sealer without a key has sealed. Throws SealError for what is encrypted. */
export function openUnencrypted(bytes: Uint8Array): Uint8Array {
  const marks = bytes[0] ?? -1;
  if (marks !== 0 && marks !== compressedMark) {
    throw new SealError("NO_KEY", "it is encrypted, and there is no key");
  }
  const content = bytes.subarray(1);
  return marks === 0 ? content : decompressed(content);
}

/** Marks, zeros and the count: marks that were changed on disk do not open. */
function nonceOf(head: Uint8Array): Uint8Array {
  const nonce = new Uint8Array(nonceBytes);
  nonce[0] = head[0] ?? 0;
  nonce.set(head.subarray(1 + saltBytes, headBytes), nonceBytes - countBytes);
  return nonce;
}

function decompressed(content: Uint8Array): Uint8Array {
  try {
    return decodeS2(content, longestFrame);
  } catch (failure) {
    if (failure instanceof S2Error) {
      throw damaged(failure);
    }
    throw failure;
  }
}

function damaged(cause?: Error): SealError {
  return new SealError("DAMAGED", "it is damaged, or was sealed with another key", cause);
}
