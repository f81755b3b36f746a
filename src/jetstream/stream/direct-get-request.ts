// What a direct get asks for (ADR-31), decoded and judged. A refusal is the status line's text.

import { utf8Text } from "../../base/bytes.ts";
import {
  count,
  decodeText,
  flag,
  type Kind,
  listOf,
  sequence,
  shape,
  subjectText,
  timeNanos,
} from "../json-kinds.ts";

/** Named as on the wire. */
export interface DirectGetRequest {
  readonly seq: number;
  readonly last_by_subj: string;
  readonly next_by_subj: string;
  readonly batch: number;
  readonly max_bytes: number;
  readonly start_time: bigint | null;
  readonly multi_last: readonly string[];
  readonly up_to_seq: number;
  readonly up_to_time: bigint | null;
  readonly no_hdr: boolean;
}

const requestShape: Kind<DirectGetRequest> = shape("server.JSApiMsgGetRequest", {
  seq: sequence,
  last_by_subj: subjectText,
  next_by_subj: subjectText,
  batch: count,
  max_bytes: count,
  start_time: timeNanos,
  multi_last: listOf(subjectText),
  up_to_seq: sequence,
  up_to_time: timeNanos,
  no_hdr: flag,
});

export const badRequest = "408 Bad Request";
const emptyRequest = "408 Empty Request";
const malformedRequest = "408 Malformed Request";

/** A text is the refusal. */
export function readRequest(body: Uint8Array): DirectGetRequest | string {
  if (body.length === 0) {
    return emptyRequest;
  }
  const decoded = decodeText(utf8Text(body), requestShape);
  if (!decoded.ok) {
    return malformedRequest;
  }
  const request = decoded.value;
  const asksNothing =
    request.seq === 0 &&
    request.last_by_subj === "" &&
    request.next_by_subj === "" &&
    request.multi_last.length === 0 &&
    request.start_time === null;
  if (asksNothing) {
    return emptyRequest;
  }
  return isContradictory(request) ? badRequest : request;
}

/** The form with the subject behind the stream's name: it may only leave out headers. */
export function readLastRequest(body: Uint8Array, subject: string): DirectGetRequest | string {
  if (body.length === 0) {
    return { ...requestShape.zero, last_by_subj: subject };
  }
  const decoded = decodeText(utf8Text(body), requestShape);
  if (!decoded.ok) {
    return malformedRequest;
  }
  const request = decoded.value;
  const asksOther =
    request.seq !== 0 ||
    request.last_by_subj !== "" ||
    request.next_by_subj !== "" ||
    request.multi_last.length > 0 ||
    request.batch !== 0 ||
    request.start_time !== null ||
    request.up_to_seq !== 0 ||
    request.up_to_time !== null;
  return asksOther ? badRequest : { ...request, last_by_subj: subject };
}

function isContradictory(request: DirectGetRequest): boolean {
  const hasLast = request.last_by_subj !== "";
  const hasStart = request.start_time !== null;
  const hasMany = request.multi_last.length > 0;
  return (
    (request.seq > 0 && (hasLast || hasStart)) ||
    (hasLast && (hasStart || hasMany || request.next_by_subj !== "" || request.batch > 0)) ||
    (hasMany && request.next_by_subj !== "") ||
    (request.up_to_seq > 0 && request.up_to_time !== null)
  );
}
