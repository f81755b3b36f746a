// A request for messages, as a client writes it: nothing, a number, or JSON. It knows no consumer and no clock.

import { Fields, type Fields as FieldsType, parseJsonObject } from "../../base/decode.ts";
import { accepted, type Result, refused } from "../../base/result.ts";

const nanosPerMilli = 1_000_000;

export interface PullWish {
  readonly batch: number;
  /** 0 is no limit. */
  readonly maxBytes: number;
  readonly noWait: boolean;
  /** 0 is not given. */
  readonly expiresMillis: number;
  readonly heartbeatMillis: number;
  /** Null: the request was no JSON. */
  readonly priority: PullPriority | null;
}

export interface PullPriority {
  readonly group: string;
  readonly minPending: number;
  readonly minAckPending: number;
  /** The pin it was given. */
  readonly id: string;
  readonly priority: number;
}

const plain: PullWish = {
  batch: 1,
  maxBytes: 0,
  noWait: false,
  expiresMillis: 0,
  heartbeatMillis: 0,
  priority: null,
};

const decoder: TextDecoder = new TextDecoder();
const wholeNumber = /^[+-]?\d+$/;
const noBody: Uint8Array = new Uint8Array(0);

/** The refusal is what stands behind "Bad Request - ". */
export type ParsedWish = Result<PullWish, string>;

/** Clients send the same request again and again: the last one is remembered. */
export class PullRequestReader {
  #lastBody: Uint8Array = noBody;
  #last: ParsedWish = accepted(plain);

  read(bytes: Uint8Array, start: number, length: number): ParsedWish {
    if (!this.#isSame(bytes, start, length)) {
      this.#lastBody = bytes.slice(start, start + length);
      this.#last = parsePullRequest(decoder.decode(this.#lastBody));
    }
    return this.#last;
  }

  #isSame(bytes: Uint8Array, start: number, length: number): boolean {
    const last = this.#lastBody;
    if (last.length !== length) {
      return false;
    }
    for (let at = 0; at < length; at++) {
      if (last[at] !== bytes[start + at]) {
        return false;
      }
    }
    return true;
  }
}

export function parsePullRequest(body: string): ParsedWish {
  const text = body.trim();
  if (text.startsWith("{")) {
    return parseObject(text);
  }
  const count = wholeNumber.test(text) ? Number(text) : 1;
  return accepted(Number.isSafeInteger(count) && text !== "" ? { ...plain, batch: count } : plain);
}

function parseObject(text: string): ParsedWish {
  const parsed = parseJsonObject(text);
  if (!parsed.ok) {
    return refused(parsed.refusal);
  }
  const fields: FieldsType = new Fields(parsed.value);
  const expires = fields.number("expires", 0);
  const heartbeat = fields.number("idle_heartbeat", 0);
  const wish: PullWish = {
    batch: fields.integer("batch", 0),
    maxBytes: fields.integer("max_bytes", 0),
    noWait: fields.boolean("no_wait", false),
    expiresMillis: expires / nanosPerMilli,
    heartbeatMillis: heartbeat > 0 ? heartbeat / nanosPerMilli : 0,
    priority: {
      group: fields.string("group", ""),
      minPending: fields.integer("min_pending", 0),
      minAckPending: fields.integer("min_ack_pending", 0),
      id: fields.string("id", ""),
      priority: fields.integer("priority", 0),
    },
  };
  if (fields.problem !== null) {
    return refused(`json: ${fields.problem}`);
  }
  return heartbeat > 0 && heartbeat * 2 > expires
    ? refused("heartbeat value too large")
    : accepted(wish);
}
