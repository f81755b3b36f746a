// Loads configurations from memory for the tests of this room.

import { DiskError } from "../../../src/base/server-error.ts";
import { ConfigError } from "../../../src/config/config-error.ts";
import type { Flags } from "../../../src/config/flags.ts";
import type { ConfigDisk } from "../../../src/config/include.ts";
import {
  type ConfigPorts,
  configure,
  type LoadedOptions,
  loadOptions,
} from "../../../src/config/load.ts";
import type { Options } from "../../../src/config/options.ts";

export const fileName = "t.conf";

/** Files by path; relative paths only, and `beside` is a plain join. */
export function memoryDisk(files: Readonly<Record<string, string>>): ConfigDisk {
  return {
    readText(path: string): string {
      const text = files[path];
      if (text === undefined) {
        throw new DiskError("ENOENT", `open ${path}: no such file or directory`);
      }
      return text;
    },
    exists: (path) => files[path] !== undefined,
    absolute: (path) => (path.startsWith("/") ? path : `/${path}`),
    beside(first, second) {
      const folder = first.includes("/") ? first.slice(0, first.lastIndexOf("/") + 1) : "";
      return folder + second;
    },
  };
}

export function memoryPorts(
  files: Readonly<Record<string, string>>,
  environment: Readonly<Record<string, string>> = {},
): ConfigPorts {
  return {
    disk: memoryDisk(files),
    environment: (name) => environment[name],
    crypto: {
      sha256: (bytes) => new Uint8Array(new Bun.CryptoHasher("sha256").update(bytes).digest()),
    },
  };
}

export function load(
  text: string,
  environment: Readonly<Record<string, string>> = {},
): LoadedOptions {
  return loadOptions(fileName, memoryPorts({ [fileName]: text }, environment));
}

export function optionsOf(text: string): Options {
  return load(text).options;
}

export function configured(text: string, flags: Flags = {}): Options {
  return configure({ ...flags, config: fileName }, memoryPorts({ [fileName]: text })).options;
}

/** The text of the ConfigError, or "" when there was none. */
export function errorOf(text: string, environment: Readonly<Record<string, string>> = {}): string {
  return messageOf(() => load(text, environment));
}

export function messageOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof ConfigError) {
      return error.message;
    }
    throw error;
  }
  return "";
}
