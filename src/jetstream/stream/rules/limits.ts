// What does not fit: a message too large, or a stream that is full and discards what is new. Pure: of the message, the
// configuration and the view.

import { type ApiError, apiErrors } from "../../api-error.ts";
import { messageCost } from "../../store/message-cost.ts";
import type { MessageDraft } from "../message-draft.ts";
import { natsHeader } from "../nats-headers.ts";
import type { StreamConfig } from "../stream-config.ts";
import type { StreamView } from "../stream-view.ts";
import { maxHeaderBytes } from "./headers.ts";

/** A record of a file that is larger is taken for damaged by the reference: it is refused. */
export const maxFileRecordBytes: number = 32 * 1024 * 1024;

/** A stream may be made to go on at most here: behind it there is room for four thousand million messages. */
export const largestJump: number = 2 ** 53 - 2 ** 32;

const usedUp: ApiError = apiErrors.streamStoreFailed("no sequence is left");
const tooLarge: ApiError = apiErrors.streamStoreFailed("message too large");
const tooManyMessages: ApiError = apiErrors.streamStoreFailed("maximum messages exceeded");
const tooManyBytes: ApiError = apiErrors.streamStoreFailed("maximum bytes exceeded");
const tooManyOfSubject: ApiError = apiErrors.streamStoreFailed(
  "maximum messages per subject exceeded",
);

export function costOf(draft: MessageDraft, config: StreamConfig): number {
  return messageCost(config.storage, draft.subject.length, draft.headerLength, draft.bodyLength);
}

export function recordSizeRefusal(cost: number, config: StreamConfig): ApiError | null {
  return config.storage === "file" && cost > maxFileRecordBytes ? tooLarge : null;
}

/** Numbers above are not exact any more: two messages could get the same. */
export function sequenceRefusal(view: StreamView): ApiError | null {
  return view.lastSequence >= Number.MAX_SAFE_INTEGER - 1 ? usedUp : null;
}

export function sizeRefusal(draft: MessageDraft, config: StreamConfig): ApiError | null {
  const most = config.maxMessageSize;
  if (most >= 0 && draft.headerLength + draft.bodyLength > most) {
    return apiErrors.streamMessageExceedsMaximum;
  }
  return draft.headerLength > maxHeaderBytes ? apiErrors.streamHeaderExceedsMaximum : null;
}

/** A message that replaces the oldest of its subject needs no room of its own. */
export function fullRefusal(
  draft: MessageDraft,
  config: StreamConfig,
  view: StreamView,
  cost: number,
): ApiError | null {
  if (config.discard !== "new") {
    return null;
  }
  const most = config.maxMessagesPerSubject;
  const replaces = most > 0 && view.messagesOf(draft.subject) >= most;
  const rollsUp = draft.rollup !== "" || draft.headers.hasValue(natsHeader.rollup);
  if (replaces && config.discardNewPerSubject && !rollsUp) {
    return tooManyOfSubject;
  }
  if (config.maxMessages > 0 && view.messages >= config.maxMessages && !replaces) {
    return tooManyMessages;
  }
  if (config.maxBytes > 0 && view.bytes + cost > config.maxBytes) {
    const fits = replaces && view.oldestCostOf(draft.subject) >= cost;
    return fits ? null : tooManyBytes;
  }
  return null;
}
