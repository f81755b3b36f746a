// Whether a message may replace those before it. Pure: of the message and the configuration.

import { readableText } from "../../../base/byte-text.ts";
import { goQuote } from "../../../protocol/go-quote.ts";
import { type ApiError, apiErrors } from "../../api-error.ts";
import type { MessageDraft } from "../message-draft.ts";
import { natsHeader } from "../nats-headers.ts";
import type { StreamConfig } from "../stream-config.ts";

export function mayRollUp(config: StreamConfig): boolean {
  return config.allowRollup && !config.denyPurge;
}

/** Sets the draft's rollup. One that the server or an origin asks for is left out where it is not allowed. */
export function rollupRefusal(draft: MessageDraft, config: StreamConfig): ApiError | null {
  const asked = draft.headers.text(natsHeader.rollup).toLowerCase();
  if (asked === "") {
    return null;
  }
  const isAllowed = mayRollUp(config);
  if (!isAllowed && !draft.isFromOrigin) {
    return apiErrors.streamRollupFailed("rollup not permitted");
  }
  if (asked !== "sub" && asked !== "all") {
    return apiErrors.streamRollupFailed(`rollup value invalid: ${goQuote(readableText(asked))}`);
  }
  if (isAllowed) {
    draft.rollup = asked;
  }
  return null;
}
