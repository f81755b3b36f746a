// Files and directories. Paths are strings; text is UTF-8. Every failure throws DiskError with the system's code.

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
}

export interface AppendFile extends Disposable {
  write(text: string): void;
  readonly size: number;
}
