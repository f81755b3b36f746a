// Top-level keys that bound what clients may do and how long things may take. Zero asks for the default.

import { booleanOf, durationOf, integerOf, stringOf } from "../expect.ts";
import type { Findings } from "../findings.ts";
import { defaultOptions, type Options } from "../options.ts";
import { formatDuration, parseDuration } from "../quantity.ts";
import type { ConfigNode } from "../tree.ts";
import { type Draft, type KeyReader, type KeyTable, named } from "./draft.ts";

type NumberKey = {
  [Key in keyof Options]: Options[Key] extends number ? Key : never;
}[keyof Options];

const largestInt32 = 2 ** 31 - 1;
const largestTokenCount = 255;
const shortestLameDuckMillis = 30_000;

function count(field: NumberKey): KeyReader {
  return (node, draft) => {
    draft[field] = integerOf(node) || defaultOptions[field];
  };
}

function int32(field: NumberKey): KeyReader {
  return (node, draft, findings, key) => {
    const value = integerOf(node);
    if (value > largestInt32) {
      findings.error(node, `${key} value is too big`);
    } else {
      draft[field] = value || defaultOptions[field];
    }
  };
}

function duration(field: NumberKey, name: string): KeyReader {
  return (node, draft, findings) => {
    draft[field] = durationOf(node, name, findings) || defaultOptions[field];
  };
}

const maxConnections: KeyReader = (node, draft) => {
  draft.maxConnections = integerOf(node) || -1;
};

const maxSubscriptionTokens: KeyReader = (node, draft, findings, key) => {
  const tokens = integerOf(node);
  if (tokens > largestTokenCount) {
    findings.error(node, `${key} value is too big`);
  } else if (tokens <= 0) {
    findings.error(node, `${key} value can not be negative`);
  } else {
    draft.maxSubscriptionTokens = tokens;
  }
};

function readWriteTimeout(node: ConfigNode, draft: Draft, findings: Findings): void {
  const policy = stringOf(node);
  if (policy === "default" || policy === "close" || policy === "retry") {
    draft.writeTimeout = policy;
  } else {
    findings.error(node, "write_timeout must be 'default', 'close' or 'retry'");
  }
}

/** Only a text will do here, not a number of seconds. */
function textDuration(node: ConfigNode, name: string, findings: Findings): number | null {
  const parsed = parseDuration(stringOf(node));
  if (!parsed.ok) {
    findings.error(node, `error parsing ${name}: ${parsed.refusal}`);
    return null;
  }
  return parsed.value;
}

function readLameDuckDuration(node: ConfigNode, draft: Draft, findings: Findings): void {
  const millis = textDuration(node, "lame_duck_duration", findings);
  if (millis === null) {
    return;
  }
  if (millis < shortestLameDuckMillis) {
    findings.error(
      node,
      `invalid lame_duck_duration of ${formatDuration(millis)}, minimum is 30 seconds`,
    );
    return;
  }
  draft.lameDuckDurationMillis = millis;
}

function readLameDuckGrace(node: ConfigNode, draft: Draft, findings: Findings): void {
  const millis = textDuration(node, "lame_duck_grace_period", findings);
  if (millis === null) {
    return;
  }
  if (millis < 0) {
    findings.error(node, "invalid lame_duck_grace_period, needs to be positive");
    return;
  }
  draft.lameDuckGraceMillis = millis || defaultOptions.lameDuckGraceMillis;
}

export const limitKeys: KeyTable = {
  max_control_line: int32("maxControlLine"),
  max_payload: int32("maxPayload"),
  max_pending: count("maxPending"),
  ...named(["max_connections", "max_conn"], maxConnections),
  ...named(["max_subscriptions", "max_subs"], count("maxSubscriptions")),
  ...named(["max_sub_tokens", "max_subscription_tokens"], maxSubscriptionTokens),
  max_closed_clients: count("maxClosedClients"),
  ping_interval: duration("pingIntervalMillis", "ping_interval"),
  ping_max: count("pingMax"),
  write_deadline: duration("writeDeadlineMillis", "write_deadline"),
  write_timeout: readWriteTimeout,
  lame_duck_duration: readLameDuckDuration,
  lame_duck_grace_period: readLameDuckGrace,
  connect_error_reports: count("connectErrorReports"),
  reconnect_error_reports: count("reconnectErrorReports"),
  no_header_support: (node, draft) => {
    draft.noHeaderSupport = booleanOf(node);
  },
  no_fast_producer_stall: (node, draft) => {
    draft.noFastProducerStall = booleanOf(node);
  },
  ...named(["disable_sublist_cache", "no_sublist_cache"], (node, draft) => {
    draft.disableSublistCache = booleanOf(node);
  }),
};
