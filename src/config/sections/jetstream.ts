// The jetstream block: where streams are kept, how much of them, how surely. Errors end the block at the first, as in the
// reference, and wrong types are reported at the block's own place.

import { booleanOf, durationOf, integerOf, shownValue, stringOf, typeNameOf } from "../expect.ts";
import { type Findings, WrongType } from "../findings.ts";
import type { JetStreamOptions } from "../options.ts";
import { parseDuration } from "../quantity.ts";
import { quote } from "../quote.ts";
import type { ConfigEntries, ConfigNode } from "../tree.ts";
import type { Draft } from "./draft.ts";

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

/** One key of the block while it is read. */
interface BlockKey {
  readonly options: Writable<JetStreamOptions>;
  readonly node: ConfigNode;
  /** As written. */
  readonly key: string;
  readonly block: ConfigNode;
  readonly findings: Findings;
}

type Reader = (from: BlockKey) => void;

const leastConcurrentIo = 4;
const mostConcurrentIo = 8192;
const sizeSuffixes: ReadonlyMap<string, number> = new Map([
  ["K", 2 ** 10],
  ["M", 2 ** 20],
  ["G", 2 ** 30],
  ["T", 2 ** 40],
]);

const storeDir: Reader = ({ options, node, block }) => {
  refuseSecondStoreDir(options.storeDir, node);
  options.storeDir = stringOf(node, block) || null;
};
const syncInterval: Reader = ({ options, node, key, block, findings }) => {
  const isAlways = node.content.kind === "string" && node.content.text.toLowerCase() === "always";
  options.syncIntervalMillis = isAlways ? 0 : (durationOf(node, key, findings, block) ?? 0);
};
const maxMemory: Reader = ({ options, node }) => {
  options.maxMemory = nonNegative(sizeOf(node, "max_mem_store"));
};
const maxStore: Reader = ({ options, node }) => {
  options.maxStore = nonNegative(sizeOf(node, "max_file_store"));
};
const enabled: Reader = ({ options, node, block }) => {
  options.isEnabled = booleanOf(node, block);
};
const encryptionKey: Reader = ({ options, node, block }) => {
  options.key = stringOf(node, block) || null;
};
const previousKey: Reader = ({ options, node, block }) => {
  options.previousKey = stringOf(node, block) || null;
};
const clusterOnly: Reader = ({ node, key, findings }) => findings.notSupported(node, key);

const readers: Readonly<Record<string, Reader>> = {
  strict: ({ options, node }) => {
    if (node.content.kind !== "boolean") {
      const shown = shownAsText(node);
      throw new WrongType(node, `Expected 'true' or 'false' for bool value, got '${shown}'`);
    }
    options.isStrict = node.content.value;
  },
  store: storeDir,
  store_dir: storeDir,
  storedir: storeDir,
  sync: syncInterval,
  sync_interval: syncInterval,
  max_memory_store: maxMemory,
  max_mem_store: maxMemory,
  max_mem: maxMemory,
  max_file_store: maxStore,
  max_file: maxStore,
  domain: ({ options, node, block }) => {
    options.domain = stringOf(node, block) || null;
  },
  enable: enabled,
  enabled,
  key: encryptionKey,
  ek: encryptionKey,
  encryption_key: encryptionKey,
  prev_key: previousKey,
  prev_ek: previousKey,
  prev_encryption_key: previousKey,
  cipher: ({ options, node, block }) => {
    options.cipher = cipherOf(node, block);
  },
  extension_hint: (from) => {
    // A server of its own extends no domain.
    if (stringOf(from.node, from.block).toLowerCase() !== "no_extend") {
      clusterOnly(from);
    }
  },
  limits: ({ options, node, block, findings }) => {
    options.limits = limitsOf(node, block, findings);
  },
  tpm: clusterOnly,
  unique_tag: ({ options, node, block }) => {
    options.uniqueTag = stringOf(node, block).trim().toLowerCase();
  },
  max_outstanding_catchup: (from) => {
    sizeOf(from.node, from.key.toLowerCase());
    clusterOnly(from);
  },
  max_buffered_size: ({ options, node, key }) => {
    options.maxBufferedBytes = sizeOf(node, key.toLowerCase());
  },
  max_buffered_msgs: ({ options, node, key }) => {
    options.maxBufferedMessages = countOf(node, key);
  },
  request_queue_limit: ({ options, node, key }) => {
    options.requestQueueLimit = countOf(node, key);
  },
  info_queue_limit: ({ options, node, key }) => {
    options.infoQueueLimit = countOf(node, key);
  },
  meta_compact: (from) => {
    absolute(from, from.node.content.kind === "integer" ? integerOf(from.node) : -1);
    clusterOnly(from);
  },
  meta_compact_size: (from) => {
    absolute(from, sizeOf(from.node, from.key.toLowerCase()));
    clusterOnly(from);
  },
  meta_compact_sync: (from) => {
    booleanOf(from.node, from.block);
    clusterOnly(from);
  },
  max_concurrent_io: ({ options, node, key }) => {
    const count = node.content.kind === "integer" ? integerOf(node) : 0;
    if (count < leastConcurrentIo || count > mostConcurrentIo) {
      const range = `between ${leastConcurrentIo} and ${mostConcurrentIo}`;
      const text = `Expected an absolute size for ${quote(key)} ${range}, got ${shownValue(node)}`;
      throw new WrongType(node, text);
    }
    options.maxConcurrentIo = count;
  },
};

