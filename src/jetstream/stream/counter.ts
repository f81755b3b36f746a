// Counters (ADR-49): a message is an increment, what is stored is the total. Totals are of any size. What came from a
// source does not count as an increment: the origin's total is remembered beside ours, and the difference counts.

import { readableText } from "../../base/byte-text.ts";
import { utf8Bytes, utf8Text } from "../../base/bytes.ts";
import { Fields, isJsonObject, parseJson, parseJsonObject } from "../../base/decode.ts";
import { goJson } from "../../base/go-json.ts";
import { withOnlyHeader } from "../../protocol/headers.ts";
import { type ApiError, apiErrors } from "../api-error.ts";
import { MessageView } from "../store/message-view.ts";
import type { StagedView } from "./batch-view.ts";
import type { MessageDraft } from "./message-draft.ts";
import { NatsHeaders, natsHeader } from "./nats-headers.ts";
import type { CounterFeature, StreamCore } from "./stream-features.ts";
import type { StreamView } from "./stream-view.ts";

const wholeNumber = /^[+-]?\d+$/;
const plainTotal = /^\{"val":"(-?\d+)"\}$/;

/** Of each origin stream, of each of its subjects, the last total: decimal text. */
export type CounterSources = Map<string, Map<string, string>>;

export interface CounterState {
  readonly total: bigint;
  readonly sources: CounterSources;
}

/** Headers that ask for what a counter cannot promise. */
const incompatible = [
  natsHeader.rollup,
  natsHeader.expectedStream,
  natsHeader.expectedLastMessageId,
  natsHeader.expectedLastSubjectSequenceSubject,
  natsHeader.expectedLastSequence,
  natsHeader.expectedLastSubjectSequence,
] as const;

export class Counter implements CounterFeature {
  readonly #core: StreamCore;
  /** Made for the first counter. */
  #view: MessageView | null = null;
  #headers: NatsHeaders | null = null;

  constructor(core: StreamCore) {
    this.#core = core;
  }

  check(draft: MessageDraft): ApiError | null {
    const { headers } = draft;
    if (!headers.hasValue(natsHeader.increment)) {
      return null;
    }
    if (incrementOf(draft) === null) {
      return apiErrors.messageIncrInvalid;
    }
    if (draft.isFromOrigin) {
      return null;
    }
    if (!this.#core.config.allowCounter) {
      return apiErrors.messageIncrDisabled;
    }
    if (draft.bodyLength > 0) {
      return apiErrors.messageIncrPayload;
    }
    return incompatible.some((header) => headers.hasValue(header))
      ? apiErrors.messageIncrInvalid
      : null;
  }

  apply(draft: MessageDraft, view: StreamView): ApiError | null {
    if (!this.#core.config.allowCounter) {
      return null;
    }
    const increment = incrementOf(draft);
    if (increment === null) {
      return apiErrors.messageIncrMissing;
    }
    const state = this.#stateOf(draft.subject, view);
    const step = state === null ? null : this.#stepOf(draft, increment, state);
    if (state === null || step === null) {
      return apiErrors.messageCounterBroken;
    }
    const total = String(state.total + step);
    draft.setBody(utf8Bytes(`{"val":"${total}"}`));
    draft.counterValue = total;
    if (state.sources.size > 0) {
      const text = sourcesText(state.sources);
      draft.setHeaders(withOnlyHeader(draft.headerBlock, "Nats-Counter-Sources", text));
    }
    return draft.headerLength + draft.bodyLength > this.#core.settings.maxPayload
      ? apiErrors.streamMessageExceedsMaximum
      : null;
  }

