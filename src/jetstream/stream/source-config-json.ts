// Where a mirror or a source takes its messages from, as it stands in requests, answers and descriptions on disk.

import { readableText } from "../../base/byte-text.ts";
import { omitEmpty } from "../../base/go-json.ts";
import { goTime } from "../../base/go-time.ts";
import { exactNonZero } from "../exact-json.ts";
import {
  bits64,
  type Kind,
  listOf,
  mapped,
  maybe,
  type Shape,
  shape,
  subjectText,
  timeNanos,
} from "../json-kinds.ts";
import type { StreamSourceConfig, SubjectTransformConfig } from "./source-config.ts";

export const transformKind: Kind<SubjectTransformConfig> = shape("server.SubjectTransformConfig", {
  src: subjectText,
  dest: subjectText,
});

const externalKind = shape("server.ExternalStream", { api: subjectText, deliver: subjectText });

const feedingConsumerKind = shape("server.StreamConsumerSource", {
  name: subjectText,
  deliver_subject: subjectText,
});

const sourceFields = {
  name: subjectText,
  opt_start_seq: bits64,
  opt_start_time: timeNanos,
  filter_subject: subjectText,
  subject_transforms: listOf(transformKind),
  external: maybe(externalKind),
  consumer: maybe(feedingConsumerKind),
};

export const sourceKind: Kind<StreamSourceConfig> = mapped(
  shape("server.StreamSource", sourceFields),
  sourceConfigOf,
);

function sourceConfigOf(record: Shape<typeof sourceFields>): StreamSourceConfig {
  const { consumer } = record;
  return {
    name: record.name,
    optStartSequence: record.opt_start_seq,
    optStartTimeNanos: record.opt_start_time,
    filterSubject: record.filter_subject,
    subjectTransforms: record.subject_transforms,
    external: record.external,
    consumer:
      consumer === null ? null : { name: consumer.name, deliverSubject: consumer.deliver_subject },
  };
}

export function sourceJson(source: StreamSourceConfig): object {
  const { optStartTimeNanos: start, external, consumer } = source;
  return {
    name: readableText(source.name),
    opt_start_seq: exactNonZero(source.optStartSequence),
    opt_start_time: start === null ? undefined : goTime(start),
    filter_subject: omitEmpty(readableText(source.filterSubject)),
    subject_transforms: transformsJson(source.subjectTransforms),
    external: external === null ? undefined : externalJson(external),
    consumer:
      consumer === null
        ? undefined
        : {
            name: omitEmpty(readableText(consumer.name)),
            deliver_subject: omitEmpty(readableText(consumer.deliverSubject)),
          },
  };
}

/** Undefined when there are none. */
export function transformsJson(
  transforms: readonly SubjectTransformConfig[],
): readonly object[] | undefined {
  return transforms.length === 0 ? undefined : transforms.map(transformJson);
}

export function transformJson({ src, dest }: SubjectTransformConfig): object {
  return { src: readableText(src), dest: readableText(dest) };
}

export function externalJson(external: { readonly api: string; readonly deliver: string }): object {
  return { api: readableText(external.api), deliver: readableText(external.deliver) };
}
