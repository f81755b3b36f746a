// Whether a stream may be a mirror, or have these sources: what they exclude, whether their filters and prefixes
// overlap, and whether the account's streams would feed each other in a circle. Pure.

import { readableText } from "../../base/byte-text.ts";
import { goQuote } from "../../protocol/go-quote.ts";
import { collide, isSubset } from "../../subjects/overlap.ts";
import { hasWildcard, isValidSubject } from "../../subjects/subject.ts";
import { type ApiError, apiErrors } from "../api-error.ts";
import type { StreamSourceConfig, SubjectTransformConfig } from "./source-config.ts";
import {
  badSubject,
  invalid,
  isValidAssetName,
  mappingFault,
  type OpenConfig,
  type StreamCheckContext,
} from "./stream-check.ts";
import type { StreamConfig } from "./stream-config.ts";

const apiPrefix = "$JS.API";

/** The errors of a mirror, or of a source, where both have one for the same fault. */
interface OriginErrors {
  readonly consumer: ApiError;
  readonly manyFilters: ApiError;
  readonly overlapping: ApiError;
  readonly tooLarge: ApiError;
  filter(text: string): ApiError;
  destination(text: string): ApiError;
}

const mirrorErrors: OriginErrors = {
  consumer: apiErrors.mirrorDurableConsumerCfgInvalid,
  manyFilters: apiErrors.mirrorMultipleFiltersNotAllowed,
  overlapping: apiErrors.mirrorOverlappingSubjectFilters,
  tooLarge: apiErrors.mirrorMaxMessageSizeTooBig,
  filter: (text) => apiErrors.mirrorInvalidSubjectFilter(text),
  destination: (text) => apiErrors.mirrorInvalidTransformDestination(text),
};

const sourceErrors: OriginErrors = {
  consumer: apiErrors.sourceDurableConsumerCfgInvalid,
  manyFilters: apiErrors.sourceMultipleFiltersNotAllowed,
  overlapping: apiErrors.sourceOverlappingSubjectFilters,
  tooLarge: apiErrors.sourceMaxMessageSizeTooBig,
  filter: (text) => apiErrors.sourceInvalidSubjectFilter(text),
  destination: (text) => apiErrors.sourceInvalidTransformDestination(text),
};

export function originRefusal(config: OpenConfig, context: StreamCheckContext): ApiError | null {
  return (
    (config.mirror === null ? null : mirrorRefusal(config, config.mirror, context)) ??
    sourcesRefusal(config, context) ??
    prefixRefusal(config, context) ??
    (feedsItself(config, context) ? invalid("detected cycle") : null) ??
    filterRefusal(config)
  );
}

function mirrorRefusal(
  config: OpenConfig,
  mirror: StreamSourceConfig,
  context: StreamCheckContext,
): ApiError | null {
  return (
    mirrorExcludes(config) ??
    consumerRefusal(mirror, mirrorErrors) ??
    (mirror.filterSubject !== "" && mirror.subjectTransforms.length > 0
      ? mirrorErrors.manyFilters
      : null) ??
    (config.subjectDeleteMarkerTtlNanos > 0n
      ? invalid("subject delete markers forbidden on mirrors")
      : null) ??
    transformsRefusal(mirror.subjectTransforms, mirrorErrors, collide) ??
    (mirror.external === null ? visibleMirrorRefusal(config, mirror, context) : null)
  );
}

function mirrorExcludes(config: OpenConfig): ApiError | null {
  const excluded: readonly (readonly [boolean, ApiError])[] = [
    [config.firstSequence > 0, apiErrors.mirrorWithFirstSeq],
    [config.subjects.length > 0, apiErrors.mirrorWithSubjects],
    [config.sources.length > 0, apiErrors.mirrorWithSources],
    [config.allowCounter, apiErrors.mirrorWithCounters],
    [config.allowAtomic, apiErrors.mirrorWithAtomicPublish],
    [config.allowBatched, apiErrors.mirrorWithBatchPublish],
    [config.allowSchedules, apiErrors.mirrorWithMsgSchedules],
  ];
  return excluded.find(([isAsked]) => isAsked)?.[1] ?? null;
}

