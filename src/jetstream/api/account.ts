// Requests about an account as a whole: what it uses, and, from the system account, that all of it goes.

import { omitEmpty } from "../../base/go-json.ts";
import { type ApiError, apiErrors } from "../api-error.ts";
import type { ApiCall } from "./api-call.ts";
import type { AccountUsageLimits, UsageOfTier } from "./api-context.ts";

/** `INFO` */
export function accountInfo(call: ApiCall): void {
  if (!call.isServed()) {
    return;
  }
  const { account, context } = call;
  const usage = account.usage();
  const { total, errors, inflight } = account.counts;
  const tiers = Object.entries(usage.tiers).map(([name, tier]) => [name, tierJson(tier)]);
  call.answer({
    ...tierJson(usage),
    domain: omitEmpty(context.domain),
    // This very request is no longer in flight when the answer is read.
    api: { level: context.apiLevel, total, errors, inflight: omitEmpty(inflight - 1) },
    tiers: omitEmpty(Object.fromEntries(tiers)),
  });
}

/** `ACCOUNT.PURGE.<account>`, by the system account: all its streams are deleted. */
export function purgeAccount(call: ApiCall): void {
  const name = call.token(2);
  if (/[\\/]/.test(name)) {
    call.refuse(apiErrors.streamGeneral("account name can not contain path separators"));
    return;
  }
  const account = call.context.account(name);
  const streams = account === null ? [] : [...account.streams()];
  call.context.log.notice(
    `Purge request for account ${name} (streams: ${streams.length}, hasAccount: ${account !== null})`,
  );
  let waiting = 1;
  let failure: ApiError | null = null;
  const onDone = (error: ApiError | null): void => {
    failure ??= error;
    waiting -= 1;
    if (waiting === 0 && failure !== null) {
      call.refuse(failure);
    } else if (waiting === 0) {
      call.answer({ initiated: true });
    }
  };
  for (const stream of streams) {
    waiting += 1;
    account?.deleteStream(stream, onDone);
  }
  onDone(null);
}

function tierJson(usage: UsageOfTier): object {
  return {
    memory: usage.memory,
    storage: usage.storage,
    reserved_memory: usage.reservedMemory,
    reserved_storage: usage.reservedStorage,
    streams: usage.streams,
    consumers: usage.consumers,
    limits: limitsJson(usage.limits),
  };
}

function limitsJson(limits: AccountUsageLimits): object {
  return {
    max_memory: limits.maxMemory,
    max_storage: limits.maxStorage,
    max_streams: limits.maxStreams,
    max_consumers: limits.maxConsumers,
    max_ack_pending: limits.maxAckPending,
    memory_max_stream_bytes: limits.memoryMaxStreamBytes,
    storage_max_stream_bytes: limits.storageMaxStreamBytes,
    max_bytes_required: limits.maxBytesRequired,
  };
}
