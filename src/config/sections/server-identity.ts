// Top-level keys by which a server is known: its name, tags, metadata, feature flags and cluster name.

import { booleanOf, stringOf, typeNameOf } from "../expect.ts";
import type { Findings } from "../findings.ts";
import { quote } from "../quote.ts";
import type { ConfigNode } from "../tree.ts";
import type { Draft, KeyTable } from "./draft.ts";

function readServerName(node: ConfigNode, draft: Draft, findings: Findings): void {
  const name = stringOf(node);
  if (name.includes(" ")) {
    findings.error(node, "server name cannot contain spaces");
    return;
  }
  draft.serverName = name === "" ? null : name;
}

/** Tags are lower case and stand once each. */
function readTags(node: ConfigNode, draft: Draft, findings: Findings): void {
  if (node.content.kind !== "string" && node.content.kind !== "array") {
    findings.error(node, `error parsing tags: unsupported type ${typeNameOf(node)}`);
    return;
  }
  const tags = new Set(draft.serverTags);
  for (const item of node.content.kind === "array" ? node.content.items : [node]) {
    if (item.content.kind !== "string") {
      findings.error(
        node,
        "error parsing tags: unsupported type *conf.token where string is expected",
      );
      return;
    }
    const tag = item.content.text.trim().toLowerCase();
    if (tag !== "") {
      tags.add(tag);
    }
  }
  draft.serverTags = [...tags];
}

function readMetadata(node: ConfigNode, draft: Draft, findings: Findings): void {
  if (node.content.kind !== "map") {
    findings.error(node, `error parsing metadata: unsupported type ${typeNameOf(node)}`);
    return;
  }
  const metadata = [...node.content.entries].map(([key, value]) => [key, stringOf(value)]);
  draft.serverMetadata = { ...draft.serverMetadata, ...Object.fromEntries(metadata) };
}

function readFeatureFlags(node: ConfigNode, draft: Draft, findings: Findings): void {
  if (node.content.kind !== "map") {
    findings.error(node, `error parsing feature flags: unsupported type ${typeNameOf(node)}`);
    return;
  }
  const flags: [string, boolean][] = [];
  for (const [key, value] of node.content.entries) {
    if (value.content.kind !== "boolean") {
      findings.error(
        value,
        `error parsing feature flag ${quote(key)}: expected bool, got ${typeNameOf(value)}`,
      );
      return;
    }
    flags.push([key, booleanOf(value)]);
  }
  draft.featureFlags = { ...draft.featureFlags, ...Object.fromEntries(flags) };
}

/** A cluster block that does no more than name the cluster is taken; all else of it is not supported yet. */
export function readClusterName(node: ConfigNode, draft: Draft, findings: Findings): void {
  const name = stringOf(node);
  if (name.includes(" ")) {
    findings.error(node, "cluster name cannot contain spaces");
    return;
  }
  draft.clusterName = name === "" ? null : name;
}

export const identityKeys: KeyTable = {
  server_name: readServerName,
  server_tags: readTags,
  server_metadata: readMetadata,
  feature_flags: readFeatureFlags,
};
