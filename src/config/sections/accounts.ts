// The accounts block: every account with its users, exports, imports, mappings and limits.

import { integerOf, shownValue, stringOf } from "../expect.ts";
import type { Findings } from "../findings.ts";
import { type AccountLimits, type AccountOptions, noLimits, type UserOptions } from "../options.ts";
import { isPublicKey } from "../public-key.ts";
import { quote } from "../quote.ts";
import type { ConfigEntries, ConfigNode } from "../tree.ts";
import { decodeAccountJetStream } from "./account-jetstream.ts";
import type { Draft } from "./draft.ts";
import { decodeExports } from "./exports.ts";
import { decodeImports } from "./imports.ts";
import { decodeMappings } from "./mappings.ts";
import { decodeMessageTrace } from "./message-trace.ts";
import { decodePermissions } from "./permissions.ts";
import { decodeUsers, withDefaults } from "./users.ts";

type WritableAccount = { -readonly [Key in keyof AccountOptions]: AccountOptions[Key] };

const reservedAccount = "$G";

const limitFields: ReadonlyMap<string, keyof AccountLimits> = new Map([
  ["max_connections", "maxConnections"],
  ["max_conn", "maxConnections"],
  ["max_subscriptions", "maxSubscriptions"],
  ["max_subs", "maxSubscriptions"],
  ["max_payload", "maxPayload"],
  ["max_pay", "maxPayload"],
  ["max_leafnodes", "maxLeafnodes"],
  ["max_leafs", "maxLeafnodes"],
] as const);

export function readAccounts(node: ConfigNode, draft: Draft, findings: Findings): void {
  draft.accountsNode = node;
  switch (node.content.kind) {
    case "array":
      readNames(node.content.items, draft, findings);
      break;
    case "map":
      for (const [name, value] of node.content.entries) {
        readAccount(name, value, draft, findings);
      }
      break;
    default:
      findings.error(node, "Expected map entries for accounts");
  }
}

function readNames(items: readonly ConfigNode[], draft: Draft, findings: Findings): void {
  const names = new Set<string>();
  for (const item of items) {
    const name = stringOf(item);
    if (name === reservedAccount) {
      findings.error(item, `${quote(name)} is a Reserved Account`);
    } else if (names.has(name)) {
      findings.error(item, `Duplicate Account Entry: ${name}`);
    } else {
      names.add(name);
      draft.accounts.push(newAccount(name));
    }
  }
}

function newAccount(name: string): AccountOptions {
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
  };
}

function readAccount(name: string, node: ConfigNode, draft: Draft, findings: Findings): void {
  if (node.isUsedVariable) {
    return;
  }
  if (node.content.kind !== "map") {
    findings.error(node, "Expected map entries for accounts");
    return;
  }
  if (name === reservedAccount) {
    findings.error(node, `${quote(name)} is a Reserved Account`);
    return;
  }
  const { entries } = node.content;
  const account = decodeAccount(name, entries, findings);
  const usersNode = [...entries].find(([key]) => key.toLowerCase() === "users")?.[1];
  if (usersNode !== undefined) {
    checkUsers(account.users, usersNode, draft, findings);
  }
  draft.accounts.push(account);
}

function decodeAccount(name: string, entries: ConfigEntries, findings: Findings): AccountOptions {
  const parts: WritableAccount = newAccount(name);
  for (const [key, value] of entries) {
    findings.guard(() => readPart(parts, key, value, findings));
  }
  return { ...parts, users: withDefaults(parts.users, parts.defaultPermissions) };
}

function readPart(
  account: WritableAccount,
  key: string,
  node: ConfigNode,
  findings: Findings,
): void {
  switch (key.toLowerCase()) {
    case "nkey":
      account.nkey = decodeNkey(node, findings);
      break;
    case "users":
      account.users = decodeUsers(node, findings) ?? [];
      break;
    case "exports":
      account.exports = decodeExports(node, findings);
      break;
    case "imports":
      account.imports = decodeImports(node, findings);
      break;
    case "mappings":
    case "maps":
      account.mappings = decodeMappings(node, findings);
      break;
    case "limits":
      account.limits = decodeLimits(node, findings);
      break;
    case "default_permissions":
      account.defaultPermissions = decodePermissions(node, findings);
      break;
    case "msg_trace":
    case "trace_dest":
      account.messageTrace = decodeMessageTrace(node, key, findings);
      break;
    case "jetstream":
      account.jetStream = decodeAccountJetStream(node, findings);
      break;
    default:
      findings.unknownField(node, key);
  }
}

function decodeNkey(node: ConfigNode, findings: Findings): string | null {
  const text = shownValue(node);
  if (node.content.kind !== "string" || !isPublicKey(text, "account")) {
    findings.error(node, `Not a valid public nkey for an account: ${quote(text)}`);
    return null;
  }
  return text;
}

function decodeLimits(node: ConfigNode, findings: Findings): AccountLimits {
  if (node.content.kind !== "map") {
    findings.error(node, `Expected account limits to be a map/struct, got ${shownValue(node)}`);
    return noLimits;
  }
  const limits: { -readonly [Key in keyof AccountLimits]: number } = { ...noLimits };
  for (const [key, value] of node.content.entries) {
    const field = limitFields.get(key.toLowerCase());
    if (field === undefined) {
      findings.unknown(value, `Unknown field ${quote(key)} parsing account limits`);
    } else {
      limits[field] = integerOf(value);
    }
  }
  return limits;
}

/** Names and nkeys are unique over all accounts and the authorization block, and exclude a single user or token. */
function checkUsers(
  users: readonly UserOptions[],
  node: ConfigNode,
  draft: Draft,
  findings: Findings,
): void {
  if (users.length > 0 && draft.authorization.user !== null) {
    findings.error(node, "Can not have a single user/pass and accounts");
    return;
  }
  if (users.length > 0 && draft.authorization.token !== null) {
    findings.error(node, "Can not have a token and accounts");
    return;
  }
  refuseDuplicates(users, draft.userNames, node, findings);
}

/** Adds the users' names to those known. */
export function refuseDuplicates(
  users: readonly UserOptions[],
  names: Set<string>,
  node: ConfigNode,
  findings: Findings,
): void {
  for (const user of users) {
    const name = user.nkey ?? user.name ?? "";
    if (names.has(name)) {
      const what = user.nkey === null ? "user" : "nkey";
      findings.error(node, `Duplicate ${what} ${quote(name)} detected`);
    }
    names.add(name);
  }
}
