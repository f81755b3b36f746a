// What a mirror or source asks of its origin, by the API that clients use, perhaps that of another account or domain:
// a consumer that delivers to it, that one again from its floor, or its end. And what the origin answers.

import { utf8Text } from "../../base/bytes.ts";
import { Fields, parseJsonObject } from "../../base/decode.ts";
import { goTime } from "../../base/go-time.ts";
import type { ApiError } from "../api-error.ts";
import { exactInteger } from "../exact-json.ts";
import type { StreamSourceConfig } from "./source-config.ts";

const apiPrefix = "$JS.API";
const nanosPerSecond = 1_000_000_000;
/** Hears from its origin so often, even when nothing is to be delivered. */
const heartbeatNanos = nanosPerSecond;
/** The origin forgets a consumer that nobody listens to for so long. */
const inactiveNanos = 10 * nanosPerSecond;
const ackWaitNanos = 22 * 3600 * nanosPerSecond;

export type StartingPoint =
  | { readonly kind: "all" }
  | { readonly kind: "sequence"; readonly sequence: bigint }
  | { readonly kind: "time"; readonly nanos: bigint };

export interface OriginRequest {
  readonly subject: string;
  readonly body: string;
}

export interface ConsumerWish {
  readonly source: StreamSourceConfig;
  readonly name: string;
  readonly deliverSubject: string;
  readonly from: StartingPoint;
  /** Who asks, for those who look at the origin. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Says that it is for a stream, which servers of former years do not know. */
  readonly saysSourcing: boolean;
}

export interface OriginConsumer {
  readonly name: string;
  readonly deliverSubject: string;
  readonly ackPolicy: string;
  /** The stream's sequence up to which it delivered already. */
  readonly deliveredSequence: number;
  /** How many messages it has yet to deliver. */
  readonly pending: number;
}

export type OriginAnswer =
  | { readonly kind: "consumer"; readonly consumer: OriginConsumer }
  | { readonly kind: "refusal"; readonly error: ApiError };

export function createRequest(wish: ConsumerWish): OriginRequest {
  const { source, name } = wish;
  const filters = filtersOf(source);
  const [only] = filters;
  const isExtended = only !== undefined && filters.length === 1;
  const subject = isExtended
    ? `CONSUMER.CREATE.${source.name}.${name}.${only}`
    : `CONSUMER.CREATE.${source.name}`;
  const config = {
    name,
    deliver_subject: wish.deliverSubject,
    ...startOf(wish.from),
    ack_policy: "none",
    ack_wait: ackWaitNanos,
    max_deliver: 1,
    filter_subject: isExtended ? only : undefined,
    filter_subjects: filters.length > 1 ? filters : undefined,
    replay_policy: "instant",
    flow_control: true,
    idle_heartbeat: heartbeatNanos,
    inactive_threshold: inactiveNanos,
    num_replicas: 0,
    direct: true,
    sourcing: wish.saysSourcing ? true : undefined,
    metadata: wish.metadata,
  };
  return {
    subject: apiSubject(source, subject),
    body: JSON.stringify({ stream_name: source.name, config, action: "" }),
  };
}

/** Of a consumer that stands at the origin already: it delivers again what was not acknowledged. */
export function resetRequest(source: StreamSourceConfig, consumer: string): OriginRequest {
  return { subject: apiSubject(source, `CONSUMER.RESET.${source.name}.${consumer}`), body: "" };
}

export function deleteRequest(source: StreamSourceConfig, consumer: string): OriginRequest {
  return { subject: apiSubject(source, `CONSUMER.DELETE.${source.name}.${consumer}`), body: "" };
}

/** Null: nothing that we understand. */
export function readAnswer(body: Uint8Array): OriginAnswer | null {
  const parsed = parseJsonObject(utf8Text(body));
  if (!parsed.ok) {
    return null;
  }
  const fields = new Fields(parsed.value);
  const error = fields.object("error");
  if (error !== null) {
    return { kind: "refusal", error: errorIn(new Fields(error)) };
  }
  const config = fields.object("config");
  const name = fields.string("name", "");
  if (config === null || name === "") {
    return null;
  }
  const configured = new Fields(config);
  const delivered = fields.object("delivered");
  const consumer = {
    name,
    deliverSubject: configured.string("deliver_subject", ""),
    ackPolicy: configured.string("ack_policy", ""),
    deliveredSequence: delivered === null ? 0 : new Fields(delivered).integer("stream_seq", 0),
    pending: fields.integer("num_pending", 0),
  };
  return { kind: "consumer", consumer };
}

function errorIn(fields: Fields): ApiError {
  return {
    code: fields.integer("code", 500),
    errCode: fields.integer("err_code", 0),
    description: fields.string("description", ""),
  };
}

function filtersOf(source: StreamSourceConfig): readonly string[] {
  return source.filterSubject === ""
    ? source.subjectTransforms.map(({ src }) => src).filter((src) => src !== "")
    : [source.filterSubject];
}

function startOf(from: StartingPoint): object {
  switch (from.kind) {
    case "sequence":
      return { deliver_policy: "by_start_sequence", opt_start_seq: exactInteger(from.sequence) };
    case "time":
      return { deliver_policy: "by_start_time", opt_start_time: goTime(from.nanos) };
    default:
      return { deliver_policy: "all" };
  }
}

function apiSubject(source: StreamSourceConfig, request: string): string {
  const prefix = source.external?.api || apiPrefix;
  return `${prefix}.${request}`.replaceAll("..", ".");
}
