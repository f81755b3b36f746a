// A stream as answers show it: its configuration, its state, where its mirror and sources stand.

import { readableText } from "../../base/byte-text.ts";
import { omitEmpty } from "../../base/go-json.ts";
import { goTime } from "../../base/go-time.ts";
import { shownMetadata } from "../asset-level.ts";
import { exactInteger } from "../exact-json.ts";
import { SubjectFilter } from "../store/subject-filter.ts";
import { externalJson, transformsJson } from "../stream/source-config-json.ts";
import { streamConfigJson } from "../stream/stream-config-json.ts";
import { errorJson } from "./api-call.ts";
import type { ApiContext, ApiStream, SourceStatus } from "./api-context.ts";

/** Subjects in one answer. */
export const maxSubjectDetails = 100_000;
/** Sequences of deleted messages in one answer: more would take too much memory to say. */
const maxDeletedDetails = 1_000_000;

const nanosPerMicro = 1000n;
/** How Go shows a time that is not set. */
export const zeroTime = "0001-01-01T00:00:00Z";

export interface StreamInfoWish {
  /** Lists and answers to a creation leave out some of what an info says. */
  readonly form: "create" | "update" | "info" | "list";
  readonly hasDeletedDetails?: boolean;
  readonly subjects?: Readonly<Record<string, number>> | undefined;
}

export function streamInfoJson(
  context: ApiContext,
  stream: ApiStream,
  wish: StreamInfoWish,
): Readonly<Record<string, unknown>> {
  const { access } = stream;
  const { config } = access;
  const { form } = wish;
  const mirror = stream.mirrorStatus();
  const shown =
    form === "list"
      ? config
      : {
          ...config,
          metadata: shownMetadata(config.metadata, context.version, context.apiLevel),
        };
  return {
    config: streamConfigJson(shown),
    created: goTime(access.createdNanos),
    state: stateJson(stream, wish),
    domain: form === "create" ? undefined : omitEmpty(context.domain),
    cluster: form === "info" ? { leader: context.serverName } : undefined,
    mirror: mirror === null ? undefined : sourceStatusJson(mirror),
    sources: omitEmpty(stream.sourceStatus().map(sourceStatusJson)),
    ts: goTime(context.clock.wallNanos()),
  };
}

/** Also what a backup says of the stream. */
export function stateJson(stream: ApiStream, wish: Omit<StreamInfoWish, "form"> = {}): object {
  const { store } = stream.access;
  const { state, lost } = store;
  return {
    messages: state.messages,
    bytes: state.bytes,
    // A stream that never had a message has no first one.
    first_seq: state.lastSequence === 0 ? 0 : state.firstSequence,
    first_ts: timeOf(state.firstTimeMicros, state.firstRestNanos),
    last_seq: state.lastSequence,
    last_ts: timeOf(state.lastTimeMicros, state.lastRestNanos),
    num_subjects: omitEmpty(state.subjects),
    subjects: wish.subjects,
    num_deleted: omitEmpty(state.deleted),
    deleted: wish.hasDeletedDetails === true ? omitEmpty(deletedOf(stream)) : undefined,
    lost: lost === null ? undefined : { msgs: lost.sequences, bytes: lost.bytes },
    consumer_count: stream.consumerCount,
  };
}

export interface SubjectPage {
  /** Undefined: no message has such a subject. */
  readonly subjects: Readonly<Record<string, number>> | undefined;
  readonly total: number;
}

/** How many messages each subject has, in order of subject, so many subjects from `offset` on. */
export function subjectPage(stream: ApiStream, pattern: string, offset: number): SubjectPage {
  const subjects: [string, number][] = [];
  let total = 0;
  stream.access.store.eachSubject(new SubjectFilter([pattern]), (subject, { messages }) => {
    if (total >= offset && subjects.length < maxSubjectDetails) {
      subjects.push([readableText(subject), messages]);
    }
    total += 1;
    return true;
  });
  return {
    subjects: subjects.length === 0 ? undefined : Object.fromEntries(subjects),
    total,
  };
}

export function sourceStatusJson(status: SourceStatus): object {
  const { external, activeNanos, error } = status;
  return {
    name: readableText(status.name),
    external: external === null ? undefined : externalJson(external),
    lag: status.lag,
    active: activeNanos === null ? -1 : exactInteger(activeNanos),
    error: error === null ? undefined : errorJson(error),
    filter_subject: omitEmpty(readableText(status.filterSubject)),
    subject_transforms: transformsJson(status.subjectTransforms),
  };
}

/** Micros and nanos as stores keep them, as text; 0 is never. */
export function timeOf(micros: number, restNanos: number): string {
  return micros === 0 && restNanos === 0
    ? zeroTime
    : goTime(BigInt(micros) * nanosPerMicro + BigInt(restNanos));
}

function deletedOf(stream: ApiStream): readonly number[] {
  const deleted: number[] = [];
  stream.access.store.eachGap((first, last) => {
    for (let sequence = first; sequence <= last; sequence++) {
      if (deleted.length === maxDeletedDetails) {
        return false;
      }
      deleted.push(sequence);
    }
    return true;
  });
  return deleted;
}
