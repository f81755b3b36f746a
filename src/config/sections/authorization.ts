// The authorization block: one user, a token, or users of the global account, and how long a client may take to say
// who it is.

import { booleanOf, entriesOf, shownValue, stringOrNull } from "../expect.ts";
import type { Findings } from "../findings.ts";
import { type AuthorizationOptions, defaultOptions, type UserOptions } from "../options.ts";
import { parseDuration } from "../quantity.ts";
import type { ConfigNode } from "../tree.ts";
import { refuseDuplicates } from "./accounts.ts";
import type { Draft } from "./draft.ts";
import { decodePermissions } from "./permissions.ts";
import { unbuiltAuthorizationKeys } from "./unbuilt.ts";
import { refuseUnlessOff } from "./unsupported.ts";
import { decodeUsers, withDefaults } from "./users.ts";

/** Null users: no such key. An empty list already rules out a single user. */
type Reading = Omit<Writable<AuthorizationOptions>, "users"> & {
  users: readonly UserOptions[] | null;
};
type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

const highTimeoutSeconds = 60;

export function readAuthorization(node: ConfigNode, draft: Draft, findings: Findings): void {
  const read = decode(node, findings);
  const { users, ...rest } = read;
  draft.authorization = {
    ...rest,
    users: withDefaults(users ?? [], read.defaultPermissions),
  };
  const fault = faultOf(read, draft.userNames);
  if (fault !== null) {
    findings.error(node, fault);
    return;
  }
  refuseDuplicates(users ?? [], draft.userNames, node, findings);
}

function faultOf(read: Reading, known: ReadonlySet<string>): string | null {
  if ((read.user !== null || read.password !== null) && read.token !== null) {
    return "Cannot have a user/pass and token";
  }
  if (read.users === null && known.size === 0) {
    return null;
  }
  if (read.user !== null) {
    return "Can not have a single user/pass and a users array";
  }
  return read.token === null ? null : "Can not have a token and a users array";
}

function decode(node: ConfigNode, findings: Findings): Reading {
  const reading: Reading = { ...defaultOptions.authorization, users: null };
  for (const [key, value] of entriesOf(node)) {
    findings.guard(() => readKey(reading, key, value, findings));
  }
  return reading;
}

function readKey(reading: Reading, key: string, node: ConfigNode, findings: Findings): void {
  switch (key.toLowerCase()) {
    case "user":
    case "username":
      reading.user = stringOrNull(node);
      break;
    case "pass":
    case "password":
      reading.password = stringOrNull(node);
      break;
    case "token":
      reading.token = stringOrNull(node);
      break;
    case "timeout":
      reading.timeoutMillis = decodeTimeout(node, key, findings);
      break;
    case "users":
      reading.users = decodeUsers(node, findings);
      break;
    case "default_permission":
    case "default_permissions":
    case "permissions":
      reading.defaultPermissions = decodePermissions(node, findings);
      break;
    case "proxy_required":
      if (booleanOf(node)) {
        findings.notSupported(node, key);
      }
      break;
    default:
      readOther(key, node, findings);
  }
}

function readOther(key: string, node: ConfigNode, findings: Findings): void {
  const unbuilt = unbuiltAuthorizationKeys.get(key.toLowerCase());
  if (unbuilt === undefined) {
    findings.unknownField(node, key);
  } else {
    refuseUnlessOff(node, key, unbuilt, findings);
  }
}

/** Seconds as a whole number or with a fraction, or a duration. Zero is the default. */
function decodeTimeout(node: ConfigNode, key: string, findings: Findings): number {
  const seconds = secondsOf(node, findings);
  if (seconds > highTimeoutSeconds) {
    findings.doubtfulUse(
      node,
      key,
      `timeout of ${shownValue(node)} (${seconds.toFixed(6)} seconds) is high, consider keeping it under 60 seconds. possibly caused by unquoted duration; use '1m' instead of 1m, for example`,
    );
  }
  return seconds * 1000 || defaultOptions.authorization.timeoutMillis;
}

function secondsOf(node: ConfigNode, findings: Findings): number {
  const content = node.content;
  switch (content.kind) {
    case "integer":
    case "float":
      return Number(content.value);
    case "string": {
      const duration = parseDuration(content.text);
      if (!duration.ok) {
        findings.error(node, `error parsing authorization config, 'timeout' ${duration.refusal}`);
        return 0;
      }
      return duration.value / 1000;
    }
    default:
      findings.error(node, "error parsing authorization config, 'timeout' wrong type");
      return 0;
  }
}
