// Where text from outside a configuration file comes from: included files and variables of the environment. It guards
// against files and variables that name each other in a circle.

import { DiskError } from "../base/server-error.ts";
import type { Disk } from "../ports/disk.ts";
import { ConfigError } from "./config-error.ts";

export type ConfigDisk = Pick<Disk, "readText" | "exists" | "beside" | "absolute">;
export type Environment = (name: string) => string | undefined;

export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

export class ConfigSources {
  readonly #disk: ConfigDisk;
  readonly #environment: Environment;
  readonly #openFiles: string[] = [];
  readonly #openVariables: Set<string> = new Set();

  constructor(disk: ConfigDisk, environment: Environment) {
    this.#disk = disk;
    this.#environment = environment;
  }

  /** Gives the file's text to `use`; while that runs, the file cannot be included again. */
  withFile<T>(path: string, use: (file: SourceFile) => T): T {
    const absolute = this.#disk.absolute(path);
    if (this.#openFiles.includes(absolute)) {
      throw new ConfigError(`${path} includes itself`);
    }
    const file = { path, text: this.#read(path) };
    this.#openFiles.push(absolute);
    try {
      return use(file);
    } finally {
      this.#openFiles.pop();
    }
  }

  /** Gives the variable's text to `use`, or null when there is none. */
  withVariable<T>(name: string, use: (text: string) => T): T | null {
    if (this.#openVariables.has(name)) {
      throw new ConfigError(`variable reference cycle for '${name}'`);
    }
    const text = this.#environment(name);
    if (text === undefined) {
      return null;
    }
    this.#openVariables.add(name);
    try {
      return use(text);
    } finally {
      this.#openVariables.delete(name);
    }
  }

  /** The reference takes every path from the folder of the including file, even an absolute one; that goes first. */
  pathOf(included: string, from: string): string {
    const relative = this.#disk.beside(from, included.replace(/^\/+/, ""));
    return included.startsWith("/") && !this.#disk.exists(relative) ? included : relative;
  }

  #read(path: string): string {
    try {
      return this.#disk.readText(path);
    } catch (error) {
      if (error instanceof DiskError) {
        throw new ConfigError(reasonOf(path, error), { cause: error });
      }
      throw error;
    }
  }
}

/** The port's own words, but for a folder: that opens, and only reading it fails. */
function reasonOf(path: string, error: DiskError): string {
  return error.code === "EISDIR" ? `read ${path}: is a directory` : error.message;
}
