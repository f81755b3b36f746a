// What a stream finds again in its messages after a restart: the ids of the last minutes, and its schedules.

import { type MessageStore, messageTag } from "../store/message-store.ts";
import type { MessageView } from "../store/message-view.ts";
import { NatsHeaders, natsHeader } from "./nats-headers.ts";
import type { StoredView } from "./stored-view.ts";
import type { ScheduleFeature } from "./stream-features.ts";

export function recoverInto(
  store: MessageStore,
  view: StoredView,
  schedules: ScheduleFeature | null,
): void {
  if (view.config.duplicateWindowNanos > 0n) {
    recoverIds(store, view);
  }
  if (schedules !== null) {
    store.eachTagged(messageTag.schedule, 1, (message) => {
      schedules.recovered(message);
      return true;
    });
  }
}

function recoverIds(store: MessageStore, view: StoredView): void {
  const headers = new NatsHeaders();
  const since = view.windowStartMicros;
  const { lastSequence } = store.state;
  store.eachTagged(messageTag.messageId, store.sequenceAt(since), (message) => {
    const id = idOf(message, headers);
    if (message.timeMicros >= since && id !== "") {
      view.duplicates.add(id, message.sequence, message.timeMicros);
    }
    if (message.sequence === lastSequence) {
      view.lastMessageId = id;
    }
    return true;
  });
}

function idOf(message: MessageView, headers: NatsHeaders): string {
  headers.read(message.bytes, message.headerStart, message.headerLength);
  return headers.text(natsHeader.messageId);
}
