// Requests that show, list, pause, reset, unpin and delete consumers.

import { readableText } from "../../base/byte-text.ts";
import { omitEmpty } from "../../base/go-json.ts";
import { goTime } from "../../base/go-time.ts";
import { apiErrors } from "../api-error.ts";
import { keptMetadata, levelOfConsumer } from "../asset-level.ts";
import { zeroTimeNanos } from "../consumer/consumer-config-json.ts";
import { exactNonZero } from "../exact-json.ts";
import { bits64, decodeText, integer, plainText, shape, timeNanos } from "../json-kinds.ts";
import type { ApiCall } from "./api-call.ts";
import type { ApiConsumer, ApiStream } from "./api-context.ts";
import { consumerInfoJson } from "./consumer-info.ts";
import { zeroTime } from "./stream-info.ts";
import { listLimit, namesLimit, pageOf } from "./stream-lists.ts";

const pageKind = shape("server.JSApiConsumersRequest", { offset: integer });
const pauseKind = shape("server.JSApiConsumerPauseRequest", { pause_until: timeNanos });
const unpinKind = shape("server.JSApiConsumerUnpinRequest", { group: plainText });
const resetKind = shape("server.JSApiConsumerResetRequest", { seq: bits64 });

const groupName = /^[a-zA-Z0-9/_=-]{1,16}$/;

/** `CONSUMER.INFO.<stream>.<consumer>` */
export function consumerInfo(call: ApiCall): void {
  if (!call.isEmpty) {
    call.refuse(apiErrors.notEmptyRequest);
    return;
  }
  const found = call.isServed() ? consumerOf(call) : null;
  if (found !== null) {
    call.answer(consumerInfoJson(call.context, found.stream, found.consumer));
  }
}

/** `CONSUMER.NAMES.<stream>` */
export function consumerNames(call: ApiCall): void {
  const wish = call.isServed() ? call.decodeOptional(pageKind) : null;
  const stream = wish === null ? null : call.stream(call.token(2));
  if (wish === null || stream === null) {
    return;
  }
  const all = consumersOf(stream);
  const offset = Math.min(Math.max(wish.offset, 0), all.length);
  call.answer({
    total: all.length,
    offset,
    limit: namesLimit,
    consumers: all.slice(offset, offset + namesLimit).map(({ name }) => readableText(name)),
  });
}

/** `CONSUMER.LIST.<stream>` */
export function consumerList(call: ApiCall): void {
  const wish = call.isServed() ? call.decodeOptional(pageKind) : null;
  const stream = wish === null ? null : call.stream(call.token(2));
  if (wish === null || stream === null) {
    return;
  }
  const all = consumersOf(stream);
  const offset = Math.min(Math.max(wish.offset, 0), all.length);
  const { online, offline } = pageOf(all, offset, listLimit);
  call.answer({
    total: all.length,
    offset,
    limit: listLimit,
    consumers: online.map((consumer) => consumerInfoJson(call.context, stream, consumer, true)),
    missing: omitEmpty(offline.map(({ name }) => readableText(name))),
    offline: omitEmpty(
      Object.fromEntries(
        offline.map(({ name, offlineReason }) => [readableText(name), offlineReason]),
      ),
    ),
  });
}

/** `CONSUMER.DELETE.<stream>.<consumer>` */
export function deleteConsumer(call: ApiCall): void {
  if (!call.isServed()) {
    return;
  }
  if (!call.isEmpty) {
    call.refuse(apiErrors.notEmptyRequest);
    return;
  }
  const stream = call.stream(call.token(2));
  if (stream === null) {
    return;
  }
  // One that is offline may be deleted too.
  const consumer = stream.consumer(call.token(3));
  if (consumer === null) {
    call.refuse(apiErrors.consumerNotFound);
    return;
  }
  call.account.deleteConsumer(stream, consumer, (failure) => {
    if (failure === null) {
      call.answer({ success: true });
    } else {
      call.refuse(failure);
    }
  });
}

/** `CONSUMER.PAUSE.<stream>.<consumer>`; without a time, or with one that is past, it goes on. */
export function pauseConsumer(call: ApiCall): void {
  const wish = call.decodeOptional(pauseKind);
  const found = wish !== null && call.isServed() ? consumerOf(call) : null;
  if (wish === null || found === null) {
    return;
  }
  const { stream, consumer } = found;
  const until = wish.pause_until === zeroTimeNanos ? null : wish.pause_until;
  const changed = { ...consumer.config, pauseUntilNanos: until };
  const metadata = keptMetadata(changed.metadata, levelOfConsumer(changed));
  call.account.pauseConsumer(stream, consumer, { ...changed, metadata }, (failure) => {
    if (failure !== null) {
      call.refuse(failure);
      return;
    }
    const remaining = (until ?? 0n) - call.context.clock.wallNanos();
    call.answer({
      paused: remaining > 0n,
      pause_until: until === null ? zeroTime : goTime(until),
      pause_remaining: remaining > 0n ? exactNonZero(remaining) : undefined,
    });
  });
}

/** `CONSUMER.UNPIN.<stream>.<consumer>` */
export function unpinConsumer(call: ApiCall): void {
  if (!call.isServed()) {
    return;
  }
  const decoded = decodeText(call.text, unpinKind);
  if (!decoded.ok) {
    call.refuse(apiErrors.invalidJson(decoded.refusal));
    return;
  }
  const { group } = decoded.value;
  if (group === "") {
    call.refuse(apiErrors.invalidJson("consumer group not specified"));
    return;
  }
  if (!groupName.test(group)) {
    call.refuse(apiErrors.consumerInvalidGroupName);
    return;
  }
  const found = consumerOf(call);
  if (found === null) {
    return;
  }
  if (found.consumer.unpin(group)) {
    call.answer({});
  } else {
    call.refuse(apiErrors.consumerInvalidPriorityGroup);
  }
}

/** `CONSUMER.RESET.<stream>.<consumer>`; without a sequence it goes back to its ack floor. */
export function resetConsumer(call: ApiCall): void {
  if (!call.isServed()) {
    return;
  }
  const decoded = decodeText(call.text === "" ? "{}" : call.text, resetKind);
  if (!decoded.ok) {
    call.refuse(apiErrors.invalidJson(decoded.refusal));
    return;
  }
  const found = consumerOf(call);
  if (found === null) {
    return;
  }
  const { stream, consumer } = found;
  consumer.reset(decoded.value.seq, (failure, startsFrom) => {
    if (failure === null) {
      const info = consumerInfoJson(call.context, stream, consumer);
      call.answer({ ...info, reset_seq: startsFrom });
    } else {
      call.refuse(apiErrors.consumerInvalidReset(failure));
    }
  });
}

/** Null: it was refused. */
function consumerOf(call: ApiCall): { stream: ApiStream; consumer: ApiConsumer } | null {
  const stream = call.stream(call.token(2));
  const consumer = stream?.consumer(call.token(3)) ?? null;
  if (stream === null) {
    return null;
  }
  if (consumer === null) {
    call.refuse(apiErrors.consumerNotFound);
    return null;
  }
  if (consumer.offlineReason !== "") {
    call.refuseLater(apiErrors.consumerOfflineReason(consumer.offlineReason));
    return null;
  }
  return { stream, consumer };
}

/** By name. */
function consumersOf(stream: ApiStream): readonly ApiConsumer[] {
  return [...stream.consumers()].sort((first, second) => (first.name < second.name ? -1 : 1));
}
