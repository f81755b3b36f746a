// The rules for a message that wants into a stream, in order: the first refusal wins. They decide and change nothing but
// the draft. Messages of a mirror, a source or the server itself are spared what only clients are refused for.

import type { SubjectTransform } from "../../subjects/transform.ts";
import { type ApiError, apiErrors } from "../api-error.ts";
import { messageTag } from "../store/message-store.ts";
import type { MessageDraft } from "./message-draft.ts";
import { ttlDisabledRefusal, ttlRefusal } from "./message-ttl.ts";
import { natsHeader } from "./nats-headers.ts";
import { duplicateOf } from "./rules/duplicate.ts";
import {
  expectedMessageIdRefusal,
  expectedSequenceRefusal,
  expectedSubjectSequenceRefusal,
} from "./rules/expected-sequence.ts";
import { expectedStreamRefusal, sourceHeaderRefusal } from "./rules/headers.ts";
import {
  costOf,
  fullRefusal,
  recordSizeRefusal,
  sequenceRefusal,
  sizeRefusal,
} from "./rules/limits.ts";
import { rollupRefusal } from "./rules/rollup.ts";
import type { StreamConfig } from "./stream-config.ts";
import type { Admission, CounterFeature, ScheduleFeature } from "./stream-features.ts";
import type { StorageBudget } from "./stream-parts.ts";
import type { StreamView } from "./stream-view.ts";

/** What the rules ask of the stream around them. */
export interface AdmissionSurroundings {
  readonly config: StreamConfig;
  readonly budget: StorageBudget;
  readonly transform: SubjectTransform | null;
  readonly counter: CounterFeature | null;
  readonly schedules: ScheduleFeature | null;
  /** Whether some consumer wants this subject. */
  isWanted(subject: string): boolean;
}

/** Reused: the answer stands in its fields until the next call. */
export class AdmissionDesk implements Admission {
  error: ApiError | null = null;
  duplicateOf = 0;
  isUnwanted = false;
  readonly #around: AdmissionSurroundings;

  constructor(around: AdmissionSurroundings) {
    this.#around = around;
  }

  admit(draft: MessageDraft, view: StreamView): Admission {
    this.duplicateOf = 0;
    this.isUnwanted = false;
    draft.isUnwanted = false;
    this.error = this.#refusal(draft, view);
    return this;
  }

  #refusal(draft: MessageDraft, view: StreamView): ApiError | null {
    const { config, counter, transform } = this.#around;
    if (transform !== null) {
      draft.subject = transform.apply(draft.subject) ?? draft.subject;
    }
    if (config.sealed) {
      return apiErrors.streamSealed;
    }
    const oversized = sizeRefusal(draft, config);
    if (oversized !== null) {
      return oversized;
    }
    if (draft.headers.count > 0) {
      const refusal = this.#headerRefusal(draft, view);
      if (refusal !== null || this.duplicateOf > 0) {
        return refusal;
      }
    }
    const broken = config.allowCounter ? (counter?.apply(draft, view) ?? null) : null;
    // Counters and schedules make a message longer than its publisher did.
    return (
      broken ??
      sizeRefusal(draft, config) ??
      sequenceRefusal(view) ??
      this.#roomRefusal(draft, view)
    );
  }

  #headerRefusal(draft: MessageDraft, view: StreamView): ApiError | null {
    const { config, schedules } = this.#around;
    const early =
      this.#incrementRefusal(draft) ??
      expectedStreamRefusal(draft, config.name) ??
      ttlDisabledRefusal(draft, config);
    if (early !== null) {
      return early;
    }
    // Before the expected sequences: a retry of what was stored is a duplicate, not a conflict with itself.
    const known = duplicateOf(draft, view);
    if (known > 0 && config.mirror === null) {
      this.duplicateOf = known;
      return null;
    }
    return (
      expectedSubjectSequenceRefusal(draft, view) ??
      expectedSequenceRefusal(draft, view) ??
      (schedules === null ? withoutSchedules(draft) : schedules.check(draft, view)) ??
      sourceHeaderRefusal(draft) ??
      expectedMessageIdRefusal(draft, view) ??
      rollupRefusal(draft, config)
    );
  }

  #incrementRefusal(draft: MessageDraft): ApiError | null {
    if (!draft.headers.hasValue(natsHeader.increment)) {
      return null;
    }
    const { counter } = this.#around;
    return counter === null ? apiErrors.messageIncrDisabled : counter.check(draft);
  }

  #roomRefusal(draft: MessageDraft, view: StreamView): ApiError | null {
    const { config, budget } = this.#around;
    if (config.retention === "interest" && !this.#around.isWanted(draft.subject)) {
      this.isUnwanted = true;
      draft.isUnwanted = true;
      return null;
    }
    const expiry = draft.headers.count > 0 ? ttlRefusal(draft, config) : null;
    if (expiry !== null) {
      return expiry;
    }
    const cost = costOf(draft, config);
    tag(draft);
    return (
      budget.mayStore(cost) ??
      recordSizeRefusal(cost, config) ??
      fullRefusal(draft, config, view, cost)
    );
  }
}

function withoutSchedules(draft: MessageDraft): ApiError | null {
  return draft.headers.hasValue(natsHeader.schedule) && !draft.isFromOrigin
    ? apiErrors.messageSchedulesDisabled
    : null;
}

function tag(draft: MessageDraft): void {
  if (draft.messageId !== "") {
    draft.tags |= messageTag.messageId;
  }
  if (draft.headers.has(natsHeader.streamSource)) {
    draft.tags |= messageTag.sourced;
  }
}