export function readJetStream(node: ConfigNode, draft: Draft, findings: Findings): void {
  const { content } = node;
  switch (content.kind) {
    case "boolean":
      draft.jetStream = { ...draft.jetStream, isEnabled: content.value };
      break;
    case "string":
      draft.jetStream = { ...draft.jetStream, isEnabled: isEnabledBy(content.text, node) };
      break;
    case "map":
      draft.jetStream = blockOf(node, content.entries, draft.jetStream, findings);
      break;
    default:
      throw new WrongType(
        node,
        `Expected map, bool or string to define JetStream, got ${typeNameOf(node)}`,
      );
  }
}

/** store_dir at the top level. */
export function readStoreDir(node: ConfigNode, draft: Draft): void {
  refuseSecondStoreDir(draft.jetStream.storeDir, node);
  draft.jetStream = { ...draft.jetStream, storeDir: stringOf(node) || null };
}

/** The word that switches it on or off, for the server and for an account. */
export function isEnabledBy(text: string, node: ConfigNode): boolean {
  switch (text.toLowerCase()) {
    case "enabled":
    case "enable":
      return true;
    case "disabled":
    case "disable":
      return false;
    default:
      throw new WrongType(node, `Expected 'enabled' or 'disabled' for string value, got '${text}'`);
  }
}

function blockOf(
  block: ConfigNode,
  entries: ConfigEntries,
  before: JetStreamOptions,
  findings: Findings,
): JetStreamOptions {
  const options: Writable<JetStreamOptions> = { ...before, isEnabled: true };
  for (const [key, node] of entries) {
    const word = key.toLowerCase();
    const reader = Object.hasOwn(readers, word) ? readers[word] : undefined;
    if (reader === undefined) {
      findings.unknownField(node, key);
    } else {
      reader({ options, node, key, block, findings });
    }
  }
  return options;
}

function refuseSecondStoreDir(former: string | null, node: ConfigNode): void {
  if (former !== null) {
    throw new WrongType(node, "Duplicate 'store_dir' configuration");
  }
}

/** Bytes: a number, or a text like 10G. */
function sizeOf(node: ConfigNode, name: string): number {
  const { content } = node;
  if (content.kind === "integer") {
    return Number(content.value);
  }
  if (content.kind !== "string") {
    throw new WrongType(node, `${name} must be int64 or string`);
  }
  if (content.text === "") {
    return 0;
  }
  const digits = content.text.slice(0, -1);
  if (!/^[-+]?[0-9]+$/.test(digits)) {
    throw new WrongType(node, `${name} strconv.ParseInt: parsing ${quote(digits)}: invalid syntax`);
  }
  if (BigInt.asIntN(64, BigInt(digits)) !== BigInt(digits)) {
    const text = `${name} strconv.ParseInt: parsing ${quote(digits)}: value out of range`;
    throw new WrongType(node, text);
  }
  const factor = sizeSuffixes.get(content.text.slice(-1));
  if (factor === undefined) {
    throw new WrongType(node, `${name} sizes defined as strings must end in K, M, G, T`);
  }
  return Number(digits) * factor;
}

