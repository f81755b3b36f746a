// Makes folders so that they survive a loss of power: whoever asks is told which folders have new names in them.

import type { Disk } from "../ports/disk.ts";

/** Gives the folders to be synced, the outermost first; none when the folder was there. */
export function makeDirectories(disk: Disk, path: string): string[] {
  const changed: string[] = [];
  let missing = path;
  while (!disk.isDirectory(missing)) {
    const end = missing.lastIndexOf("/");
    if (end <= 0) {
      break;
    }
    missing = missing.slice(0, end);
    changed.unshift(missing);
  }
  if (changed.length > 0) {
    disk.makeDirectory(path);
  }
  return changed;
}
