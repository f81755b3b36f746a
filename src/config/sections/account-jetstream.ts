// What an account says of its streams: on, off, or on with limits.

import { shownValue, typeNameOf } from "../expect.ts";
import { type Findings, WrongType } from "../findings.ts";
import { type AccountJetStreamOptions, unlimitedJetStream } from "../options.ts";
import { quote } from "../quote.ts";
import type { ConfigEntries, ConfigNode } from "../tree.ts";
import { isEnabledBy } from "./jetstream.ts";

type NumberField = {
  [Key in keyof AccountJetStreamOptions]: AccountJetStreamOptions[Key] extends number ? Key : never;
}[keyof AccountJetStreamOptions];

const numberFields: ReadonlyMap<string, NumberField> = new Map<string, NumberField>([
  ...rows("maxMemory", "max_memory max_mem mem memory"),
  ...rows("maxStore", "max_store max_file max_disk store disk"),
  ...rows("maxStreams", "max_streams streams"),
  ...rows("maxConsumers", "max_consumers consumers"),
  ...rows("memoryMaxStreamBytes", "mem_max_stream_bytes memory_max_stream_bytes"),
  ...rows("storeMaxStreamBytes", "disk_max_stream_bytes store_max_stream_bytes"),
  ...rows("maxAckPending", "max_ack_pending"),
]);
const requiredNames: ReadonlySet<string> = new Set([
  "max_bytes_required",
  "max_stream_bytes",
  "max_bytes",
]);

function rows(field: NumberField, names: string): readonly (readonly [string, NumberField])[] {
  return names.split(" ").map((name) => [name, field] as const);
}

/** Null is off. */
export function decodeAccountJetStream(
  node: ConfigNode,
  findings: Findings,
): AccountJetStreamOptions | null {
  const { content } = node;
  switch (content.kind) {
    case "boolean":
      return content.value ? unlimitedJetStream : null;
    case "string":
      return isEnabledBy(content.text, node) ? unlimitedJetStream : null;
    case "map":
      return decodeLimits(content.entries, findings);
    default:
      throw new WrongType(
        node,
        `Expected map, bool or string to define JetStream, got ${typeNameOf(node)}`,
      );
  }
}

function decodeLimits(entries: ConfigEntries, findings: Findings): AccountJetStreamOptions {
  const limits: { -readonly [Key in keyof AccountJetStreamOptions]: AccountJetStreamOptions[Key] } =
    { ...unlimitedJetStream };
  for (const [key, node] of entries) {
    const name = key.toLowerCase();
    const field = numberFields.get(name);
    if (field !== undefined) {
      limits[field] = sizeOf(node, key);
    } else if (requiredNames.has(name)) {
      limits.maxBytesRequired = flagOf(node, key);
    } else if (name === "cluster_traffic") {
      limits.clusterTraffic = trafficOf(node, key);
    } else {
      findings.unknownField(node, key);
    }
  }
  return limits;
}

function sizeOf(node: ConfigNode, key: string): number {
  if (node.content.kind !== "integer") {
    const text = `Expected a parseable size for ${quote(key)}, got ${shownValue(node)}`;
    throw new WrongType(node, text);
  }
  return Number(node.content.value);
}

function flagOf(node: ConfigNode, key: string): boolean {
  if (node.content.kind !== "boolean") {
    const text = `Expected a parseable bool for ${quote(key)}, got ${shownValue(node)}`;
    throw new WrongType(node, text);
  }
  return node.content.value;
}

function trafficOf(node: ConfigNode, key: string): "system" | "owner" {
  const text = node.content.kind === "string" ? node.content.text : null;
  switch (text) {
    case "system":
    case "":
      return "system";
    case "owner":
      return "owner";
    default: {
      const either = text === null ? "either " : "";
      throw new WrongType(
        node,
        `Expected ${either}'system' or 'owner' string value for ${quote(key)}, got ${shownValue(node)}`,
      );
    }
  }
}
