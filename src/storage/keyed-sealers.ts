// Gives every asset its sealer: with a key of its own, which the server's key seals. A former server key still opens, and
// what it opened is sealed with the present one. It knows no disk: where a key is saved, the asset's owner says.

import type { CipherName, Ciphers } from "../ports/crypto.ts";
import type { Random } from "../ports/random.ts";
import { newAssetKey, ServerKey } from "./asset-key.ts";
import { AssetSealer } from "./asset-sealer.ts";
import { SealError, type Sealer, type SealerSource, type SealRequest } from "./sealing.ts";

export interface KeyedSealersOptions {
  readonly ciphers: Ciphers;
  readonly random: Random;
  /** Null does not encrypt; what is encrypted already cannot be opened then. */
  readonly key: string | null;
  /** Opens what was sealed before the key was changed. */
  readonly previousKey: string | null;
  readonly cipher: CipherName;
}

export class KeyedSealers implements SealerSource {
  readonly #options: KeyedSealersOptions;
  readonly #present: ServerKey | null;
  readonly #former: ServerKey | null;

  constructor(options: KeyedSealersOptions) {
    const { ciphers, key, previousKey } = options;
    this.#options = options;
    this.#present = key === null ? null : new ServerKey(ciphers, key);
    this.#former = previousKey === null ? null : new ServerKey(ciphers, previousKey);
  }

  sealerFor(request: SealRequest): Sealer | null {
    const { ciphers, random, cipher } = this.#options;
    const key = this.#keyFor(request);
    const compresses = request.compression === "s2";
    if (key === null && !compresses) {
      return null;
    }
    const encryption = key === null ? null : { cipher, key };
    return new AssetSealer({ ciphers, random, encryption, compresses });
  }

  /** Null: it is not encrypted, and will not be. */
  #keyFor(request: SealRequest): Uint8Array | null {
    const { savedKey, context } = request;
    const present = this.#present;
    if (savedKey === null) {
      return present === null ? null : this.#newKey(present, request);
    }
    if (present === null && this.#former === null) {
      throw new SealError("NO_KEY", `"${context}" is encrypted, and jetstream has no key`);
    }
    const saver = [present, this.#former].find((known) => known?.hasSaved(savedKey)) ?? null;
    if (saver === null) {
      throw new SealError(
        "WRONG_KEY",
        `"${context}" is encrypted with another key than jetstream's key or prev_key`,
      );
    }
    const key = saver.open(savedKey, context);
    if (key === null) {
      throw new SealError("DAMAGED", `the saved key of "${context}" is damaged`);
    }
    if (present !== null && saver !== present) {
      this.#save(present, request, key);
    }
    return key;
  }

  #newKey(present: ServerKey, request: SealRequest): Uint8Array {
    const key = newAssetKey(this.#options.random);
    this.#save(present, request, key);
    return key;
  }

  #save(present: ServerKey, request: SealRequest, key: Uint8Array): void {
    const { cipher, random } = this.#options;
    request.saveKey(present.save(cipher, request.context, key, random));
  }
}
