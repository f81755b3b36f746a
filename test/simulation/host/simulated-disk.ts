// A disk that forgets everything not synced, and may keep any part of it; that can be full, fail, and be slow. Everything
// happens by chance from a seed.

import { DiskError } from "../../../src/base/server-error.ts";
import type {
  AppendFile,
  Disk,
  DiskFile,
  DiskSpace,
  FileAccess,
  OnSynced,
} from "../../../src/ports/disk.ts";
import type { Timers } from "../../../src/ports/timers.ts";
import { SimulatedFile } from "./simulated-file.ts";
import { isFile, isFolder, SimulatedFolder } from "./simulated-folder.ts";
import type { SimulatedRandom } from "./simulated-random.ts";

export type FaultyAction = "read" | "write" | "sync" | "rename" | "open";

/** The code of the failure; null lets it succeed. */
export type Fault = (action: FaultyAction, path: string) => string | null;

const words: Readonly<Record<string, string>> = {
  ENOENT: "no such file or directory",
  ENOSPC: "no space left on device",
  EIO: "input/output error",
  EISDIR: "is a directory",
  ENOTDIR: "not a directory",
  EWOULDBLOCK: "held by another process",
};
const encoder: TextEncoder = new TextEncoder();
const decoder: TextDecoder = new TextDecoder();
const slowestSyncMillis = 20;

export interface SimulatedDiskOptions {
  readonly random: SimulatedRandom;
  readonly timers: Timers;
  /** Bytes; what is above fails with ENOSPC. */
  readonly capacity?: number;
}

export class SimulatedDisk implements Disk {
  /** Asked before everything that can fail. */
  fault: Fault = () => null;
  capacity: number;
  readonly #random: SimulatedRandom;
  readonly #timers: Timers;
  readonly #locks: Set<string> = new Set();
  readonly #root: SimulatedFolder;
  /** The power is gone: this disk answers nobody any more. */
  #isDead = false;
  #used = 0;

  constructor(options: SimulatedDiskOptions, root: SimulatedFolder = new SimulatedFolder()) {
    this.#root = root;
    this.#random = options.random;
    this.#timers = options.timers;
    this.capacity = options.capacity ?? Number.MAX_SAFE_INTEGER;
  }

  // --- what a simulation does

  /** The disk as it is found afterwards; this one is dead. */
  losePower(timers: Timers): SimulatedDisk {
    return this.#succeededBy(this.#root.afterPowerLoss(this.#random), timers);
  }

  /** The process ends, the machine goes on: nothing is lost. */
  killProcess(timers: Timers): SimulatedDisk {
    return this.#succeededBy(this.#root, timers);
  }

  /** All files, with their contents. */
  files(): Map<string, Uint8Array> {
    const files = new Map<string, Uint8Array>();
    this.#collect("", this.#root, files);
    return files;
  }

  /** A disk with these files, all durable. */
  static holding(
    files: ReadonlyMap<string, Uint8Array>,
    options: SimulatedDiskOptions,
  ): SimulatedDisk {
    const disk = new SimulatedDisk(options);
    for (const [path, bytes] of files) {
      const parts = partsOf(path);
      const name = parts.pop() ?? "";
      let folder = disk.#root;
      for (const part of parts) {
        const known = folder.get(part);
        const inner = isFolder(known) ? known : new SimulatedFolder();
        folder.put(part, inner);
        folder = inner;
      }
      folder.put(name, SimulatedFile.durable(bytes));
      disk.#used += bytes.length;
    }
    return disk;
  }

  // --- the port

  readText(path: string): string {
    return decoder.decode(this.readBytes(path));
  }

  readBytes(path: string): Uint8Array {
    this.#check("read", path);
    return this.#file("open", path).contents;
  }

  writeText(path: string, text: string): void {
    using file = this.openFile(path, "create");
    const bytes = encoder.encode(text);
    file.write(bytes, 0, bytes.length, 0);
  }

  append(path: string): AppendFile {
    const file = this.#lookUp(path);
    const opened = isFile(file) ? file : this.#make(path);
    return {
      get size(): number {
        return opened.size;
      },
      write: (text: string) => {
        this.writeTo(opened, path, encoder.encode(text), opened.size);
      },
      [Symbol.dispose]: () => undefined,
    };
  }

  remove(path: string): void {
    const file = this.#file("remove", path);
    this.#used -= file.size;
    this.#folderOf(path).change([[nameOf(path), null]]);
  }

