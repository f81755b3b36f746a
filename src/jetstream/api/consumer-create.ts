// Requests that make or change a consumer, under all three subjects by which clients ask for it.

import { type ApiError, apiErrors } from "../api-error.ts";
import { keptMetadata, levelOfConsumer } from "../asset-level.ts";
import type { ConsumerConfig } from "../consumer/consumer-config.ts";
import { type ConsumerRequest, decodeConsumerRequest } from "../consumer/consumer-config-json.ts";
import type { ApiCall } from "./api-call.ts";
import type { ApiStream } from "./api-context.ts";
import { consumerInfoJson } from "./consumer-info.ts";

const pathSeparators = /[\\/]/;
/** Of a random name. */
const nameLength = 8;

/** What the subject says. */
interface Named {
  readonly form: "unnamed" | "named" | "durable";
  readonly stream: string;
  /** "" is none. */
  readonly consumer: string;
  /** "" is none. */
  readonly filter: string;
}

/** `CONSUMER.CREATE.<stream>`, `CONSUMER.CREATE.<stream>.<consumer>[.<filter>]` */
export function createConsumer(call: ApiCall): void {
  const [, , stream = "", consumer = "", ...filter] = call.tokens;
  const form = call.tokens.length > 3 ? "named" : "unnamed";
  create(call, { form, stream, consumer, filter: filter.join(".") });
}

/** `CONSUMER.DURABLE.CREATE.<stream>.<consumer>` */
export function createDurable(call: ApiCall): void {
  create(call, { form: "durable", stream: call.token(3), consumer: call.token(4), filter: "" });
}

function create(call: ApiCall, named: Named): void {
  const decoded = decodeConsumerRequest(call.text, call.context);
  if (!decoded.ok) {
    call.refuse(apiErrors.invalidJson(decoded.refusal));
    return;
  }
  if (!call.isServed()) {
    return;
  }
  const request = decoded.value;
  const refusal = refusalOf(named, request);
  if (refusal !== null) {
    call.refuse(refusal);
    return;
  }
  const stream = call.stream(named.stream);
  if (stream === null) {
    return;
  }
  const name = named.form === "unnamed" ? request.config.name : named.consumer;
  const config = forSourcing(call, stream, { ...request.config, name });
  const former = config.name === "" ? null : stream.consumer(config.name);
  if (former !== null && former.offlineReason !== "") {
    call.refuseLater(apiErrors.consumerOfflineReason(former.offlineReason));
    return;
  }
  const wanted = former === null ? config : keeping(config, former.config);
  const { action, isPedantic } = request;
  call.account.createConsumer(stream, withLevel(wanted), action, isPedantic, (failure, made) => {
    if (failure !== null) {
      call.refuse(failure);
    } else if (made !== null) {
      call.answer(consumerInfoJson(call.context, stream, made));
    }
  });
}

/** Null: subject and request agree. */
function refusalOf(named: Named, { stream, config }: ConsumerRequest): ApiError | null {
  const { form } = named;
  if (named.stream !== stream) {
    return apiErrors.streamMismatch;
  }
  if (pathSeparators.test(form === "unnamed" ? config.name : named.consumer)) {
    return apiErrors.consumerNameContainsPathSeparators;
  }
  if (form === "durable" && config.durable === "") {
    return apiErrors.consumerDurableNameNotSet;
  }
  if (form === "unnamed" && config.durable !== "") {
    return apiErrors.consumerEphemeralWithDurableName;
  }
  if (form !== "unnamed" && config.durable !== "" && config.durable !== named.consumer) {
    return apiErrors.consumerDurableNameNotMatchSubject;
  }
  if (named.filter !== "" && config.filterSubjects.length > 0) {
    return apiErrors.consumerMultipleFiltersNotAllowed;
  }
  if (named.filter !== "" && named.filter !== config.filterSubject) {
    return apiErrors.consumerCreateFilterSubjectMismatch;
  }
  return config.replicas > 1 ? apiErrors.streamReplicasNotSupported : null;
}

/**
 * A mirror or source elsewhere asks for a consumer of its own, under a prefix of a name. Where messages stay until all
 * are done with them it must outlive a broken link; else each attempt gets another name.
 */
function forSourcing(call: ApiCall, stream: ApiStream, config: ConsumerConfig): ConsumerConfig {
  if (!(config.direct && config.sourcing && config.name !== "")) {
    return config;
  }
  if (stream.access.config.retention === "limits") {
    return { ...config, name: `${config.name}-${call.context.newId().slice(-nameLength)}` };
  }
  return {
    ...config,
    direct: false,
    durable: config.name,
    ackPolicy: "flow_control",
    ackWaitNanos: 0n,
    maxDeliver: 0,
    inactiveThresholdNanos: 0n,
  };
}

/** What a request to create does not change about a consumer that is there. */
function keeping(config: ConsumerConfig, former: ConsumerConfig): ConsumerConfig {
  const { pauseUntilNanos, deliverPolicy, optStartSequence, optStartTimeNanos } = former;
  return config.sourcing && config.durable !== ""
    ? { ...config, pauseUntilNanos, deliverPolicy, optStartSequence, optStartTimeNanos }
    : { ...config, pauseUntilNanos };
}

function withLevel(config: ConsumerConfig): ConsumerConfig {
  return { ...config, metadata: keptMetadata(config.metadata, levelOfConsumer(config)) };
}
