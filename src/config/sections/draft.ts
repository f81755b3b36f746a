// Options while they are being read, and the form of a table of keys. What no key says keeps its default.

import type { Findings } from "../findings.ts";
import { type AccountOptions, defaultOptions, type Options } from "../options.ts";
import type { ConfigNode } from "../tree.ts";

export type Draft = { -readonly [Key in keyof Options]: Options[Key] } & {
  readonly accounts: AccountOptions[];
  /** Names and nkeys of all users read so far, of accounts and of the authorization. */
  readonly userNames: Set<string>;
  /** Empty: where clients connect. */
  httpHost: string;
  /** As written: 0 is none, -1 any. */
  httpPort: number;
  /** What is found at the accounts block as a whole is reported here. */
  accountsNode: ConfigNode | null;
};

/** Takes one key's value into the draft. `key` is as it was written. */
export type KeyReader = (node: ConfigNode, draft: Draft, findings: Findings, key: string) => void;

/** By lower-case key. */
export type KeyTable = Readonly<Record<string, KeyReader>>;

export function newDraft(): Draft {
  return {
    ...defaultOptions,
    accounts: [],
    userNames: new Set(),
    httpHost: "",
    httpPort: 0,
    accountsNode: null,
  };
}

/** The draft as Options; the draft's own fields end here. */
export function finished(draft: Draft): Options {
  const { httpHost, httpPort, accountsNode: _node, userNames: _names, ...options } = draft;
  return {
    ...options,
    http:
      httpPort === 0
        ? null
        : {
            host: httpHost === "" ? options.client.host : httpHost,
            port: httpPort === -1 ? 0 : httpPort,
          },
    httpFollowsClientHost: httpHost === "",
  };
}

/** The same reader under several names. */
export function named(names: readonly string[], reader: KeyReader): KeyTable {
  return Object.fromEntries(names.map((name) => [name, reader]));
}
