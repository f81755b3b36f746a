// Which subjects a stream may have, and how it may rewrite and republish them. Pure.

import { readableText } from "../../base/byte-text.ts";
import { goQuote } from "../../protocol/go-quote.ts";
import { collide, isSubset } from "../../subjects/overlap.ts";
import { isValidSubject } from "../../subjects/subject.ts";
import { SubjectTransform } from "../../subjects/transform.ts";
import { type ApiError, apiErrors } from "../api-error.ts";
import {
  badSubject,
  invalid,
  mappingFault,
  type OpenConfig,
  type StreamCheckContext,
} from "./stream-check.ts";

const everything = ">";
const reservedByApi: readonly string[] = ["$JS.>", "$JSC.>", "$NRG.>"];

/** None at all is the stream's name, unless it lives on another stream. */
export function subjectRefusal(config: OpenConfig): ApiError | null {
  if (config.subjects.length === 0) {
    if (config.mirror === null && config.sources.length === 0) {
      config.subjects = [config.name];
    }
    return null;
  }
  if (config.mirror !== null) {
    return apiErrors.mirrorWithSubjects;
  }
  for (const [index, subject] of config.subjects.entries()) {
    const refusal = oneSubjectRefusal(subject, index, config);
    if (refusal !== null) {
      return refusal;
    }
  }
  return null;
}

export function transformRefusal({ subjectTransform }: OpenConfig): ApiError | null {
  if (subjectTransform === null) {
    return null;
  }
  const { src, dest } = subjectTransform;
  if (src !== "" && !isValidSubject(src)) {
    return apiErrors.streamTransformInvalidSource(badSubject(src));
  }
  const fault = mappingFault(src, dest);
  return fault === null ? null : apiErrors.streamTransformInvalidDestination(fault);
}

export function republishRefusal(
  config: OpenConfig,
  { isPedantic }: StreamCheckContext,
): ApiError | null {
  if (config.republish === null) {
    return null;
  }
  if (config.republish.src === "") {
    if (isPedantic) {
      return apiErrors.pedantic("republish source can not be empty");
    }
    config.republish = { ...config.republish, src: everything };
  }
  if (followsTransform(config)) {
    if (isPedantic) {
      return apiErrors.pedantic("implicit republish based on subject transform");
    }
    const dest = config.subjectTransform?.dest ?? "";
    config.republish = { ...config.republish, src: dest, dest };
  }
  const { src, dest } = config.republish;
  if (config.subjects.some((subject) => collide(dest, subject))) {
    return invalid("stream configuration for republish destination forms a cycle");
  }
  return SubjectTransform.parse(src, dest).ok
    ? null
    : invalid(
        `stream configuration for republish with transform from '${readableText(src)}' to '${readableText(dest)}' not valid`,
      );
}

function oneSubjectRefusal(subject: string, index: number, config: OpenConfig): ApiError | null {
  if (!isValidSubject(subject)) {
    return invalid("invalid subject");
  }
  const refusal =
    (subject === everything ? captureRefusal(config) : null) ??
    (config.noAck ? null : reservedRefusal(subject));
  if (refusal !== null) {
    return refusal;
  }
  const other = config.subjects.slice(index + 1).find((later) => collide(later, subject));
  return other === undefined
    ? null
    : invalid(
        `subject ${goQuote(readableText(subject))} overlaps with ${goQuote(readableText(other))}`,
      );
}

function captureRefusal(config: OpenConfig): ApiError | null {
  if (!config.noAck) {
    return invalid("capturing all subjects requires no-ack to be true");
  }
  return config.replicas === 1 ? null : invalid("capturing all subjects requires replicas of 1");
}

/** A stream that answers could answer its own API. Events may be kept. */
function reservedRefusal(subject: string): ApiError | null {
  const isOfApi = reservedByApi.some((namespace) => collide(subject, namespace));
  if (isOfApi && !isSubset(subject, "$JS.EVENT.>")) {
    return invalid("subjects that overlap with jetstream api require no-ack to be true");
  }
  return collide(subject, "$SYS.>") && !isSubset(subject, "$SYS.ACCOUNT.>")
    ? invalid("subjects that overlap with system api require no-ack to be true")
    : null;
}

/** A stream that rewrites all its subjects and republishes everything means what it wrote. */
function followsTransform({ republish, subjectTransform, subjects }: OpenConfig): boolean {
  return (
    republish?.dest === everything &&
    republish.src === everything &&
    subjectTransform !== null &&
    subjects.length === 1 &&
    subjectTransform.src === subjects[0]
  );
}
