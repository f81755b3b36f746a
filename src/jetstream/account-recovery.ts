// Finds the streams of an account again from what is on disk. What is damaged, or wants more than this server can, is
// kept offline with the reason; it never hides another, and nothing is removed.

import { goDuration } from "../base/go-time.ts";
import type { AccountAssets } from "./account-assets.ts";
import { OfflineConsumer } from "./account-offline.ts";
import type { AccountStream } from "./account-stream.ts";
import type { AccountSurroundings } from "./account-surroundings.ts";
import { requiredLevelOf } from "./asset-level.ts";
import {
  type ConsumerDescription,
  consumerConfigKind,
  decodeConsumerDescription,
} from "./consumer/consumer-config-json.ts";
import { apiLevel } from "./engine-settings.ts";
import { decodeText, shape, timeNanos } from "./json-kinds.ts";
import type { FoundConsumer, FoundStream } from "./store/stores.ts";
import {
  decodeStreamDescription,
  type StreamDescription,
  streamConfigKind,
} from "./stream/stream-config-json.ts";

const decoder: TextDecoder = new TextDecoder();
const nanosPerMilli = 1_000_000;
const lenientStream = shape("description", { created: timeNanos, config: streamConfigKind });
const lenientConsumer = shape("description", { created: timeNanos, config: consumerConfigKind });

type Found<T> =
  | { readonly kind: "well"; readonly description: T }
  | { readonly kind: "offline"; readonly description: T; readonly reason: string };

/** Opens it, with its consumers; it takes nothing before start(). */
export function recoverStream(
  assets: AccountAssets,
  found: FoundStream,
  around: AccountSurroundings,
): AccountStream {
  const { log, clock } = around;
  const where = `'${assets.name} > ${found.place.stream}'`;
  const read = readStream(found);
  if (read.kind === "offline") {
    log.warn(`  Detected unsupported stream ${where}: ${read.reason}`);
    return hostOffline(assets, read.description, read.reason, found);
  }
  const { config, createdNanos } = read.description;
  const began = clock.monotonicMillis();
  log.notice(`  Starting restore for stream ${where}`);
  let hosted: AccountStream;
  try {
    hosted = assets.host(config, createdNanos);
  } catch (failure) {
    const reason = `recovery failed: ${messageOf(failure)}`;
    log.warn(`  Error recreating stream ${JSON.stringify(config.name)}: ${messageOf(failure)}`);
    return hostOffline(assets, read.description, reason, found);
  }
  const { messages } = hosted.access.store.state;
  const took = goDuration(Math.round(clock.monotonicMillis() - began) * nanosPerMilli);
  log.notice(`  Restored ${withCommas(messages)} messages for stream ${where} in ${took}`);
  reportLost(hosted, where, around);
  recoverConsumers(hosted, found, where, around);
  // What a consumer that takes no part still needs, nobody else knows.
  if (hosted.offlineReason === "") {
    hosted.stream?.reconcile();
  }
  return hosted;
}

function reportLost(hosted: AccountStream, where: string, { log }: AccountSurroundings): void {
  const { lost } = hosted.access.store;
  if (lost !== null) {
    const count = lost.sequences.length;
    log.error(`  Stream ${where} lost ${count} messages (${lost.bytes} bytes) to damaged files`);
  }
}

function hostOffline(
  assets: AccountAssets,
  description: StreamDescription,
  reason: string,
  found: FoundStream,
): AccountStream {
  const hosted = assets.hostOffline(description.config, description.createdNanos, reason);
  for (const consumer of found.consumers) {
    const { description: itself } = readConsumer(consumer);
    const { name, config, createdNanos } = itself;
    hosted.hosted.adoptOffline(new OfflineConsumer(name, config, createdNanos, reason));
  }
  return hosted;
}

