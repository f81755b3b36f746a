// Requests to back a stream up and to restore it: they are checked, announced and begun here; what a backup is made of
// backup/ knows.

import { goJson } from "../../base/go-json.ts";
import { goTime } from "../../base/go-time.ts";
import { isValidLiteral } from "../../subjects/subject.ts";
import { apiErrors } from "../api-error.ts";
import { keptMetadata, levelOfStream } from "../asset-level.ts";
import type { JsonValue } from "../exact-json.ts";
import {
  bits64,
  flag,
  integer,
  type Kind,
  listOf,
  sequence,
  shape,
  subjectText,
  timeNanos,
} from "../json-kinds.ts";
import type { StreamConfig } from "../stream/stream-config.ts";
import { streamConfigJson, streamConfigKind } from "../stream/stream-config-json.ts";
import { type ApiCall, errorJson } from "./api-call.ts";
import type { ApiStream } from "./api-context.ts";
import { BackupWriter } from "./backup/backup-writer.ts";
import { RestoreReceiver } from "./backup/restore-receiver.ts";
import { SnapshotSender } from "./backup/snapshot-sender.ts";
import type { StreamRestore } from "./backup/stream-restore.ts";
import { stateJson, streamInfoJson } from "./stream-info.ts";

const chunkBounds = { least: 1024, most: 1 << 20, usual: 128 << 10 };
const windowBounds = { least: 1024, most: 32 << 20, usual: 8 << 20 };
const nanosPerMicro = 1000n;
const pathSeparators = /[\\/]/;
const createdType = "io.nats.jetstream.api.v1.stream_create_response";

const snapshotKind = shape("server.JSApiStreamSnapshotRequest", {
  deliver_subject: subjectText,
  no_consumers: flag,
  chunk_size: integer,
  window_size: integer,
  jsck: flag,
});

/** Taken as it is, and not looked at. */
const anything: Kind<JsonValue> = { zero: null, typeName: "any", read: (value) => value };

const restoreKind = shape("server.JSApiStreamRestoreRequest", {
  config: streamConfigKind,
  state: shape("server.StreamState", {
    messages: bits64,
    bytes: bits64,
    first_seq: sequence,
    first_ts: timeNanos,
    last_seq: sequence,
    last_ts: timeNanos,
    num_subjects: integer,
    subjects: anything,
    num_deleted: integer,
    deleted: listOf(bits64),
    lost: anything,
    consumer_count: integer,
  }),
});

/** `STREAM.SNAPSHOT.<stream>` */
export function snapshotStream(call: ApiCall): void {
  if (!call.isServed()) {
    return;
  }
  if (call.isEmpty) {
    call.refuse(apiErrors.badRequest);
    return;
  }
  const stream = call.stream(call.token(2));
  const wish = stream === null ? null : call.decode(snapshotKind);
  if (stream === null || wish === null) {
    return;
  }
  if (!isValidLiteral(wish.deliver_subject)) {
    call.refuse(apiErrors.snapshotDeliverSubjectInvalid);
    return;
  }
  const chunkBytes = within(chunkBounds, wish.chunk_size);
  sendSnapshot(call, stream, {
    deliverSubject: wish.deliver_subject,
    hasConsumers: !wish.no_consumers,
    chunkBytes,
    windowBytes: Math.max(chunkBytes, within(windowBounds, wish.window_size)),
  });
}

function within(bounds: typeof chunkBounds, wanted: number): number {
  return Math.min(Math.max(bounds.least, wanted === 0 ? bounds.usual : wanted), bounds.most);
}

interface SnapshotWish {
  readonly deliverSubject: string;
  readonly hasConsumers: boolean;
  readonly chunkBytes: number;
  readonly windowBytes: number;
}

