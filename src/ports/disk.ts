// Files and directories. Paths are strings; text is UTF-8. Every failure throws DiskError with the system's code, or is
// given to the callback of what runs in the background. What was not synced may be lost, in any part, with the power.

import type { DiskError } from "../base/server-error.ts";

export interface Disk {
  /** Throws DiskError, code ENOENT when there is none. */
  readText(path: string): string;
  readBytes(path: string): Uint8Array;
  writeText(path: string, text: string, mode?: number): void;
  append(path: string): AppendFile;
  remove(path: string): void;
  rename(from: string, to: string): void;
  exists(path: string): boolean;
  isDirectory(path: string): boolean;
  size(path: string): number;
  list(path: string): readonly string[];
  makeDirectory(path: string): void;
  /** `second` as seen from the folder of `first`, unless it is absolute. */
  beside(first: string, second: string): string;
  absolute(path: string): string;
  /** "read" and "update" want the file to be there; "create" makes it, or empties the one that is there. */
  openFile(path: string, access: FileAccess): DiskFile;
  /** Names made, changed and removed in this folder before the call survive a loss of power when onDone is called. */
  syncDirectory(path: string, onDone: OnSynced): void;
  /** The same, waited for. */
  syncDirectoryNow(path: string): void;
  /** Everything that was written on the volume of this path until now, by whomever, survives a loss of power. */
  syncVolumeNow(path: string): void;
  /** With all that is in it. Nothing happens when there is none. */
  removeDirectory(path: string): void;
  /** Held until disposed or the process ends. Throws DiskError, code EWOULDBLOCK when another process holds it. */
  lock(path: string): Disposable;
  /** Free and total bytes of the volume that holds the path. */
  space(path: string): DiskSpace;
}

export type FileAccess = "read" | "update" | "create";

/** Null when it worked. Never called before the function that took it has returned. */
export type OnSynced = (failure: DiskError | null) => void;

export interface DiskSpace {
  readonly free: number;
  readonly total: number;
}

/** A file that is read and written at places. It is not disposed while a sync of it runs. */
export interface DiskFile extends Disposable {
  readonly path: string;
  size(): number;
  /** Gives how many bytes came into into[start, start + length): fewer only at the end of the file. */
  read(into: Uint8Array, start: number, length: number, position: number): number;
  write(bytes: Uint8Array, start: number, length: number, position: number): void;
  /** One part behind the other, in as few calls of the system as it allows. */
  writeAll(parts: readonly Uint8Array[], position: number): void;
  truncate(length: number): void;
  /** What was written before the call survives a loss of power when onDone is called; it runs in the background. */
  sync(onDone: OnSynced): void;
  /** The same, waited for. */
  syncNow(): void;
}

export interface AppendFile extends Disposable {
  write(text: string): void;
  readonly size: number;
}
