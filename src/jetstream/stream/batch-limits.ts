// What both kinds of batches are held to: how many the server bears, how large a message may be, and which features of
// the API a publisher may count on.

import type { MessageDraft } from "./message-draft.ts";
import { natsHeader } from "./nats-headers.ts";
import type { StreamConfig } from "./stream-config.ts";

/** What we serve: 2.14. */
const servedApiLevel = 4;

/** Batches that are open now, of all streams of the server. */
export interface BatchTotals {
  atomic: number;
  fast: number;
}

export function exceedsSize(draft: MessageDraft, config: StreamConfig): boolean {
  const { maxMessageSize } = config;
  return maxMessageSize >= 0 && draft.headerLength + draft.bodyLength > maxMessageSize;
}

export function lacksApiLevel(draft: MessageDraft): boolean {
  const level = draft.headers.number(natsHeader.requiredApiLevel);
  return level !== null && (level < 0 || level > servedApiLevel);
}