/** Less than nothing asks for the default. */
function nonNegative(size: number): number | null {
  return size < 0 ? null : size;
}

function countOf(node: ConfigNode, key: string): number {
  if (node.content.kind !== "integer") {
    const text = `Expected a parseable size for ${quote(key)}, got ${shownValue(node)}`;
    throw new WrongType(node, text);
  }
  return integerOf(node);
}

function absolute({ node, key }: BlockKey, value: number): void {
  if (value < 0) {
    const text = `Expected an absolute size for ${quote(key)}, got ${shownValue(node)}`;
    throw new WrongType(node, text);
  }
}

function cipherOf(node: ConfigNode, block: ConfigNode): JetStreamOptions["cipher"] {
  const name = stringOf(node, block);
  switch (name.toLowerCase()) {
    case "chacha":
    case "chachapoly":
      return "chachapoly";
    case "aes":
      return "aes";
    default:
      throw new WrongType(node, `Unknown cipher type: ${quote(name)}`);
  }
}

function limitsOf(
  node: ConfigNode,
  block: ConfigNode,
  findings: Findings,
): JetStreamOptions["limits"] {
  const limits: Writable<JetStreamOptions["limits"]> = {
    maxAckPending: 0,
    maxHaAssets: 0,
    maxRequestBatch: 0,
    duplicateWindowMillis: 0,
    batch: { maxInflightPerStream: 0, maxInflightTotal: 0, maxMessages: 0, timeoutMillis: 0 },
  };
  for (const [key, value] of entriesOrRefusal(node, "JetStreamLimits")) {
    switch (key.toLowerCase()) {
      case "max_ack_pending":
        limits.maxAckPending = integerOf(value, block);
        break;
      case "max_ha_assets":
        limits.maxHaAssets = integerOf(value, block);
        break;
      case "max_request_batch":
        limits.maxRequestBatch = integerOf(value, block);
        break;
      case "duplicate_window":
        limits.duplicateWindowMillis = plainDurationOf(value, block, findings);
        break;
      case "batch":
        limits.batch = batchLimitsOf(value, block, findings);
        break;
      default:
        findings.unknownField(value, key);
    }
  }
  return limits;
}

function batchLimitsOf(
  node: ConfigNode,
  block: ConfigNode,
  findings: Findings,
): JetStreamOptions["limits"]["batch"] {
  const limits: Writable<JetStreamOptions["limits"]["batch"]> = {
    maxInflightPerStream: 0,
    maxInflightTotal: 0,
    maxMessages: 0,
    timeoutMillis: 0,
  };
  for (const [key, value] of entriesOrRefusal(node, "batch limits")) {
    switch (key.toLowerCase()) {
      case "max_inflight_per_stream":
        limits.maxInflightPerStream = integerOf(value, block);
        break;
      case "max_inflight_total":
        limits.maxInflightTotal = integerOf(value, block);
        break;
      case "max_msgs":
        limits.maxMessages = integerOf(value, block);
        break;
      case "timeout":
        limits.timeoutMillis = plainDurationOf(value, block, findings);
        break;
      default:
        findings.unknownField(value, key);
    }
  }
  return limits;
}

function entriesOrRefusal(node: ConfigNode, what: string): ConfigEntries {
  if (node.content.kind !== "map") {
    throw new WrongType(node, `Expected a map to define ${what}, got ${typeNameOf(node)}`);
  }
  return node.content.entries;
}

function plainDurationOf(node: ConfigNode, block: ConfigNode, findings: Findings): number {
  const parsed = parseDuration(stringOf(node, block));
  if (!parsed.ok) {
    findings.error(node, parsed.refusal);
    return 0;
  }
  return parsed.value;
}

/** As Go prints a value where it wants a text. */
function shownAsText(node: ConfigNode): string {
  const { kind } = node.content;
  const isText = kind === "string" || kind === "map" || kind === "array";
  return isText ? shownValue(node) : `%!s(${typeNameOf(node)}=${shownValue(node)})`;
}
