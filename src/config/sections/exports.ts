// What an account offers to others: streams and services.

import { booleanOf, integerOf, itemsOf, shownValue, stringOf, typeNameOf } from "../expect.ts";
import type { Findings } from "../findings.ts";
import type { ExportOptions, LatencyOptions } from "../options.ts";
import { parseDuration } from "../quantity.ts";
import { quote } from "../quote.ts";
import type { ConfigEntries, ConfigNode } from "../tree.ts";

const responseTypes: ReadonlyMap<string, ExportOptions["responseType"]> = new Map([
  ["single", "single"],
  ["singleton", "single"],
  ["stream", "stream"],
  ["chunk", "chunked"],
  ["chunked", "chunked"],
] as const);

/** What was read of one export so far, and where what only a service may have was read. */
interface Reading {
  stream: string | null;
  service: string | null;
  accounts: readonly string[];
  accountTokenPosition: number;
  response: { readonly node: ConfigNode; readonly type: ExportOptions["responseType"] } | null;
  threshold: { readonly node: ConfigNode; readonly millis: number } | null;
  latency: { readonly node: ConfigNode; readonly options: LatencyOptions | null } | null;
  allowTrace: { readonly node: ConfigNode; readonly isAllowed: boolean } | null;
}

export function decodeExports(node: ConfigNode, findings: Findings): readonly ExportOptions[] {
  if (node.content.kind !== "array") {
    findings.error(node, `Exports should be an array, got ${typeNameOf(node)}`);
    return [];
  }
  return node.content.items.flatMap((item) => {
    if (item.content.kind !== "map") {
      findings.error(item, `Export Items should be a map with type entry, got ${typeNameOf(item)}`);
      return [];
    }
    const { entries } = item.content;
    return findings.guard(() => decodeExport(entries, findings)) ?? [];
  });
}

/** Null when it names neither stream nor service: the reference passes over those too. */
function decodeExport(entries: ConfigEntries, findings: Findings): ExportOptions | null {
  const reading: Reading = {
    stream: null,
    service: null,
    accounts: [],
    accountTokenPosition: 0,
    response: null,
    threshold: null,
    latency: null,
    allowTrace: null,
  };
  for (const [key, value] of entries) {
    readKey(reading, key, value, findings);
  }
  if (reading.stream !== null) {
    refuseServiceParts(reading, findings);
  }
  const subject = reading.stream ?? reading.service;
  if (subject === null) {
    return null;
  }
  const threshold = reading.threshold?.millis ?? 0;
  return {
    kind: reading.stream === null ? "service" : "stream",
    subject,
    accounts: reading.accounts,
    accountTokenPosition: reading.accountTokenPosition,
    responseType: reading.response?.type ?? "single",
    thresholdMillis: threshold === 0 ? null : threshold,
    latency: reading.latency?.options ?? null,
    allowTrace: reading.allowTrace?.isAllowed ?? false,
  };
}

function readKey(reading: Reading, key: string, node: ConfigNode, findings: Findings): void {
  switch (key.toLowerCase()) {
    case "stream":
    case "service":
      readSubject(reading, key.toLowerCase() === "stream" ? "stream" : "service", node, findings);
      break;
    case "response":
    case "response_type":
      readResponseType(reading, node, findings);
      break;
    case "threshold":
    case "response_threshold":
    case "response_max_time":
    case "response_time":
      readThreshold(reading, node, findings);
      break;
    case "accounts":
      reading.accounts = itemsOf(node).map((item) => stringOf(item));
      break;
    case "latency":
      reading.latency = { node, options: decodeLatency(node, findings) };
      break;
    case "account_token_position":
      reading.accountTokenPosition = integerOf(node);
      break;
    case "allow_trace":
      reading.allowTrace = { node, isAllowed: booleanOf(node) };
      break;
    default:
      findings.unknownField(node, key);
  }
}

