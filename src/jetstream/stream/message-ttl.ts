// How long a message lives by its own wish (ADR-43): what Nats-TTL may say, and when the message then expires.

import { parseGoDuration } from "../../base/parse-go-time.ts";
import { withOnlyHeader } from "../../protocol/headers.ts";
import { type ApiError, apiErrors } from "../api-error.ts";
import type { MessageDraft } from "./message-draft.ts";
import { natsHeader } from "./nats-headers.ts";
import type { StreamConfig } from "./stream-config.ts";

const microsPerSecond = 1_000_000;
const nanosPerSecond = 1_000_000_000n;
const digits = /^\d+$/;

export const neverExpires = -1;

/** Seconds, neverExpires, or 0 for none; null when it is no TTL at all. */
export function parseTtl(text: string): number | null {
  if (text === "") {
    return 0;
  }
  if (text.toLowerCase() === "never") {
    return neverExpires;
  }
  if (digits.test(text) && text !== "0") {
    const seconds = Number(text);
    return seconds <= Number.MAX_SAFE_INTEGER ? seconds : null;
  }
  const nanos = parseGoDuration(text);
  return nanos === null || nanos < nanosPerSecond ? null : Number(nanos / nanosPerSecond);
}

/** Asked early: whoever may not set one is told so before anything else. What cannot be read is no TTL here. */
export function ttlDisabledRefusal(draft: MessageDraft, config: StreamConfig): ApiError | null {
  if (config.allowMessageTtl || draft.isFromOrigin || !draft.headers.has(natsHeader.ttl)) {
    return null;
  }
  const seconds = parseTtl(draft.headers.text(natsHeader.ttl));
  return seconds === null || seconds === 0 ? null : apiErrors.messageTtlDisabled;
}

/**
 * Reads the TTL into the draft. A message must outlive the marker its subject may get, else the marker of one before it
 * could be missed.
 */
export function ttlRefusal(draft: MessageDraft, config: StreamConfig): ApiError | null {
  if (!draft.headers.has(natsHeader.ttl)) {
    return null;
  }
  const seconds = parseTtl(draft.headers.text(natsHeader.ttl));
  if (seconds === null) {
    return apiErrors.messageTtlInvalid;
  }
  draft.ttlSeconds = seconds;
  const least = Number(config.subjectDeleteMarkerTtlNanos / nanosPerSecond);
  if (seconds > 0 && seconds < least && config.maxMessagesPerSubject !== 1) {
    draft.ttlSeconds = least;
    draft.setHeaders(withOnlyHeader(draft.headerBlock, "Nats-TTL", String(least)));
  }
  return null;
}

/** When a message of that time expires; 0 is never. */
export function expiryOf(timeMicros: number, ttlSeconds: number): number {
  return ttlSeconds > 0 ? timeMicros + ttlSeconds * microsPerSecond : 0;
}
