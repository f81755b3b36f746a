// Requests for the names or the infos of an account's streams, page by page.

import { readableText } from "../../base/byte-text.ts";
import { omitEmpty } from "../../base/go-json.ts";
import { collide } from "../../subjects/overlap.ts";
import { integer, shape, subjectText } from "../json-kinds.ts";
import type { ApiCall } from "./api-call.ts";
import type { ApiStream } from "./api-context.ts";
import { streamInfoJson } from "./stream-info.ts";

export const namesLimit = 1024;
export const listLimit = 256;

const namesKind = shape("server.JSApiStreamNamesRequest", {
  offset: integer,
  subject: subjectText,
});
const listKind = shape("server.JSApiStreamListRequest", { offset: integer, subject: subjectText });

/** `STREAM.NAMES` */
export function streamNames(call: ApiCall): void {
  const wish = call.isServed() ? call.decodeOptional(namesKind) : null;
  if (wish === null) {
    return;
  }
  const found = streamsOf(call, wish.subject);
  const offset = Math.min(Math.max(wish.offset, 0), found.length);
  const page = found.slice(offset, offset + namesLimit);
  call.answer({
    total: found.length,
    offset,
    limit: namesLimit,
    streams: page.map(({ access }) => readableText(access.name)),
  });
}

/** `STREAM.LIST` */
export function streamList(call: ApiCall): void {
  const wish = call.isServed() ? call.decodeOptional(listKind) : null;
  if (wish === null) {
    return;
  }
  const found = streamsOf(call, wish.subject);
  const offset = Math.min(Math.max(wish.offset, 0), found.length);
  const page = pageOf(found, offset, listLimit);
  call.answer({
    total: found.length,
    offset,
    limit: listLimit,
    streams: page.online.map((stream) => streamInfoJson(call.context, stream, { form: "list" })),
    missing: omitEmpty(page.offline.map(({ access }) => readableText(access.name))),
    offline: omitEmpty(
      Object.fromEntries(
        page.offline.map((stream) => [readableText(stream.access.name), stream.offlineReason]),
      ),
    ),
  });
}

export interface Page<T> {
  readonly online: readonly T[];
  readonly offline: readonly T[];
}

/** Those that are offline do not count for the limit. */
export function pageOf<T extends { readonly offlineReason: string }>(
  all: readonly T[],
  offset: number,
  limit: number,
): Page<T> {
  const online: T[] = [];
  const offline: T[] = [];
  for (const each of all.slice(offset)) {
    if (each.offlineReason !== "") {
      offline.push(each);
      continue;
    }
    online.push(each);
    if (online.length === limit) {
      break;
    }
  }
  return { online, offline };
}

/** By name. */
function streamsOf(call: ApiCall, subject: string): readonly ApiStream[] {
  const found = [...call.account.streams()].filter(
    ({ access }) => subject === "" || access.config.subjects.some((own) => collide(subject, own)),
  );
  return found.sort((first, second) => (first.access.name < second.access.name ? -1 : 1));
}
