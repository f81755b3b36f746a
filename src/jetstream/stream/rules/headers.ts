// Which headers may stand in a publish, whatever the stream holds. Pure: of the message and the configuration.

import { type ApiError, apiErrors } from "../../api-error.ts";
import type { MessageDraft } from "../message-draft.ts";
import { natsHeader } from "../nats-headers.ts";

/** More than that does not fit where a header's length is written down. */
export const maxHeaderBytes = 65_535;

export function expectedStreamRefusal(draft: MessageDraft, name: string): ApiError | null {
  const expected = draft.headers.text(natsHeader.expectedStream);
  return expected === "" || expected === name ? null : apiErrors.streamNotMatch;
}

/** Only the server says where a message was sourced from. */
export function sourceHeaderRefusal(draft: MessageDraft): ApiError | null {
  return !draft.isFromOrigin && draft.headers.hasValue(natsHeader.streamSource)
    ? apiErrors.messageSourceHdrNotAllowed
    : null;
}
