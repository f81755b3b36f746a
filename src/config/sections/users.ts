// The list of users of an account or of the authorization: by name and password, or by nkey.

import { booleanOf, shownValue, stringOf, typeNameOf } from "../expect.ts";
import type { Findings } from "../findings.ts";
import type { ConnectionType, PermissionOptions, UserOptions } from "../options.ts";
import { isPublicKey } from "../public-key.ts";
import { quoteAll } from "../quote.ts";
import type { ConfigEntries, ConfigNode } from "../tree.ts";
import { decodePermissions } from "./permissions.ts";

const connectionTypes: readonly ConnectionType[] = [
  "STANDARD",
  "WEBSOCKET",
  "LEAFNODE",
  "LEAFNODE_WS",
  "MQTT",
  "MQTT_WS",
  "IN_PROCESS",
];

/** Null with an error found when the list as a whole cannot be used. */
export function decodeUsers(node: ConfigNode, findings: Findings): readonly UserOptions[] | null {
  if (node.content.kind !== "array") {
    findings.error(node, `Expected users field to be an array, got ${shownValue(node)}`);
    return null;
  }
  const users: UserOptions[] = [];
  for (const item of node.content.items) {
    if (item.content.kind !== "map") {
      findings.error(item, `Expected user entry to be a map/struct, got ${shownValue(item)}`);
      continue;
    }
    const { entries } = item.content;
    const user = findings.guard(() => decodeUser(item, entries, findings));
    if (user === null) {
      return null;
    }
    users.push(user);
  }
  return users;
}

function decodeUser(
  node: ConfigNode,
  entries: ConfigEntries,
  findings: Findings,
): UserOptions | null {
  let name = "";
  let password: string | null = null;
  let nkey = "";
  let permissions: PermissionOptions | null = null;
  let allowedConnectionTypes: readonly ConnectionType[] = [];
  let last = node;
  for (const [key, value] of entries) {
    last = value;
    switch (key.toLowerCase()) {
      case "nkey":
        nkey = stringOf(value);
        break;
      case "user":
      case "username":
        name = stringOf(value);
        break;
      case "pass":
      case "password":
        password = stringOf(value);
        break;
      case "permission":
      case "permissions":
      case "authorization":
        permissions = decodePermissions(value, findings);
        break;
      case "allowed_connection_types":
      case "connection_types":
      case "clients":
        allowedConnectionTypes = decodeConnectionTypes(value, findings);
        break;
      case "proxy_required":
        if (booleanOf(value)) {
          findings.notSupported(value, key);
        }
        break;
      default:
        findings.unknownField(value, key);
    }
  }
  const fault = userFault(name, password, nkey);
  if (fault !== null) {
    findings.error(last, fault);
    return null;
  }
  return nkey === ""
    ? { name, password, nkey: null, permissions, allowedConnectionTypes }
    : { name: null, password: null, nkey, permissions, allowedConnectionTypes };
}

function userFault(name: string, password: string | null, nkey: string): string | null {
  if (nkey === "") {
    return name === "" ? "User entry requires a user" : null;
  }
  if (!isPublicKey(nkey, "user")) {
    return "Not a valid public nkey for a user";
  }
  return name !== "" || (password ?? "") !== ""
    ? "Nkey users do not take usernames or passwords"
    : null;
}

function decodeConnectionTypes(node: ConfigNode, findings: Findings): readonly ConnectionType[] {
  const names: string[] = [];
  const what = "error parsing allowed connection types: unsupported type";
  const items = node.content.kind === "array" ? node.content.items : [node];
  for (const item of items) {
    if (item.content.kind === "string") {
      names.push(item.content.text.toUpperCase());
    } else {
      findings.error(item, `${what}${item === node ? "" : " in array"} ${typeNameOf(item)}`);
    }
  }
  const unknown = names.filter((name) => !connectionTypes.some((type) => type === name));
  if (unknown.length > 0) {
    findings.error(node, `invalid connection types ${quoteAll(unknown)}`);
  }
  return connectionTypes.filter((type) => names.includes(type));
}

/** Those without permissions of their own get the defaults. */
export function withDefaults(
  users: readonly UserOptions[],
  permissions: PermissionOptions | null,
): readonly UserOptions[] {
  return users.map((user) => ({ ...user, permissions: user.permissions ?? permissions }));
}
