// What an account takes from others: their streams and services, perhaps under other subjects.

import { booleanOf, stringOf, stringOrNull, typeNameOf } from "../expect.ts";
import type { Findings } from "../findings.ts";
import type { ImportOptions } from "../options.ts";
import { quote } from "../quote.ts";
import type { ConfigEntries, ConfigNode } from "../tree.ts";

interface Source {
  readonly account: string;
  readonly subject: string;
}

interface Reading {
  stream: Source | null;
  service: Source | null;
  to: string | null;
  prefix: string | null;
  share: boolean;
  allowTrace: { readonly node: ConfigNode; readonly isAllowed: boolean } | null;
}

export function decodeImports(node: ConfigNode, findings: Findings): readonly ImportOptions[] {
  if (node.content.kind !== "array") {
    findings.error(node, `Imports should be an array, got ${typeNameOf(node)}`);
    return [];
  }
  const imports: ImportOptions[] = [];
  for (const item of node.content.items) {
    if (item.content.kind !== "map") {
      findings.error(item, `Import Items should be a map with type entry, got ${typeNameOf(item)}`);
      continue;
    }
    const { entries } = item.content;
    const read = findings.guard(() => decodeImport(entries, findings));
    if (read === null) {
      continue;
    }
    const same = imports.find((other) => areSameService(other, read));
    if (same === undefined) {
      imports.push(read);
    } else {
      findings.error(
        item,
        `Duplicate service import subject ${quote(localSubject(read))}, previously used in import for account ${quote(same.account)}, subject ${quote(same.subject)}`,
      );
    }
  }
  return imports;
}

/** One subject can ask several accounts, but each only once. */
function areSameService(a: ImportOptions, b: ImportOptions): boolean {
  return (
    a.kind === "service" &&
    b.kind === "service" &&
    a.account === b.account &&
    localSubject(a) === localSubject(b)
  );
}

function localSubject(imported: ImportOptions): string {
  return imported.to ?? imported.subject;
}

/** Null when it names neither stream nor service: the reference passes over those too. */
function decodeImport(entries: ConfigEntries, findings: Findings): ImportOptions | null {
  const reading: Reading = {
    stream: null,
    service: null,
    to: null,
    prefix: null,
    share: false,
    allowTrace: null,
  };
  for (const [key, value] of entries) {
    readKey(reading, key, value, findings);
  }
  const source = reading.stream ?? reading.service;
  if (source === null) {
    return null;
  }
  const isStream = reading.stream !== null;
  const both = entries.get("to") ?? entries.get("prefix");
  if (isStream && both !== undefined && reading.to !== null && reading.prefix !== null) {
    findings.error(both, "Stream import can not have a 'prefix' and a 'to' property");
  }
  if (!isStream && reading.allowTrace !== null) {
    findings.error(reading.allowTrace.node, "Detected allow_trace directive on a non-stream");
  }
  return {
    kind: isStream ? "stream" : "service",
    ...source,
    to: reading.to,
    prefix: isStream ? reading.prefix : null,
    share: !isStream && reading.share,
    allowTrace: isStream && (reading.allowTrace?.isAllowed ?? false),
  };
}

function readKey(reading: Reading, key: string, node: ConfigNode, findings: Findings): void {
  switch (key.toLowerCase()) {
    case "stream":
      if (reading.service !== null) {
        findings.error(node, "Detected stream but already saw a service");
        return;
      }
      reading.stream = decodeSource(node, "Stream", findings);
      break;
    case "service":
      if (reading.stream !== null) {
        findings.error(node, "Detected service but already saw a stream");
        return;
      }
      reading.service = decodeSource(node, "Service", findings);
      break;
    case "prefix":
      reading.prefix = stringOrNull(node);
      break;
    case "to":
      reading.to = stringOrNull(node);
      break;
    case "share":
      reading.share = booleanOf(node);
      break;
    case "allow_trace":
      reading.allowTrace = { node, isAllowed: booleanOf(node) };
      break;
    default:
      findings.unknownField(node, key);
  }
}

function decodeSource(
  node: ConfigNode,
  what: "Stream" | "Service",
  findings: Findings,
): Source | null {
  if (node.content.kind !== "map") {
    findings.error(node, `${what} entry should be an account map, got ${typeNameOf(node)}`);
    return null;
  }
  let account = "";
  let subject = "";
  for (const [key, value] of node.content.entries) {
    switch (key.toLowerCase()) {
      case "account":
        account = stringOf(value);
        break;
      case "subject":
        subject = stringOf(value);
        break;
      default:
        findings.unknownField(value, key);
    }
  }
  if (account === "" || subject === "") {
    findings.error(node, "Expect an account name and a subject");
    return null;
  }
  return { account, subject };
}
