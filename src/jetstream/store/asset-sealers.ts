// The sealer of each asset, made once, and its key, which lies beside what it opens. What keys are made of, their source
// knows.

import { readWhole, replaceFileNow } from "../../storage/atomic-file.ts";
import type { LogSurroundings } from "../../storage/log-surroundings.ts";
import type { Sealer, SealerSource } from "../../storage/sealing.ts";

export const keyName = "key";

export class AssetSealers {
  readonly #surroundings: LogSurroundings;
  readonly #source: SealerSource | null;

  constructor(surroundings: LogSurroundings, source: SealerSource | null) {
    this.#surroundings = surroundings;
    this.#source = source;
  }

  /** Null is plain bytes. Throws DiskError or SealError. */
  of(folder: string, context: string, compression: "none" | "s2"): Sealer | null {
    if (this.#source === null) {
      return null;
    }
    const surroundings = this.#surroundings;
    return this.#source.sealerFor({
      context,
      compression,
      savedKey: readWhole(surroundings, `${folder}/${keyName}`),
      saveKey: (key) => {
        replaceFileNow(surroundings, folder, keyName, key);
      },
    });
  }
}