  rename(from: string, to: string): void {
    this.#check("rename", from);
    const node = this.#lookUp(from);
    if (node === undefined) {
      throw failure("rename", from, "ENOENT");
    }
    const [source, target] = [this.#folderOf(from), this.#folderOf(to)];
    if (source === target) {
      source.change([
        [nameOf(from), null],
        [nameOf(to), node],
      ]);
    } else {
      target.change([[nameOf(to), node]]);
      source.change([[nameOf(from), null]]);
    }
  }

  exists(path: string): boolean {
    return this.#lookUp(path) !== undefined;
  }

  isDirectory(path: string): boolean {
    return isFolder(this.#lookUp(path));
  }

  size(path: string): number {
    return this.#file("stat", path).size;
  }

  list(path: string): readonly string[] {
    return this.#folder("open", path).list();
  }

  makeDirectory(path: string): void {
    this.#alive(path);
    let folder = this.#root;
    for (const part of partsOf(path)) {
      let inner = folder.get(part);
      if (inner === undefined) {
        inner = new SimulatedFolder();
        folder.change([[part, inner]]);
      }
      if (!isFolder(inner)) {
        throw failure("mkdir", path, "ENOTDIR");
      }
      folder = inner;
    }
  }

  beside(first: string, second: string): string {
    return second.startsWith("/") ? second : tidy(`${first.replace(/\/[^/]*$/, "")}/${second}`);
  }

  absolute(path: string): string {
    return path.startsWith("/") ? tidy(path) : tidy(`/${path}`);
  }

  openFile(path: string, access: FileAccess): DiskFile {
    this.#check("open", path);
    const known = this.#lookUp(path);
    if (isFolder(known)) {
      throw failure("open", path, "EISDIR");
    }
    if (access !== "create") {
      return new OpenedFile(this, path, this.#file("open", path));
    }
    const file = isFile(known) ? known : this.#make(path);
    this.#used -= file.size;
    file.truncate(0);
    return new OpenedFile(this, path, file);
  }

  syncDirectory(path: string, onDone: OnSynced): void {
    const folder = this.#folder("open", path);
    const { mark } = folder;
    this.#later(path, onDone, () => {
      folder.synced(mark);
    });
  }

  syncDirectoryNow(path: string): void {
    this.#check("sync", path);
    const folder = this.#folder("open", path);
    folder.synced(folder.mark);
  }

  syncVolumeNow(path: string): void {
    this.#check("sync", path);
    this.#root.syncAll();
  }

  removeDirectory(path: string): void {
    const folder = this.#lookUp(path);
    if (isFolder(folder)) {
      this.#used -= this.#count(folder);
      this.#folderOf(path).change([[nameOf(path), null]]);
    }
  }

  lock(path: string): Disposable {
    if (this.#locks.has(path)) {
      throw failure("lock", path, "EWOULDBLOCK");
    }
    if (!this.exists(path)) {
      this.#make(path);
    }
    this.#locks.add(path);
    return {
      [Symbol.dispose]: () => {
        this.#locks.delete(path);
      },
    };
  }

  space(): DiskSpace {
    return { free: Math.max(0, this.capacity - this.#used), total: this.capacity };
  }

  // --- what its files ask

  writeTo(file: SimulatedFile, path: string, bytes: Uint8Array, position: number): void {
    this.#alive(path);
    const code = this.fault("write", path);
    const growth = Math.max(0, position + bytes.length - file.size);
    if (code === null && this.#used + growth <= this.capacity) {
      file.write(bytes, position);
      this.#used += growth;
      return;
    }
    // What fails may have been done in part.
    const part = bytes.subarray(0, this.#random.below(bytes.length));
    const room = Math.max(0, this.capacity - this.#used);
    const taken = part.subarray(0, Math.min(part.length, room));
    this.#used += Math.max(0, position + taken.length - file.size);
    file.write(taken, position);
    throw failure("write", path, code ?? "ENOSPC");
  }

  readFrom(path: string): void {
    this.#check("read", path);
  }

  truncateTo(file: SimulatedFile, path: string, length: number): void {
    this.#check("write", path);
    this.#used += length - file.size;
    file.truncate(length);
  }

  syncFile(file: SimulatedFile, path: string, onDone: OnSynced): void {
    const { mark } = file;
    this.#later(
      path,
      onDone,
      () => {
        file.synced(mark);
      },
      () => {
        file.syncFailed();
      },
    );
  }

  syncFileNow(file: SimulatedFile, path: string): void {
    this.#alive(path);
    const code = this.fault("sync", path);
    if (code !== null) {
      file.syncFailed();
      throw failure("sync", path, code);
    }
    file.synced(file.mark);
  }

  // --- inside

  #succeededBy(root: SimulatedFolder, timers: Timers): SimulatedDisk {
    this.#isDead = true;
    const { capacity } = this;
    const found = new SimulatedDisk({ random: this.#random, timers, capacity }, root);
    found.#used = found.#count(root);
    return found;
  }

  /** A sync ends after a while, unless the power goes before. */
  #later(path: string, onDone: OnSynced, work: () => void, onFailed?: () => void): void {
    this.#alive(path);
    this.#timers.after(this.#random.below(slowestSyncMillis), () => {
      if (this.#isDead) {
        return;
      }
      const code = this.fault("sync", path);
      if (code === null) {
        work();
        onDone(null);
      } else {
        onFailed?.();
        onDone(failure("sync", path, code));
      }
    });
  }

  #alive(path: string): void {
    if (this.#isDead) {
      throw failure("use", path, "EIO");
    }
  }

  #check(action: FaultyAction, path: string): void {
    this.#alive(path);
    const code = this.fault(action, path);
    if (code !== null) {
      throw failure(action, path, code);
    }
  }

