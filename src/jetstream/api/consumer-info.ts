// A consumer as answers show it: its configuration, and where it stands.

import { readableText } from "../../base/byte-text.ts";
import { omitEmpty } from "../../base/go-json.ts";
import { goTime } from "../../base/go-time.ts";
import { shownMetadata } from "../asset-level.ts";
import { consumerConfigJson } from "../consumer/consumer-config-json.ts";
import type { ConsumerPosition, PriorityGroupStatus } from "../consumer/consumer-status.ts";
import { exactNonZero } from "../exact-json.ts";
import type { ApiConsumer, ApiContext, ApiStream } from "./api-context.ts";
import { zeroTime } from "./stream-info.ts";

export function consumerInfoJson(
  context: ApiContext,
  stream: ApiStream,
  consumer: ApiConsumer,
  isList = false,
): Readonly<Record<string, unknown>> {
  const { config } = consumer;
  const status = consumer.status();
  const shown = isList
    ? config
    : { ...config, metadata: shownMetadata(config.metadata, context.version, context.apiLevel) };
  return {
    stream_name: readableText(stream.access.name),
    name: readableText(consumer.name),
    created: goTime(consumer.createdNanos),
    config: consumerConfigJson(shown),
    delivered: positionJson(status.delivered),
    ack_floor: positionJson(status.ackFloor),
    num_ack_pending: status.ackPending,
    num_redelivered: status.redelivered,
    num_waiting: status.waiting,
    num_pending: status.pending,
    push_bound: omitEmpty(status.isPushBound),
    paused: omitEmpty(status.pauseRemainingNanos > 0n),
    pause_remaining: exactNonZero(status.pauseRemainingNanos),
    ts: goTime(context.clock.wallNanos()),
    priority_groups: omitEmpty(status.priorityGroups.map(groupJson)),
  };
}

function positionJson(position: ConsumerPosition): object {
  const { lastActiveNanos: last } = position;
  return {
    consumer_seq: position.consumerSequence,
    stream_seq: position.streamSequence,
    last_active: last === null ? undefined : goTime(last),
  };
}

function groupJson({ group, pinnedClientId, pinnedNanos }: PriorityGroupStatus): object {
  return {
    group,
    pinned_client_id: omitEmpty(pinnedClientId),
    pinned_ts: pinnedNanos === null ? zeroTime : goTime(pinnedNanos),
  };
}
