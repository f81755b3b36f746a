// From what the configuration says of JetStream to what the engine is given: what is left open is filled in by the
// machine it runs on.

import type { AccountJetStreamOptions, JetStreamOptions, Options } from "../config/options.ts";
import type { AccountUsageLimits } from "../jetstream/api/api-context.ts";
import type { EngineSettings } from "../jetstream/engine-settings.ts";
import { defaultStreamSettings } from "../jetstream/stream/stream-parts.ts";
import type { Host } from "../ports/host.ts";

const defaultRequestQueueLimit = 10_000;
const nanosPerMilli = 1_000_000;
/** Of what there is, when nothing is said. */
const shareOfMachine = 0.75;

/** The folder that holds everything of JetStream, and whether it was only guessed. */
export interface StoreFolder {
  readonly path: string;
  readonly isTemporary: boolean;
}

export function storeFolderOf(
  { storeDir }: JetStreamOptions,
  { disk, process }: Host,
): StoreFolder {
  const temporary = process.environment("TMPDIR") ?? "/tmp";
  const parent = storeDir === null ? `${temporary}/nats` : disk.absolute(storeDir);
  return { path: `${parent.replace(/\/+$/, "")}/jetstream`, isTemporary: storeDir === null };
}

/** The folder must be there, unless everything is kept in memory. */
export function engineSettingsOf(options: Options, folder: string, host: Host): EngineSettings {
  const { jetStream, maxPayload, maxPending, featureFlags } = options;
  const { limits } = jetStream;
  const requestQueueLimit = positive(jetStream.requestQueueLimit, defaultRequestQueueLimit);
  const { batches, fastBatches } = defaultStreamSettings;
  return {
    maxMemory: jetStream.maxMemory ?? Math.floor(host.process.memoryBytes * shareOfMachine),
    maxStore: jetStream.maxStore ?? Math.floor(roomFor(jetStream, folder, host) * shareOfMachine),
    domain: jetStream.domain ?? "",
    isStrict: jetStream.isStrict,
    requestQueueLimit,
    infoQueueLimit: positive(jetStream.infoQueueLimit, requestQueueLimit),
    namesDomainInAcks: featureFlags["js_ack_fc_v2"] ?? false,
    maxAckPending: limits.maxAckPending,
    maxRequestBatch: limits.maxRequestBatch,
    duplicateWindowNanos: BigInt(Math.round(limits.duplicateWindowMillis * nanosPerMilli)),
    stream: {
      domain: jetStream.domain ?? "",
      maxPayload,
      maxPending,
      maxBufferedMessages: positive(
        jetStream.maxBufferedMessages,
        defaultStreamSettings.maxBufferedMessages,
      ),
      maxBufferedBytes: positive(
        jetStream.maxBufferedBytes,
        defaultStreamSettings.maxBufferedBytes,
      ),
      batches: {
        maxInflightPerStream: positive(
          limits.batch.maxInflightPerStream,
          batches.maxInflightPerStream,
        ),
        maxInflightTotal: positive(limits.batch.maxInflightTotal, batches.maxInflightTotal),
        maxMessages: positive(limits.batch.maxMessages, batches.maxMessages),
        timeoutMillis: positive(limits.batch.timeoutMillis, batches.timeoutMillis),
      },
      fastBatches: {
        maxInflightPerStream: positive(
          limits.batch.maxInflightPerStream,
          fastBatches.maxInflightPerStream,
        ),
        maxInflightTotal: positive(limits.batch.maxInflightTotal, fastBatches.maxInflightTotal),
      },
    },
  };
}

export function accountLimitsOf(options: AccountJetStreamOptions): AccountUsageLimits {
  const { maxStore, storeMaxStreamBytes, clusterTraffic: _traffic, ...same } = options;
  return { ...same, maxStorage: maxStore, storageMaxStreamBytes: storeMaxStreamBytes };
}

function roomFor({ isInMemory }: JetStreamOptions, folder: string, host: Host): number {
  return isInMemory ? host.process.memoryBytes : host.disk.space(folder).free;
}

function positive(value: number, otherwise: number): number {
  return value > 0 ? value : otherwise;
}
