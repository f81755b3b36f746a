// Refuses keys of features that are not built, so that nobody believes them in force; but not where the value switches
// the feature off anyway.

import type { Findings } from "../findings.ts";
import type { ConfigEntries, ConfigNode } from "../tree.ts";
import type { Draft } from "./draft.ts";
import { readClusterName } from "./server-identity.ts";
import type { UnbuiltKey } from "./unbuilt.ts";

const offWord = /^(?:|disabled?)$/i;
const switchName = /^enabled?$/i;

export function refuseUnlessOff(
  node: ConfigNode,
  key: string,
  unbuilt: UnbuiltKey,
  findings: Findings,
): void {
  if (node.content.kind === "map" && unbuilt.blockKeys !== null) {
    refuseUnknown(node.content.entries, unbuilt.blockKeys, findings);
  }
  if (!isOff(node, unbuilt)) {
    findings.notSupported(node, key);
  }
}

function refuseUnknown(
  entries: ConfigEntries,
  known: ReadonlySet<string>,
  findings: Findings,
): void {
  for (const [key, value] of entries) {
    if (!known.has(key.toLowerCase())) {
      findings.unknownField(value, key);
    }
  }
}

export function isOff(node: ConfigNode, unbuilt: UnbuiltKey): boolean {
  const content = node.content;
  switch (content.kind) {
    case "boolean":
      return !content.value;
    case "integer":
      return content.value === 0n;
    case "string":
      return offWord.test(content.text);
    case "array":
      return content.items.length === 0;
    case "map":
      return content.entries.size === 0 ? unbuilt.isOffWhenEmpty : isSwitchedOff(content.entries);
    default:
      return false;
  }
}

/** enabled: false, whatever else the block says. */
function isSwitchedOff(entries: ConfigEntries): boolean {
  return [...entries].some(
    ([key, { content }]) => switchName.test(key) && content.kind === "boolean" && !content.value,
  );
}

/** A cluster block that does no more than name the cluster is taken. */
export function readCluster(
  node: ConfigNode,
  key: string,
  unbuilt: UnbuiltKey,
  draft: Draft,
  findings: Findings,
): void {
  const entries = node.content.kind === "map" ? [...node.content.entries] : [];
  const [first] = entries;
  if (entries.length === 1 && first?.[0].toLowerCase() === "name") {
    readClusterName(first[1], draft, findings);
  } else {
    refuseUnlessOff(node, key, unbuilt, findings);
  }
}