  #lookUp(path: string): SimulatedFile | SimulatedFolder | undefined {
    let node: SimulatedFile | SimulatedFolder | undefined = this.#root;
    for (const part of partsOf(path)) {
      node = isFolder(node) ? node.get(part) : undefined;
    }
    return node;
  }

  #file(action: string, path: string): SimulatedFile {
    this.#alive(path);
    const node = this.#lookUp(path);
    if (!isFile(node)) {
      throw failure(action, path, node === undefined ? "ENOENT" : "EISDIR");
    }
    return node;
  }

  #folder(action: string, path: string): SimulatedFolder {
    this.#alive(path);
    const node = this.#lookUp(path);
    if (!isFolder(node)) {
      throw failure(action, path, node === undefined ? "ENOENT" : "ENOTDIR");
    }
    return node;
  }

  #folderOf(path: string): SimulatedFolder {
    const end = path.lastIndexOf("/");
    return end === 0 ? this.#root : this.#folder("open", path.slice(0, end));
  }

  #make(path: string): SimulatedFile {
    const file = new SimulatedFile();
    this.#folderOf(path).change([[nameOf(path), file]]);
    return file;
  }

  #count(folder: SimulatedFolder): number {
    return folder.list().reduce((sum, name) => {
      const node = folder.get(name);
      return sum + (isFolder(node) ? this.#count(node) : (node?.size ?? 0));
    }, 0);
  }

  #collect(path: string, folder: SimulatedFolder, into: Map<string, Uint8Array>): void {
    for (const name of folder.list()) {
      const node = folder.get(name);
      if (isFolder(node)) {
        this.#collect(`${path}/${name}`, node, into);
      } else if (node !== undefined) {
        into.set(`${path}/${name}`, node.contents);
      }
    }
  }
}

class OpenedFile implements DiskFile {
  readonly path: string;
  readonly #disk: SimulatedDisk;
  readonly #file: SimulatedFile;

  constructor(disk: SimulatedDisk, path: string, file: SimulatedFile) {
    this.#disk = disk;
    this.path = path;
    this.#file = file;
  }

  size(): number {
    return this.#file.size;
  }

  read(into: Uint8Array, start: number, length: number, position: number): number {
    this.#disk.readFrom(this.path);
    return this.#file.read(into, start, length, position);
  }

  write(bytes: Uint8Array, start: number, length: number, position: number): void {
    this.#disk.writeTo(this.#file, this.path, bytes.subarray(start, start + length), position);
  }

  writeAll(parts: readonly Uint8Array[], position: number): void {
    let place = position;
    for (const part of parts) {
      this.#disk.writeTo(this.#file, this.path, part, place);
      place += part.length;
    }
  }

  truncate(length: number): void {
    this.#disk.truncateTo(this.#file, this.path, length);
  }

  sync(onDone: OnSynced): void {
    this.#disk.syncFile(this.#file, this.path, onDone);
  }

  syncNow(): void {
    this.#disk.syncFileNow(this.#file, this.path);
  }

  [Symbol.dispose](): void {
    // A descriptor more or less is nothing here.
  }
}

function failure(action: string, path: string, code: string): DiskError {
  return new DiskError(code, `${action} ${path}: ${words[code] ?? code}`);
}

function partsOf(path: string): string[] {
  return path.split("/").filter((part) => part !== "");
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

function tidy(path: string): string {
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "..") {
      parts.pop();
    } else if (part !== "" && part !== ".") {
      parts.push(part);
    }
  }
  return `/${parts.join("/")}`;
}