function sendSnapshot(call: ApiCall, stream: ApiStream, wish: SnapshotWish): void {
  const { context, account } = call;
  const { log, clock, timers } = context;
  const { name, config } = stream.access;
  const where = `'${account.name} > ${name}'`;
  log.notice(`Starting snapshot for stream ${where}`);
  const began = clock.wallNanos();
  const state = stateJson(stream);
  const writer = new BackupWriter(stream, state, wish.hasConsumers, began);
  call.answer({ config: streamConfigJson(config), state });
  advise(call, "snapshot_create", `STREAM.SNAPSHOT_CREATE.${name}`, { stream: name, state });
  const { deliverSubject, chunkBytes, windowBytes } = wish;
  new SnapshotSender({
    outlet: account.outlet,
    timers,
    writer,
    deliverSubject,
    ackSubject: `$JS.SNAPSHOT.ACK.${name}.${context.newId()}`,
    chunkBytes,
    windowBytes,
    onEnd: (failure) => {
      const span = { start: goTime(began), end: goTime(clock.wallNanos()) };
      const event = { stream: name, ...span };
      advise(call, "snapshot_complete", `STREAM.SNAPSHOT_COMPLETE.${name}`, event, failure);
      if (failure === null) {
        log.notice(`Completed snapshot for stream ${where}`);
      } else {
        log.warn(`Snapshot for stream ${where} failed: ${failure}`);
      }
    },
  }).start();
}

/** `STREAM.RESTORE.<stream>` */
export function restoreStream(call: ApiCall): void {
  if (!call.isServed()) {
    return;
  }
  if (call.isEmpty) {
    call.refuse(apiErrors.badRequest);
    return;
  }
  const wish = call.decode(restoreKind);
  if (wish === null) {
    return;
  }
  const name = call.token(2);
  const config = wish.config.name === "" ? { ...wish.config, name } : wish.config;
  if (config.name !== name) {
    call.refuse(apiErrors.streamMismatch);
  } else if (pathSeparators.test(name)) {
    call.refuse(apiErrors.streamNameContainsPathSeparators);
  } else {
    call.account.restoreStream(withLevel(config), (failure, restore) => {
      if (failure !== null) {
        call.refuse(failure);
      } else if (restore !== null) {
        receiveBackup(call, restore, wish.state.first_seq, wish.state.last_seq);
      }
    });
  }
}

function withLevel(config: StreamConfig): StreamConfig {
  return { ...config, metadata: keptMetadata(config.metadata, levelOfStream(config)) };
}

function receiveBackup(
  call: ApiCall,
  restore: StreamRestore,
  firstSequence: number,
  lastSequence: number,
): void {
  const { context, account } = call;
  const { log, clock, timers } = context;
  const { name } = restore.config;
  const where = `'${account.name} > ${name}'`;
  const began = clock.wallNanos();
  const nowMicros = Number(began / nanosPerMicro);
  const subject = `$JS.SNAPSHOT.RESTORE.${name}.${context.newId()}`;
  log.notice(`Starting restore for stream ${where}`);
  advise(call, "restore_create", `STREAM.RESTORE_CREATE.${name}`, { stream: name });
  new RestoreReceiver({
    outlet: account.outlet,
    timers,
    restore,
    wish: { firstSequence, lastSequence, nowMicros },
    subject,
    answerOf: (error, stream) =>
      goJson({
        type: createdType,
        ...(error === null ? {} : { error: errorJson(error) }),
        ...(stream === null ? {} : streamInfoJson(context, stream, { form: "create" })),
      }),
    onEnd: (failure, bytes) => {
      const span = { start: goTime(began), end: goTime(clock.wallNanos()) };
      const event = { stream: name, ...span, bytes };
      advise(call, "restore_complete", `STREAM.RESTORE_COMPLETE.${name}`, event);
      if (failure === null) {
        log.notice(`Completed restore of ${bytes} bytes for stream ${where}`);
      } else {
        log.warn(`Restore failed for ${bytes} bytes for stream ${where}: ${failure}`);
      }
    },
  }).start();
  call.answer({ deliver_subject: subject });
}

function advise(
  call: ApiCall,
  kind: string,
  name: string,
  event: Readonly<Record<string, unknown>>,
  error: string | null = null,
): void {
  const { context, account } = call;
  const { domain } = context;
  const subject = `$JS.EVENT.ADVISORY.${name}`;
  if (account.outlet.hasInterest(subject)) {
    const advisory = {
      type: `io.nats.jetstream.advisory.v1.${kind}`,
      id: context.newId(),
      timestamp: goTime(context.clock.wallNanos()),
      ...event,
      client: call.client,
      domain: domain === "" ? undefined : domain,
      error: error ?? undefined,
    };
    account.outlet.publish(subject, goJson(advisory));
  }
}
