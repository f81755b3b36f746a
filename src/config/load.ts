// From a file, or from a text, to Options. What the command line adds, and rules over the whole, come after: see
// configure.

import type { Crypto } from "../ports/crypto.ts";
import { digestOf } from "./digest.ts";
import { Findings } from "./findings.ts";
import { applyFlags, type Flags } from "./flags.ts";
import { type ConfigDisk, ConfigSources, type Environment } from "./include.ts";
import { defaultOptions, type Options } from "./options.ts";
import { parseFile, parseText } from "./parser.ts";
import { finished } from "./sections/draft.ts";
import { decodeTopLevel } from "./sections/top-level.ts";
import { type ConfigEntries, textOfPlace } from "./tree.ts";
import { checkTrade, validateOptions } from "./validate.ts";

export interface ConfigPorts {
  readonly disk: ConfigDisk;
  readonly environment: Environment;
  readonly crypto: Pick<Crypto, "sha256">;
}

export interface LoadedOptions {
  readonly options: Options;
  /** Whole lines for the operator. With -t, the reference takes any as a failure. */
  readonly warnings: readonly string[];
  /** file:line:column of the accounts block, for faults that only building the accounts finds. */
  readonly accountsPlace: string | null;
  /** Whether it says where clients connect; else that is the default. */
  readonly namesClientAddress: boolean;
}

/** Throws ConfigError with one line for each fault, warnings first. */
export function loadOptions(path: string, ports: ConfigPorts): LoadedOptions {
  const entries = parseFile(path, new ConfigSources(ports.disk, ports.environment));
  return decoded(path, entries, ports);
}

/** The same from a text; included files are sought beside `path`. */
export function loadOptionsFromText(text: string, path: string, ports: ConfigPorts): LoadedOptions {
  const entries = parseText({ path, text }, new ConfigSources(ports.disk, ports.environment));
  return decoded(path, entries, ports);
}

/** The options a server shall run with: its file's, if it has one, with the command line over them, checked. */
export function configure(flags: Flags, ports: ConfigPorts): LoadedOptions {
  const loaded =
    flags.config === undefined || flags.config === ""
      ? { options: defaultOptions, warnings: [], accountsPlace: null, namesClientAddress: false }
      : loadOptions(flags.config, ports);
  const options = applyFlags(loaded.options, flags);
  validateOptions(options);
  return { ...loaded, options };
}

function decoded(path: string, entries: ConfigEntries, ports: ConfigPorts): LoadedOptions {
  const findings = new Findings();
  if (entries.size === 0) {
    findings.warning(`${path}: config has no values or is empty`);
  }
  const draft = decodeTopLevel(entries, findings);
  if (!findings.hasErrors) {
    checkTrade(draft, findings);
  }
  findings.throwIfErrors();
  const options = {
    ...finished(draft),
    configFile: path,
    configDigest: digestOf(entries, ports.crypto),
  };
  return {
    options,
    warnings: findings.warnings,
    accountsPlace: draft.accountsNode === null ? null : textOfPlace(draft.accountsNode.place),
    namesClientAddress: draft.client !== defaultOptions.client,
  };
}