function recoverConsumers(
  hosted: AccountStream,
  found: FoundStream,
  where: string,
  { log }: AccountSurroundings,
): void {
  const { consumers } = found;
  if (consumers.length > 0) {
    log.notice(`  Recovering ${consumers.length} consumers for stream - ${where}`);
  }
  for (const consumer of consumers) {
    const read = readConsumer(consumer);
    const { description } = read;
    if (read.kind === "well") {
      adopt(hosted, description, where, log);
      continue;
    }
    const { name, config, createdNanos } = description;
    log.warn(`  Detected unsupported consumer ${where.slice(0, -1)} > ${name}': ${read.reason}`);
    // A damaged one takes its stream along only where that would remove what nobody else wants.
    if (consumer.description !== null || hosted.access.config.retention !== "limits") {
      hosted.takeOffline(`stopped - unsupported consumer ${JSON.stringify(name)}`);
    }
    hosted.hosted.adoptOffline(new OfflineConsumer(name, config, createdNanos, read.reason));
  }
}

function adopt(
  hosted: AccountStream,
  description: ConsumerDescription,
  where: string,
  log: AccountSurroundings["log"],
): void {
  try {
    hosted.hosted.adopt(description);
  } catch (failure) {
    const { name, config, createdNanos } = description;
    const reason = `recovery failed: ${messageOf(failure)}`;
    if (hosted.access.config.retention !== "limits") {
      hosted.takeOffline(`stopped - unsupported consumer ${JSON.stringify(name)}`);
    }
    log.warn(`    Error adding consumer ${where.slice(0, -1)} > ${name}': ${messageOf(failure)}`);
    hosted.hosted.adoptOffline(new OfflineConsumer(name, config, createdNanos, reason));
  }
}

function readStream({ place, description }: FoundStream): Found<StreamDescription> {
  if (description === null) {
    return {
      kind: "offline",
      description: unreadStream(place.stream),
      reason: "its description cannot be read",
    };
  }
  const strict = decodeStreamDescription(description);
  if (strict.ok) {
    const level = requiredLevelOf(strict.value.config.metadata);
    return level <= apiLevel
      ? { kind: "well", description: strict.value }
      : { kind: "offline", description: strict.value, reason: levelReason(level) };
  }
  const lenient = decodeText(decoder.decode(description), lenientStream);
  if (!lenient.ok) {
    const reason = `decoding error: ${lenient.refusal}`;
    return { kind: "offline", description: unreadStream(place.stream), reason };
  }
  const { created } = lenient.value;
  const config = { ...lenient.value.config, name: place.stream };
  const isNewer = requiredLevelOf(config.metadata) > apiLevel;
  const reason = `${isNewer ? "unsupported - config error" : "decoding error"}: ${strict.refusal}`;
  return { kind: "offline", description: { config, createdNanos: created ?? 0n }, reason };
}

function readConsumer({ name, description }: FoundConsumer): Found<ConsumerDescription> {
  if (description === null) {
    return {
      kind: "offline",
      description: unreadConsumer(name),
      reason: "its description cannot be read",
    };
  }
  const strict = decodeConsumerDescription(description);
  if (strict.ok) {
    const level = requiredLevelOf(strict.value.config.metadata);
    return level <= apiLevel
      ? { kind: "well", description: strict.value }
      : { kind: "offline", description: strict.value, reason: levelReason(level) };
  }
  const lenient = decodeText(decoder.decode(description), lenientConsumer);
  const known = lenient.ok ? lenient.value.config : unreadConsumer(name).config;
  const createdNanos = (lenient.ok ? lenient.value.created : null) ?? 0n;
  const isNewer = requiredLevelOf(known.metadata) > apiLevel;
  const reason = `${isNewer ? "unsupported - config error" : "decoding error"}: ${strict.refusal}`;
  return { kind: "offline", description: { name, config: known, createdNanos }, reason };
}

function levelReason(level: number): string {
  return `unsupported - required API level: ${level}, current API level: ${apiLevel}`;
}

/** What a description that says nothing says. */
function unreadStream(name: string): StreamDescription {
  return { config: { ...lenientStream.zero.config, name }, createdNanos: 0n };
}

function unreadConsumer(name: string): ConsumerDescription {
  return { name, config: lenientConsumer.zero.config, createdNanos: 0n };
}

function withCommas(count: number): string {
  return String(count).replace(/\B(?=(?:\d{3})+$)/g, ",");
}

function messageOf(failure: unknown): string {
  return failure instanceof Error ? failure.message : String(failure);
}
