// What stands between the bytes a log is made of and the bytes that lie on disk: compression, encryption, or both. The
// log seals whole frames of records and knows nothing of ciphers, keys or codecs.

import { ServerError } from "../base/server-error.ts";

/** Bytes that cannot be opened: damaged, or sealed with another key. */
export class SealError extends ServerError {}

export interface Sealer {
  /** What goes to disk. The result is valid until the next call; the input is not kept. */
  seal(bytes: Uint8Array): Uint8Array;
  /** What `seal` was given. Valid until the next call. Throws SealError for bytes that it did not seal. */
  open(bytes: Uint8Array): Uint8Array;
}

/** Whose bytes are to be sealed. Each asset has its own key, kept beside it in a form that the source chooses. */
export interface SealRequest {
  /** Names the asset for ever: "account/stream" or "account/stream/consumer". */
  readonly context: string;
  readonly compression: "none" | "s2";
  /** What `saveKey` was given for this asset; null is a new one. */
  readonly savedKey: Uint8Array | null;
  /** Durable when it returns. Throws DiskError. */
  saveKey(key: Uint8Array): void;
}

/** Hands out sealers. Null is plain bytes. Throws SealError when the saved key cannot be used. */
export interface SealerSource {
  sealerFor(request: SealRequest): Sealer | null;
}
