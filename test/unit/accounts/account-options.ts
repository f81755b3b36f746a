// Short ways to write definitions in tests of accounts and of the roads between them.

import {
  type AccountOptions,
  defaultOptions,
  type ExportOptions,
  type ImportOptions,
  noLimits,
  type Options,
} from "../../../src/config/options.ts";
import type { Random } from "../../../src/ports/random.ts";

export function account(name: string, parts: Partial<AccountOptions> = {}): AccountOptions {
  return {
    name,
    nkey: null,
    users: [],
    exports: [],
    imports: [],
    mappings: [],
    limits: noLimits,
    defaultPermissions: null,
    messageTrace: null,
    jetStream: null,
    ...parts,
  };
}

export function service(subject: string, parts: Partial<ExportOptions> = {}): ExportOptions {
  return {
    kind: "service",
    subject,
    accounts: [],
    accountTokenPosition: 0,
    responseType: "single",
    thresholdMillis: null,
    latency: null,
    allowTrace: false,
    ...parts,
  };
}

export function stream(subject: string, parts: Partial<ExportOptions> = {}): ExportOptions {
  return { ...service(subject, parts), kind: "stream" };
}

export function takesService(
  from: string,
  subject: string,
  parts: Partial<ImportOptions> = {},
): ImportOptions {
  return {
    kind: "service",
    account: from,
    subject,
    to: null,
    prefix: null,
    share: false,
    allowTrace: false,
    ...parts,
  };
}

export function takesStream(
  from: string,
  subject: string,
  parts: Partial<ImportOptions> = {},
): ImportOptions {
  return { ...takesService(from, subject, parts), kind: "stream" };
}

export function withAccounts(
  accounts: readonly AccountOptions[],
  parts: Partial<Options> = {},
): Options {
  return { ...defaultOptions, accounts, ...parts };
}

/** Repeatable numbers, or always the same one. */
export function seededRandom(fixed?: number): Random {
  let state = 0x2545f491;
  const below = (bound: number): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return fixed === undefined ? (state >>> 0) % bound : fixed % bound;
  };
  return { below, bytes: (length) => Uint8Array.from({ length }, () => below(256)) };
}