/** The origin need not be there; where it is, it is looked at, and its direct gets are taken over. */
function visibleMirrorRefusal(
  config: OpenConfig,
  mirror: StreamSourceConfig,
  { isPedantic, configOf }: StreamCheckContext,
): ApiError | null {
  if (!isValidAssetName(mirror.name)) {
    return apiErrors.mirrorInvalidStreamName;
  }
  const origin = configOf(mirror.name);
  if (origin === null) {
    return null;
  }
  if (isSmaller(config, origin)) {
    return mirrorErrors.tooLarge;
  }
  if (isPedantic && config.mirrorDirect !== origin.allowDirect) {
    return apiErrors.pedantic("origin stream has direct get set, mirror has it disabled");
  }
  config.mirrorDirect = origin.allowDirect;
  return null;
}

function sourcesRefusal(config: OpenConfig, context: StreamCheckContext): ApiError | null {
  if (config.sources.length > 0 && config.allowSchedules) {
    return apiErrors.sourceWithMsgSchedules;
  }
  const sources = new Set<string>();
  const consumers = new Set<string>();
  for (const source of config.sources) {
    const refusal = sourceRefusal(config, source, sources, consumers, context);
    if (refusal !== null) {
      return refusal;
    }
  }
  return null;
}

function sourceRefusal(
  config: OpenConfig,
  source: StreamSourceConfig,
  sources: Set<string>,
  consumers: Set<string>,
  { configOf }: StreamCheckContext,
): ApiError | null {
  if (!isValidAssetName(source.name)) {
    return apiErrors.sourceInvalidStreamName;
  }
  if (!addNew(sources, identityOf(source))) {
    return apiErrors.sourceDuplicateDetected;
  }
  if (source.filterSubject !== "" && source.subjectTransforms.length > 0) {
    return sourceErrors.manyFilters;
  }
  const refusal =
    transformsRefusal(source.subjectTransforms, sourceErrors, isSubset) ??
    consumerRefusal(source, sourceErrors);
  if (refusal !== null) {
    return refusal;
  }
  const consumer = JSON.stringify([source.name, source.external?.api, source.consumer?.name]);
  if (source.consumer !== null && !addNew(consumers, consumer)) {
    return apiErrors.sourceDurableConsumerDuplicateDetected;
  }
  const origin = source.external === null ? configOf(source.name) : null;
  return origin !== null && isSmaller(config, origin) ? sourceErrors.tooLarge : null;
}

/** Two sources are the same when they take the same from the same. */
function identityOf(source: StreamSourceConfig): string {
  const transforms = source.subjectTransforms.map(({ src, dest }) => [src || ">", dest || ">"]);
  const takes = transforms.length > 0 ? transforms : [[source.filterSubject || ">", ">"]];
  return JSON.stringify([source.name, source.external?.api, source.consumer?.name, takes]);
}

/** A consumer that exists is taken as it is. */
function consumerRefusal(source: StreamSourceConfig, errors: OriginErrors): ApiError | null {
  const { consumer } = source;
  if (consumer === null) {
    return null;
  }
  const isUsable =
    isValidAssetName(consumer.name) &&
    isValidSubject(consumer.deliverSubject) &&
    !hasWildcard(consumer.deliverSubject) &&
    source.optStartSequence === 0n &&
    source.optStartTimeNanos === null &&
    source.filterSubject === "";
  return isUsable ? null : errors.consumer;
}

function transformsRefusal(
  transforms: readonly SubjectTransformConfig[],
  errors: OriginErrors,
  overlaps: (one: string, other: string) => boolean,
): ApiError | null {
  for (const { src, dest } of transforms) {
    if (src !== "" && !isValidSubject(src)) {
      return errors.filter(badSubject(src));
    }
    const fault = mappingFault(src, dest);
    if (fault !== null) {
      return errors.destination(fault);
    }
  }
  const collides = transforms.some((one, index) =>
    transforms.some((other, at) => at !== index && overlaps(one.src, other.src)),
  );
  return collides ? errors.overlapping : null;
}

