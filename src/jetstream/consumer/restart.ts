// A consumer that starts from elsewhere, or wants other messages than before: where it may start, and which messages it
// lets go of.

import { MessageView } from "../store/message-view.ts";
import { SubjectFilter } from "../store/subject-filter.ts";
import type { StreamListener } from "../stream/stream-listener.ts";
import type { ConsumerCore } from "./consumer-core.ts";

const nanosPerMicro = 1000n;
const highest = BigInt(Number.MAX_SAFE_INTEGER - 1);

/** A text says why it may not; 0 is behind the ack floor. */
export function startOfReset(core: ConsumerCore, sequence: bigint): number | string {
  if (sequence === 0n) {
    return core.ledger.floorStream + 1;
  }
  const { config } = core;
  const { store } = core.parts.stream;
  const wanted = Number(sequence > highest ? highest : sequence);
  switch (config.deliverPolicy) {
    case "all":
      return wanted;
    case "by_start_sequence":
      return sequence < config.optStartSequence ? "below start seq" : wanted;
    case "by_start_time": {
      const first = store.sequenceAt(Number((config.optStartTimeNanos ?? 0n) / nanosPerMicro));
      return wanted < first ? "below start time" : wanted;
    }
    default:
      return "not allowed";
  }
}

/** Of an interest stream: messages from `from` on that it does not want, any more. */
export function releaseUnwanted(
  core: ConsumerCore,
  listener: StreamListener,
  from: number,
  isUnwanted: (sequence: number, subject: string) => boolean,
): void {
  const { stream } = core.parts;
  if (stream.config.retention !== "interest") {
    return;
  }
  const view = new MessageView();
  for (let next = from; stream.store.next(SubjectFilter.all, next, view); next++) {
    next = view.sequence;
    if (isUnwanted(next, view.subject)) {
      stream.acknowledged(listener, next);
    }
  }
}
