// Whether a message of this id is stored already. Pure: of the message and the view.

import type { MessageDraft } from "../message-draft.ts";
import { natsHeader } from "../nats-headers.ts";
import type { StreamView } from "../stream-view.ts";

/** Reads the id into the draft. Gives the sequence of the first one; 0 is none. */
export function duplicateOf(draft: MessageDraft, view: StreamView): number {
  draft.messageId = draft.headers.text(natsHeader.messageId);
  return draft.messageId === "" ? 0 : view.sequenceOfMessageId(draft.messageId);
}
