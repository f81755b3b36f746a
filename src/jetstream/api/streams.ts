// Requests that make, change, show, empty and remove one stream.

import { apiErrors } from "../api-error.ts";
import { keptMetadata, levelOfStream } from "../asset-level.ts";
import { flag, integer, sequence, shape, subjectText } from "../json-kinds.ts";
import type { StreamConfig } from "../stream/stream-config.ts";
import { decodeStreamRequest, type StreamRequest } from "../stream/stream-config-json.ts";
import type { ApiCall } from "./api-call.ts";
import type { OnStream } from "./api-context.ts";
import { maxSubjectDetails, streamInfoJson, subjectPage } from "./stream-info.ts";

const infoKind = shape("server.JSApiStreamInfoRequest", {
  offset: integer,
  deleted_details: flag,
  subjects_filter: subjectText,
});

const purgeKind = shape("server.JSApiStreamPurgeRequest", {
  seq: sequence,
  filter: subjectText,
  keep: sequence,
});

const pathSeparators = /[\\/]/;

/** `STREAM.CREATE.<stream>` */
export function createStream(call: ApiCall): void {
  const request = streamRequest(call);
  if (request === null) {
    return;
  }
  const { config, isPedantic } = request;
  if (pathSeparators.test(config.name)) {
    call.refuse(apiErrors.streamNameContainsPathSeparators);
  } else if (config.sealed) {
    call.refuse(apiErrors.streamInvalidConfig("stream configuration for create can not be sealed"));
  } else if (config.mirrorDirect && config.mirror === null) {
    call.refuse(apiErrors.streamInvalidConfig("stream has no mirror but does have mirror direct"));
  } else {
    call.account.createStream(config, isPedantic, answerStream(call, "create"));
  }
}

/** `STREAM.UPDATE.<stream>` */
export function updateStream(call: ApiCall): void {
  const request = streamRequest(call);
  const stream = request === null ? null : call.stream(request.config.name);
  if (request !== null && stream !== null) {
    const { config, isPedantic } = request;
    call.account.updateStream(stream, config, isPedantic, answerStream(call, "update"));
  }
}

/** `STREAM.INFO.<stream>` */
export function streamInfo(call: ApiCall): void {
  const wish = call.isServed() ? call.decodeOptional(infoKind) : null;
  const stream = wish === null ? null : call.stream(call.token(2));
  if (wish === null || stream === null) {
    return;
  }
  const offset = Math.max(wish.offset, 0);
  const page =
    wish.subjects_filter === ""
      ? { subjects: undefined, total: 0 }
      : subjectPage(stream, wish.subjects_filter, offset);
  const isPaged = page.total > 0;
  const fields = {
    total: page.total,
    offset: isPaged ? offset : 0,
    limit: isPaged ? maxSubjectDetails : 0,
    ...streamInfoJson(call.context, stream, {
      form: "info",
      hasDeletedDetails: wish.deleted_details,
      subjects: page.subjects,
    }),
  };
  // What an info counts can be read from then on, and is not lost any more.
  stream.whenDurable(() => call.answer(fields));
}

/** `STREAM.DELETE.<stream>` */
export function deleteStream(call: ApiCall): void {
  if (!call.isServed()) {
    return;
  }
  if (!call.isEmpty) {
    call.refuse(apiErrors.notEmptyRequest);
    return;
  }
  // One that is offline may be deleted too.
  const stream = call.account.stream(call.token(2));
  if (stream === null) {
    call.refuse(apiErrors.streamNotFound);
    return;
  }
  call.account.deleteStream(stream, (failure) => {
    if (failure === null) {
      call.answer({ success: true });
    } else {
      call.refuse(failure);
    }
  });
}

/** `STREAM.PURGE.<stream>` */
export function purgeStream(call: ApiCall): void {
  const wish = call.isServed() ? call.decodeOptional(purgeKind) : null;
  if (wish === null) {
    return;
  }
  if (wish.seq > 0 && wish.keep > 0) {
    call.refuse(apiErrors.badRequest);
    return;
  }
  const stream = call.stream(call.token(2));
  if (stream === null) {
    return;
  }
  const { config } = stream.access;
  if (config.sealed) {
    call.refuse(apiErrors.streamSealed);
  } else if (config.denyPurge) {
    call.refuse(apiErrors.streamPurgeFailed("stream purge not permitted"));
  } else {
    const { seq, keep, filter } = wish;
    let purged = 0;
    let isAnswerable = false;
    const answer = (): void => call.answer({ success: true, purged });
    purged = stream.access.purge({ filter, sequence: seq, keep }, (failure) => {
      if (failure !== null) {
        call.refuse(failure);
      } else if (isAnswerable) {
        answer();
      } else {
        isAnswerable = true;
      }
    });
    // Done at once: only now it is known how many went.
    if (isAnswerable) {
      answer();
    }
    isAnswerable = true;
  }
}

/** Null: it was refused. */
function streamRequest(call: ApiCall): StreamRequest | null {
  if (!call.isServed()) {
    return null;
  }
  const decoded = decodeStreamRequest(call.text, call.context);
  if (!decoded.ok) {
    call.refuse(apiErrors.invalidJson(decoded.refusal));
    return null;
  }
  const { config, isPedantic } = decoded.value;
  if (config.name !== call.token(2)) {
    call.refuse(apiErrors.streamMismatch);
    return null;
  }
  return { config: withLevel(config), isPedantic };
}

function withLevel(config: StreamConfig): StreamConfig {
  return { ...config, metadata: keptMetadata(config.metadata, levelOfStream(config)) };
}

function answerStream(call: ApiCall, form: "create" | "update"): OnStream {
  return (failure, stream): void => {
    if (failure !== null) {
      call.refuse(failure);
    } else if (stream !== null) {
      call.answer({
        ...streamInfoJson(call.context, stream, { form }),
        did_create: form === "create" ? true : undefined,
      });
    }
  };
}
