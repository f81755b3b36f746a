// The first message at a time or later, to the nanosecond.

import type { MessageStore } from "../store/message-store.ts";
import { MessageView } from "../store/message-view.ts";
import { SubjectFilter } from "../store/subject-filter.ts";

const nanosPerMicro = 1000n;

/** The last sequence + 1 when there is none. */
export function sequenceAtNanos(store: MessageStore, nanos: bigint): number {
  const micros = nanos / nanosPerMicro;
  const rest = Number(nanos - micros * nanosPerMicro);
  let sequence = store.sequenceAt(Number(micros));
  const message = new MessageView();
  while (
    rest > 0 &&
    store.next(SubjectFilter.all, sequence, message) &&
    message.timeMicros === Number(micros) &&
    message.restNanos < rest
  ) {
    sequence = message.sequence + 1;
  }
  return sequence;
}
