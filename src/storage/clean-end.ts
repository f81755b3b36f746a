// Whether the process before ended by itself. One that was killed leaves bytes that it wrote and never synced: what is found
// of them has to stay, so all of the volume is synced before anybody looks. That can take long, and is spared otherwise.

import { ServerError } from "../base/server-error.ts";
import type { Disk } from "../ports/disk.ts";

const name = ".clean";

/** Throws DiskError. */
export function beginAfter(disk: Disk, folder: string): void {
  const path = `${folder}/${name}`;
  if (disk.exists(path)) {
    disk.remove(path);
  } else if (disk.list(folder).some((entry) => !entry.startsWith("."))) {
    disk.syncVolumeNow(folder);
  }
}

/** Logs and journals that are open, and whether all of those before ended with everything durable. */
export class OpenAssets {
  #count = 0;
  #isClean = true;

  opened(): void {
    this.#count++;
  }

  closed(isClean: boolean): void {
    this.#count--;
    this.#isClean &&= isClean;
  }

  get haveEndedCleanly(): boolean {
    return this.#count === 0 && this.#isClean;
  }
}

/** Nobody waits for this: without it the next start takes longer. */
export function endAfter(assets: OpenAssets, disk: Disk, folder: string): void {
  try {
    if (assets.haveEndedCleanly) {
      disk.writeText(`${folder}/${name}`, "");
    }
  } catch (failure) {
    if (!(failure instanceof ServerError)) {
      throw failure;
    }
  }
}
