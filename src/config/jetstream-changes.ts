// What differs between the streams' options a server runs with and those it shall run with: what a reload can carry out,
// and what it must refuse. Nothing secret is shown.

import type { ConfigChange } from "./changes.ts";
import type { JetStreamOptions } from "./options.ts";
import { friendlyBytes } from "./quantity.ts";
import { sameValue } from "./same-value.ts";

type SizeField = "maxMemory" | "maxStore";

const sizes: readonly (readonly [SizeField, string])[] = [
  ["maxMemory", "max_mem_store"],
  ["maxStore", "max_file_store"],
];

export function jetStreamChanges(
  old: JetStreamOptions,
  next: JetStreamOptions,
): readonly ConfigChange[] {
  const changes: ConfigChange[] = [];
  if (old.isEnabled !== next.isEnabled) {
    changes.push({ kind: "jetstream", text: "Reloaded: JetStream" });
  }
  for (const [field, name] of sizes) {
    const size = next[field];
    if (old.isEnabled && next.isEnabled && size !== null && size !== old[field]) {
      const text = `Reloaded: JetStream ${name} = ${friendlyBytes(size)}`;
      changes.push({ kind: "jetstream-limits", text });
    }
  }
  return changes;
}

/** One text for each difference that needs a restart. */
export function jetStreamRefusals(
  old: JetStreamOptions,
  next: JetStreamOptions,
): readonly string[] {
  const refusals = old.isEnabled ? [...storeRefusals(old, next), ...sizeRefusals(old, next)] : [];
  return [...refusals, ...fixedRefusals(old, next)];
}

function storeRefusals(old: JetStreamOptions, next: JetStreamOptions): readonly string[] {
  if (old.storeDir === next.storeDir || (next.storeDir === null && !next.isEnabled)) {
    return [];
  }
  const what = next.storeDir === null ? "storage dir" : "storage directory";
  return [`config reload not supported for jetstream ${what}`];
}

function sizeRefusals(old: JetStreamOptions, next: JetStreamOptions): readonly string[] {
  const texts = new Set<string>();
  for (const [field] of sizes) {
    const before = old[field];
    const after = next[field];
    if (before === after) {
      continue;
    }
    if (before === null) {
      texts.add("dynamic max memory and store");
    } else if (after !== null && after < before) {
      texts.add("decreasing jetstream max memory and store");
    } else if (after === null && next.isEnabled) {
      texts.add("max memory and max store");
    }
  }
  return [...texts].map((text) => {
    const what = text.startsWith("decreasing") ? text : `jetstream ${text}`;
    return `config reload not supported for ${what}`;
  });
}

/** Under the names the reference gives these. */
function fixedRefusals(old: JetStreamOptions, next: JetStreamOptions): readonly string[] {
  const parts: readonly (readonly [string, keyof JetStreamOptions, "shown" | "secret"])[] = [
    ["NoJetStreamStrict", "isStrict", "secret"],
    ["SyncInterval", "syncIntervalMillis", "secret"],
    ["JetStreamDomain", "domain", "shown"],
    ["JetStreamKey", "key", "secret"],
    ["JetStreamOldKey", "previousKey", "secret"],
    ["JetStreamCipher", "cipher", "shown"],
    ["JetStreamUniqueTag", "uniqueTag", "shown"],
    ["JetStreamLimits", "limits", "secret"],
    ["JetStreamRequestQueueLimit", "requestQueueLimit", "shown"],
    ["JetStreamInfoQueueLimit", "infoQueueLimit", "shown"],
    ["JetStreamConcurrentIOs", "maxConcurrentIo", "shown"],
    ["StreamMaxBufferedMsgs", "maxBufferedMessages", "shown"],
    ["StreamMaxBufferedSize", "maxBufferedBytes", "shown"],
  ];
  return parts
    .filter(([, field]) => !sameValue(old[field], next[field]) && isInForce(field, next))
    .map(([name, field, kind]) => {
      const values = `: old=${String(old[field] ?? "")}, new=${String(next[field] ?? "")}`;
      return `config reload not supported for ${name}${kind === "shown" ? values : ""}`;
    });
}

/** The whole block may be taken away, and this with it. */
function isInForce(field: keyof JetStreamOptions, next: JetStreamOptions): boolean {
  return field !== "maxConcurrentIo" || next.isEnabled;
}
