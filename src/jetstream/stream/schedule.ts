// The schedules of one stream (ADR-51): messages that wait on a subject of their own until their time comes. Whether a
// publish may be one, or end one, is judged here; when they are due stands in schedule-book.ts.

import { withHeader } from "../../protocol/headers.ts";
import { type ApiError, apiErrors } from "../api-error.ts";
import { messageTag } from "../store/message-store.ts";
import { MessageView } from "../store/message-view.ts";
import type { StagedView } from "./batch-view.ts";
import type { MessageDraft } from "./message-draft.ts";
import { NatsHeaders, natsHeader } from "./nats-headers.ts";
import { ScheduleBook } from "./schedule-book.ts";
import {
  endsSchedule,
  isSpec,
  readSchedule,
  scheduleRefusal,
  schedulerRefusal,
} from "./schedule-rules.ts";
import type { FeatureLife, ScheduleFeature, StreamCore } from "./stream-features.ts";
import type { StreamView } from "./stream-view.ts";

export class Schedules implements ScheduleFeature, FeatureLife {
  readonly #core: StreamCore;
  /** Made for the first schedule. */
  #book: ScheduleBook | null = null;
  #isStarted = false;

  constructor(core: StreamCore) {
    this.#core = core;
  }

  /** Schedules that wait for their time. */
  get size(): number {
    return this.#book?.size ?? 0;
  }

  check(draft: MessageDraft, view: StreamView): ApiError | null {
    const { headers } = draft;
    const { config } = this.#core;
    const refusal = draft.isFromOrigin ? null : this.#refusalOf(draft, view);
    if (refusal !== null) {
      return refusal;
    }
    const ends = headers.text(natsHeader.scheduleNext) === endsSchedule;
    if (ends && config.allowRollup && !config.denyPurge) {
      draft.purgesSchedule = headers.text(natsHeader.scheduler);
    }
    return null;
  }

  #refusalOf(draft: MessageDraft, view: StreamView): ApiError | null {
    const { headers, subject } = draft;
    const { config } = this.#core;
    const reading = readSchedule(headers);
    if (isSpec(reading)) {
      const refusal = scheduleRefusal(
        headers,
        reading,
        subject,
        config,
        this.#core.clock.wallNanos(),
      );
      if (refusal !== null) {
        return refusal;
      }
      draft.tags |= messageTag.schedule;
      if (!headers.hasValue(natsHeader.rollup)) {
        draft.setHeaders(withHeader(draft.headerBlock, "Nats-Rollup", "sub"));
      }
    } else if (reading !== "none") {
      return config.allowSchedules ? reading : apiErrors.messageSchedulesDisabled;
    }
    return schedulerRefusal(headers, subject, config, (scheduler) =>
      this.#holdsOther(scheduler, view),
    );
  }

  /** Whether the last message of the subject is there, and no schedule. */
  #holdsOther(subject: string, view: StreamView): boolean {
    const sequence = view.lastSequenceOf(subject);
    const staged = isStagedView(view) ? view.stagedAt(sequence) : null;
    if (staged !== null) {
      return !staged.headers.hasValue(natsHeader.schedule);
    }
    const message = new MessageView();
    if (sequence === 0 || !this.#core.store.read(sequence, message)) {
      return false;
    }
    const headers = new NatsHeaders();
    headers.read(message.bytes, message.headerStart, message.headerLength);
    return !headers.hasValue(natsHeader.schedule);
  }

  stored(draft: MessageDraft): void {
    if (this.#book !== null) {
      this.#book.stored(draft);
    } else if ((draft.tags & messageTag.schedule) !== 0) {
      this.#opened().stored(draft);
    }
  }

  recovered(message: MessageView): void {
    this.#opened().recovered(message);
  }

  removed(sequence: number, subject: string): void {
    this.#book?.removed(sequence, subject);
  }

  purged(): void {
    this.#book?.purged();
  }

  start(): void {
    this.#isStarted = true;
    this.#book?.start();
  }

  stop(): void {
    this.#isStarted = false;
    this.#book?.stop();
  }

  configured(): void {}

  #opened(): ScheduleBook {
    if (this.#book === null) {
      this.#book = new ScheduleBook(this.#core);
      if (this.#isStarted) {
        this.#book.start();
      }
    }
    return this.#book;
  }
}

function isStagedView(view: StreamView): view is StagedView {
  return "stagedAt" in view;
}
