// Latency metrics of exported services (ADR-3): which requests are measured, and the JSON that is published about them.
// It does not follow requests; whoever does tells it when they began and how they ended.

import { goJson, omitEmpty, sortedMap } from "../base/go-json.ts";
import { goTime } from "../base/go-time.ts";
import type { LatencyOptions } from "../config/options.ts";
import type { Random } from "../ports/random.ts";
import { headerEntries } from "../protocol/headers.ts";
import type { ClientInfo } from "./request-info.ts";

export type TriggerHeaders = Readonly<Record<string, readonly string[]>>;

const noTrigger: TriggerHeaders = {};

/** Status and description of a metric, as the reference words them. */
export const latencyStatus = {
  answered: { status: 200, description: "" },
  badRequest: { status: 400, description: "Bad Request" },
  interestLost: { status: 408, description: "Request Timeout" },
  unavailable: { status: 503, description: "Service Unavailable" },
  timedOut: { status: 504, description: "Service Timeout" },
} as const;
export type LatencyStatus = (typeof latencyStatus)[keyof typeof latencyStatus];

/**
 * Null when this request is not measured; else the headers that decided it (none when chance did). `headers` is called
 * only when the headers are to decide.
 */
export function sampled(
  latency: LatencyOptions,
  random: Random,
  headers: () => Uint8Array,
): TriggerHeaders | null {
  if (latency.sampling !== "headers" && random.below(100) < latency.sampling) {
    return noTrigger;
  }
  const block = headers();
  return block.length === 0 ? null : triggeredBy(canonical(block));
}

type Headers = ReadonlyMap<string, readonly string[]>;

function triggeredBy(headers: Headers): TriggerHeaders | null {
  const uber = headers.get("Uber-Trace-Id")?.[0];
  if (uber !== undefined) {
    const baggage = [...headers.keys()].filter((name) => name.startsWith("Uberctx-"));
    return isUberSampled(uber) ? pick(headers, ["Uber-Trace-Id", ...baggage]) : null;
  }
  const sampledB3 = headers.get("X-B3-Sampled")?.[0];
  if (sampledB3 === "1" || (sampledB3 !== "0" && headers.has("X-B3-Traceid"))) {
    return pick(headers, ["X-B3-Sampled", "X-B3-Traceid", "X-B3-Parentspanid", "X-B3-Spanid"]);
  }
  if (sampledB3 === "0") {
    return null;
  }
  const single = headers.get("B3")?.[0];
  if (single !== undefined) {
    const parts = single.split("-");
    const isDenied = parts.length === 1 ? parts[0] === "0" : parts[2] === "0";
    return isDenied ? null : pick(headers, ["B3"]);
  }
  const parent = headers.get("Traceparent")?.[0];
  return parent !== undefined && isParentSampled(parent)
    ? pick(headers, ["Traceparent", "Tracestate"])
    : null;
}

/** trace:span:parent:flags, flags one or two hexadecimal digits, the lowest bit says sampled. */
function isUberSampled(value: string): boolean {
  const flags = value.split(":")[3] ?? "";
  return value.split(":").length === 4 && /^[0-9a-fA-F]{1,2}$/.test(flags) && isOdd(flags);
}

/** version-trace-parent-flags, flags two hexadecimal digits. */
function isParentSampled(value: string): boolean {
  const flags = value.split("-")[3] ?? "";
  return value.split("-").length === 4 && /^[0-9a-fA-F]{2}$/.test(flags) && isOdd(flags);
}

function isOdd(hexadecimal: string): boolean {
  return Number.parseInt(hexadecimal, 16) % 2 === 1;
}

function pick(headers: Headers, names: readonly string[]): TriggerHeaders {
  const picked: Record<string, readonly string[]> = {};
  for (const name of names) {
    const values = headers.get(name);
    if (values !== undefined) {
      picked[name] = values;
    }
  }
  return sortedMap(picked);
}

/** Names as HTTP writes them: "x-b3-TraceId" is X-B3-Traceid. */
function canonical(block: Uint8Array): Headers {
  const headers = new Map<string, string[]>();
  for (const [key, value] of headerEntries(block)) {
    const name = key
      .toLowerCase()
      .replace(
        /(^|-)([a-z])/g,
        (_, before: string, letter: string) => before + letter.toUpperCase(),
      );
    const values = headers.get(name);
    if (values === undefined) {
      headers.set(name, [value.trim()]);
    } else {
      values.push(value.trim());
    }
  }
  return headers;
}

/** What is known when a metric is written. Times in nanoseconds of the wall clock. */
export interface Measured {
  readonly requestedAtNanos: bigint;
  readonly requestor: ClientInfo | null;
  readonly trigger: TriggerHeaders;
  /** Only of what was answered. */
  readonly responder: ClientInfo | null;
  readonly answeredAtNanos: bigint | null;
}

/** The metric's JSON; `nowNanos` is when it is written. */
export function latencyMetric(
  id: string,
  nowNanos: bigint,
  { status, description }: LatencyStatus,
  measured: Measured,
): string {
  const { requestor, responder, requestedAtNanos, answeredAtNanos } = measured;
  const requestorRtt = requestor?.rtt ?? 0;
  const responderRtt = responder?.rtt ?? 0;
  const roundTrip = answeredAtNanos === null ? 0 : Number(answeredAtNanos - requestedAtNanos);
  const system =
    answeredAtNanos !== null && responderRtt > 0
      ? Math.max(0, Number(nowNanos - answeredAtNanos))
      : 0;
  return goJson({
    type: "io.nats.server.metric.v1.service_latency",
    id,
    timestamp: goTime(nowNanos),
    status,
    description: omitEmpty(description),
    requestor: requestor ?? undefined,
    responder: responder ?? undefined,
    header: omitEmpty(measured.trigger),
    start: goTime(requestedAtNanos - BigInt(requestorRtt)),
    service: answeredAtNanos === null ? 0 : Math.max(0, roundTrip - responderRtt),
    system,
    total: answeredAtNanos === null ? 0 : requestorRtt + roundTrip + system,
  });
}
