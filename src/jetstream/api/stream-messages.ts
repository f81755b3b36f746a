// Requests for one stored message: reading it, and removing it. Direct reads, without JSON, are the stream's own.

import { readableText } from "../../base/byte-text.ts";
import { goTime } from "../../base/go-time.ts";
import { type ApiError, apiErrors } from "../api-error.ts";
import {
  flag,
  integer,
  listOf,
  type Shape,
  sequence,
  shape,
  subjectText,
  timeNanos,
} from "../json-kinds.ts";
import { MessageView } from "../store/message-view.ts";
import { SubjectFilter } from "../store/subject-filter.ts";
import type { StreamAccess } from "../stream/stream-access.ts";
import type { ApiCall } from "./api-call.ts";

const nanosPerMicro = 1000n;

const deleteKind = shape("server.JSApiMsgDeleteRequest", { seq: sequence, no_erase: flag });

const getFields = {
  seq: sequence,
  last_by_subj: subjectText,
  next_by_subj: subjectText,
  batch: integer,
  max_bytes: integer,
  start_time: timeNanos,
  multi_last: listOf(subjectText),
  up_to_seq: sequence,
  up_to_time: timeNanos,
  no_hdr: flag,
};

type GetWish = Shape<typeof getFields>;

const getKind = shape("server.JSApiMsgGetRequest", getFields);

/** `STREAM.MSG.GET.<stream>` */
export function getMessage(call: ApiCall): void {
  if (!call.isServed()) {
    return;
  }
  if (call.isEmpty) {
    call.refuse(apiErrors.badRequest);
    return;
  }
  const wish = call.decode(getKind);
  if (wish === null) {
    return;
  }
  if (wish.batch > 0 || wish.max_bytes > 0 || !isConsistent(wish)) {
    call.refuse(apiErrors.badRequest);
    return;
  }
  const stream = call.stream(call.token(3));
  if (stream === null) {
    return;
  }
  const view = new MessageView();
  if (find(stream.access, wish, view)) {
    call.answerUncounted({ message: messageJson(view, wish.no_hdr) });
  } else {
    call.refuse(apiErrors.noMessageFound);
  }
}

/** `STREAM.MSG.DELETE.<stream>` */
export function deleteMessage(call: ApiCall): void {
  if (!call.isServed()) {
    return;
  }
  if (call.isEmpty) {
    call.refuse(apiErrors.badRequest);
    return;
  }
  const wish = call.decode(deleteKind);
  const stream = wish === null ? null : call.stream(call.token(3));
  if (wish === null || stream === null) {
    return;
  }
  const { config } = stream.access;
  if (config.sealed) {
    call.refuse(apiErrors.streamSealed);
    return;
  }
  if (config.denyDelete) {
    call.refuse(apiErrors.streamMsgDeleteFailed("message delete not permitted"));
    return;
  }
  const isThere = stream.access.removeMessage(wish.seq, !wish.no_erase, (failure) => {
    if (failure === null) {
      call.answer({ success: true });
    } else {
      call.refuse(failure);
    }
  });
  if (!isThere) {
    call.refuse(missingFailure(stream.access, wish.seq));
  }
}

/** Files tell before, behind and between apart, memory does not: tools know both. */
function missingFailure({ config, store }: StreamAccess, wanted: number): ApiError {
  const { firstSequence, lastSequence } = store.state;
  if (config.storage === "file" && wanted > lastSequence) {
    return apiErrors.streamMsgDeleteFailed("stream store EOF");
  }
  return config.storage === "file" && wanted < firstSequence
    ? apiErrors.streamMsgDeleteFailed("no message found")
    : apiErrors.sequenceNotFound(wanted);
}

/** One way to name a message, and only one. */
function isConsistent(wish: GetWish): boolean {
  const hasSequence = wish.seq > 0;
  const hasStart = wish.start_time !== null;
  const hasLast = wish.last_by_subj !== "";
  const hasNext = wish.next_by_subj !== "";
  const namesNone = !(hasSequence || hasStart || hasLast || hasNext);
  const namesTwo = hasLast && (hasSequence || hasStart || hasNext);
  return !(namesNone || namesTwo || (hasSequence && hasStart));
}

/** Only what is durable is shown. */
function find(access: StreamAccess, wish: GetWish, view: MessageView): boolean {
  const { store, visibleSequence } = access;
  const from =
    wish.start_time === null ? wish.seq : store.sequenceAt(Number(wish.start_time / nanosPerMicro));
  const isFound =
    wish.next_by_subj !== ""
      ? store.next(new SubjectFilter([wish.next_by_subj]), Math.max(from, 1), view)
      : from > 0
        ? from <= visibleSequence && store.read(from, view)
        : store.previous(new SubjectFilter([wish.last_by_subj]), visibleSequence, view);
  return isFound && view.sequence <= visibleSequence;
}

function messageJson(view: MessageView, isWithoutHeaders: boolean): object {
  const hasHeaders = view.headerLength > 0 && !isWithoutHeaders;
  return {
    subject: readableText(view.subject),
    seq: view.sequence,
    hdrs: hasHeaders ? view.headers.toBase64() : undefined,
    data: view.bodyLength > 0 ? view.body.toBase64() : undefined,
    time: goTime(view.timeNanos),
  };
}