function isSmaller(config: StreamConfig, origin: StreamConfig): boolean {
  return (
    config.maxMessageSize > 0 &&
    origin.maxMessageSize > 0 &&
    config.maxMessageSize < origin.maxMessageSize
  );
}

/** Prefixes under which another account or domain is reached. */
function prefixRefusal(config: OpenConfig, { configOf }: StreamCheckContext): ApiError | null {
  const origins = [...(config.mirror === null ? [] : [config.mirror]), ...config.sources];
  const subjects = origins
    .filter(({ external }) => external === null)
    .flatMap(({ name }) => configOf(name)?.subjects ?? []);
  for (const { external } of origins) {
    const refusal =
      external === null || external.deliver === ""
        ? null
        : deliverPrefixRefusal(external.deliver, subjects);
    if (refusal !== null) {
      return refusal;
    }
  }
  for (const { external } of origins) {
    const refusal =
      external === null || external.api === "" ? null : apiPrefixRefusal(external.api);
    if (refusal !== null) {
      return refusal;
    }
  }
  return null;
}

function deliverPrefixRefusal(prefix: string, subjects: readonly string[]): ApiError | null {
  if (!isLiteral(prefix)) {
    return apiErrors.streamInvalidExternalDeliverySubj(prefix);
  }
  const met = subjects.find((subject) => collide(subject, `${prefix}.${subject}`));
  return met === undefined ? null : apiErrors.streamExternalDelPrefixOverlaps(prefix, met);
}

function apiPrefixRefusal(prefix: string): ApiError | null {
  if (!isLiteral(prefix)) {
    return invalid(
      `stream external api prefix ${goQuote(readableText(prefix))} must be a valid subject without wildcards`,
    );
  }
  return collide(prefix, apiPrefix) ? apiErrors.streamExternalApiOverlap(prefix, apiPrefix) : null;
}

function isLiteral(subject: string): boolean {
  return isValidSubject(subject) && !hasWildcard(subject);
}

/** Whether what leaves the stream could come back to it by streams of the same account. */
function feedsItself(config: StreamConfig, { configOf }: StreamCheckContext): boolean {
  const toVisit: StreamConfig[] = [config];
  const visited = new Set<string>();
  for (let current = toVisit.shift(); current !== undefined; current = toVisit.shift()) {
    visited.add(current.name);
    const origins = [
      ...current.sources.map((source) => ({ source, filter: source.filterSubject })),
      ...(current.mirror === null ? [] : [{ source: current.mirror, filter: "" }]),
    ];
    for (const { source, filter } of origins) {
      if (source.external !== null) {
        continue;
      }
      const { subjects } = current;
      const meets = filter === "" || subjects.some((subject) => collide(subject, filter));
      if (visited.has(source.name)) {
        if (meets) {
          return true;
        }
        continue;
      }
      const origin = configOf(source.name);
      if (origin !== null) {
        toVisit.push(origin);
      }
    }
  }
  return false;
}

/** Filters without transforms. */
function filterRefusal(config: OpenConfig): ApiError | null {
  const { mirror } = config;
  const isBad = (origin: StreamSourceConfig): boolean =>
    origin.filterSubject !== "" && !isValidSubject(origin.filterSubject);
  if (mirror !== null && isBad(mirror)) {
    const filter = readableText(mirror.filterSubject);
    return apiErrors.streamCreate(`subject filter '${filter}' for the mirror invalid subject`);
  }
  const source = config.sources.find(isBad);
  return source === undefined
    ? null
    : apiErrors.streamCreate(
        `subject filter '${readableText(source.filterSubject)}' for the source: invalid subject`,
      );
}

function addNew(set: Set<string>, entry: string): boolean {
  const isNew = !set.has(entry);
  set.add(entry);
  return isNew;
}
