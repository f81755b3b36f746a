// What a publisher expects to be the last message: of the stream, of a subject, or by its id. Pure: of the message and
// the view.

import { type ApiError, apiErrors } from "../../api-error.ts";
import type { MessageDraft } from "../message-draft.ts";
import { natsHeader } from "../nats-headers.ts";
import type { StreamView } from "../stream-view.ts";

/** The subject asked for may be another one, also a pattern. */
export function expectedSubjectSequenceRefusal(
  draft: MessageDraft,
  view: StreamView,
): ApiError | null {
  const expected = draft.headers.number(natsHeader.expectedLastSubjectSequence);
  const other = draft.headers.text(natsHeader.expectedLastSubjectSequenceSubject);
  if (expected === null) {
    return other === "" ? null : apiErrors.streamExpectedLastSeqPerSubjectInvalid;
  }
  const last = view.lastSequenceOf(other === "" ? draft.subject : other);
  return last === expected ? null : apiErrors.streamWrongLastSequence(last);
}

export function expectedSequenceRefusal(draft: MessageDraft, view: StreamView): ApiError | null {
  const expected = draft.headers.number(natsHeader.expectedLastSequence);
  const last = view.lastSequence;
  return expected === null || expected === last ? null : apiErrors.streamWrongLastSequence(last);
}

export function expectedMessageIdRefusal(draft: MessageDraft, view: StreamView): ApiError | null {
  const expected = draft.headers.text(natsHeader.expectedLastMessageId);
  if (expected === "" || expected === view.lastMessageId) {
    return null;
  }
  return apiErrors.streamWrongLastMsgId(view.lastMessageId);
}
