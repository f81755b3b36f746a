// Syncs a whole volume: by syncfs where the system has it, else by the command that syncs everything.

import { dlopen, FFIType } from "bun:ffi";
import { closeSync, openSync } from "node:fs";
import { attempt, diskFailure } from "./disk-failure.ts";

type SyncVolume = (descriptor: number) => number;

function findSync(): SyncVolume | null {
  try {
    const { symbols } = dlopen("libc.so.6", {
      syncfs: { args: [FFIType.i32], returns: FFIType.i32 },
    });
    return symbols.syncfs as unknown as SyncVolume;
  } catch {
    return null;
  }
}

export function syncVolume(path: string): void {
  const descriptor = attempt("open", path, () => openSync(path, "r"));
  try {
    const sync = findSync();
    const isSynced = sync === null ? Bun.spawnSync(["sync"]).success : sync(descriptor) === 0;
    if (!isSynced) {
      throw diskFailure("sync", path, "EIO");
    }
  } finally {
    closeSync(descriptor);
  }
}