  /** What the message adds. Of a sourced one: what its origin's total grew by; remembers that total. */
  #stepOf(draft: MessageDraft, increment: bigint, state: CounterState): bigint | null {
    const source = readableText(draft.headers.text(natsHeader.streamSource));
    if (source === "") {
      return increment;
    }
    const total = totalOf(draft.body);
    if (total === null) {
      return null;
    }
    const [stream = "", , , , subject = readableText(draft.subject)] = source.split(" ");
    const subjects = state.sources.get(stream) ?? new Map<string, string>();
    const step = total - wholeNumberOf(subjects.get(subject) ?? "");
    subjects.set(subject, String(total));
    state.sources.set(stream, subjects);
    draft.setHeaders(withOnlyHeader(draft.headerBlock, "Nats-Incr", String(step)));
    return step;
  }

  /** Where the counter of a subject stands; null when what is stored is no counter. */
  #stateOf(subject: string, view: StreamView): CounterState | null {
    const sequence = view.lastSequenceOf(subject);
    if (sequence === 0) {
      return { total: 0n, sources: new Map() };
    }
    const staged = isStagedView(view) ? view.stagedAt(sequence) : null;
    if (staged !== null) {
      return stateIn(staged.body, staged.headers);
    }
    this.#view ??= new MessageView();
    this.#headers ??= new NatsHeaders();
    const message = this.#view;
    const headers = this.#headers;
    if (!this.#core.store.read(sequence, message)) {
      return { total: 0n, sources: new Map() };
    }
    headers.read(message.bytes, message.headerStart, message.headerLength);
    return stateIn(message.body, headers);
  }
}

function isStagedView(view: StreamView): view is StagedView {
  return "stagedAt" in view;
}

/** Null when there is none, or when it is no number. */
function incrementOf(draft: MessageDraft): bigint | null {
  const text = draft.headers.text(natsHeader.increment);
  return wholeNumber.test(text) ? BigInt(text.startsWith("+") ? text.slice(1) : text) : null;
}

function stateIn(body: Uint8Array, headers: NatsHeaders): CounterState | null {
  const total = totalOf(body);
  const sources = sourcesIn(headers.value(natsHeader.counterSources));
  return total === null || sources === null ? null : { total, sources };
}

/** `{"val":"17"}`. What it does not say, or says in another way, counts as 0; null when it is not of that form. */
export function totalOf(body: Uint8Array): bigint | null {
  const text = utf8Text(body);
  const plain = plainTotal.exec(text)?.[1];
  if (plain !== undefined) {
    return BigInt(plain);
  }
  const parsed = parseJsonObject(text);
  if (!parsed.ok) {
    return null;
  }
  const fields = new Fields(parsed.value);
  const value = fields.string("val", "");
  return fields.problem === null ? wholeNumberOf(value) : null;
}

function wholeNumberOf(text: string): bigint {
  return wholeNumber.test(text) ? BigInt(text.startsWith("+") ? text.slice(1) : text) : 0n;
}

/** The value of Nats-Counter-Sources; null when it is not of its form. */
export function sourcesIn(value: Uint8Array | null): CounterSources | null {
  const sources: CounterSources = new Map();
  if (value === null || value.length === 0) {
    return sources;
  }
  const parsed = parseJson(utf8Text(value));
  if (!parsed.ok || !isJsonObject(parsed.value)) {
    return null;
  }
  for (const [stream, subjects] of Object.entries(parsed.value)) {
    if (!isJsonObject(subjects)) {
      return null;
    }
    const totals: Map<string, string> = new Map();
    for (const [subject, total] of Object.entries(subjects)) {
      if (typeof total !== "string") {
        return null;
      }
      totals.set(subject, total);
    }
    sources.set(stream, totals);
  }
  return sources;
}

/** JSON with its keys in order. */
export function sourcesText(sources: CounterSources): string {
  const streams = sortedEntries(sources).map(([stream, subjects]) => {
    const totals = sortedEntries(subjects).map(
      ([subject, total]) => `${goJson(subject)}:${goJson(total)}`,
    );
    return `${goJson(stream)}:{${totals.join(",")}}`;
  });
  return `{${streams.join(",")}}`;
}

function sortedEntries<T>(map: ReadonlyMap<string, T>): readonly (readonly [string, T])[] {
  return [...map].sort(([a], [b]) => (a < b ? -1 : 1));
}