function readSubject(
  reading: Reading,
  kind: "stream" | "service",
  node: ConfigNode,
  findings: Findings,
): void {
  const other = kind === "stream" ? "service" : "stream";
  if (reading[other] !== null) {
    findings.error(node, `Detected ${kind} ${quote(shownValue(node))} but already saw a ${other}`);
    return;
  }
  if (node.content.kind !== "string") {
    findings.error(node, `Expected ${kind} name to be string, got ${typeNameOf(node)}`);
    return;
  }
  reading[kind] = node.content.text;
}

function readResponseType(reading: Reading, node: ConfigNode, findings: Findings): void {
  if (reading.response !== null) {
    findings.error(node, "Duplicate response type definition");
    return;
  }
  if (node.content.kind !== "string") {
    findings.error(node, `Expected response type to be string, got ${typeNameOf(node)}`);
    return;
  }
  const type = responseTypes.get(node.content.text.toLowerCase());
  if (type === undefined) {
    findings.error(node, `Unknown response type: ${quote(node.content.text)}`);
    return;
  }
  reading.response = { node, type };
}

function readThreshold(reading: Reading, node: ConfigNode, findings: Findings): void {
  if (reading.threshold !== null) {
    findings.error(node, "Duplicate response threshold detected");
    return;
  }
  const expected = "Expected response threshold to be a parseable time duration, got";
  if (node.content.kind !== "string") {
    findings.error(node, `${expected} ${typeNameOf(node)}`);
    return;
  }
  const duration = parseDuration(node.content.text);
  if (!duration.ok) {
    findings.error(node, `${expected} ${quote(node.content.text)}`);
    return;
  }
  reading.threshold = { node, millis: duration.value };
}

function refuseServiceParts(reading: Reading, findings: Findings): void {
  for (const part of [reading.response, reading.threshold]) {
    if (part !== null) {
      findings.error(part.node, "Detected response directive on non-service");
    }
  }
  if (reading.latency !== null) {
    findings.error(reading.latency.node, "Detected latency directive on non-service");
  }
  if (reading.allowTrace !== null) {
    findings.error(reading.allowTrace.node, "Detected allow_trace directive on non-service");
  }
}

/** A subject alone, sampling everything, or a map with sampling and subject. */
function decodeLatency(node: ConfigNode, findings: Findings): LatencyOptions | null {
  if (node.content.kind === "string") {
    return { sampling: 100, subject: node.content.text };
  }
  if (node.content.kind !== "map") {
    findings.error(
      node,
      `Expected latency entry to be a map/struct or string, got ${typeNameOf(node)}`,
    );
    return null;
  }
  const samplingNode = node.content.entries.get("sampling");
  const sampling = samplingNode === undefined ? 100 : decodeSampling(samplingNode, findings);
  const subject = node.content.entries.get("subject");
  if (sampling === null) {
    return null;
  }
  if (subject === undefined) {
    findings.error(node, "Latency subject required, but missing");
    return null;
  }
  if (subject.content.kind !== "string") {
    findings.error(subject, `Expected latency subject to be a string, got ${typeNameOf(subject)}`);
    return null;
  }
  return { sampling, subject: subject.content.text };
}

function decodeSampling(node: ConfigNode, findings: Findings): LatencyOptions["sampling"] | null {
  if (node.content.kind !== "string" && node.content.kind !== "integer") {
    findings.error(
      node,
      `Expected latency sample to be a string or map/struct, got ${typeNameOf(node)}`,
    );
    return null;
  }
  const text = shownValue(node);
  if (text.trim().toLowerCase() === "headers") {
    return "headers";
  }
  const digits = text.replace(/%$/, "");
  if (!/^[-+]?[0-9]{1,18}$/.test(digits)) {
    findings.error(
      node,
      `Failed to parse latency sample: strconv.Atoi: parsing ${quote(digits)}: invalid syntax`,
    );
    return null;
  }
  const percent = Number(digits);
  if (percent < 1 || percent > 100) {
    findings.error(node, "bad sampling percentage, should be 1-100");
    return null;
  }
  return percent;
}
