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

/** All that was written is durable. Nobody waits for this: without it the next start takes longer. */
export function endCleanly(disk: Disk, folder: string): void {
  try {
    disk.writeText(`${folder}/${name}`, "");
  } catch (failure) {
    if (!(failure instanceof ServerError)) {
      throw failure;
    }
  }
}
