// One request to the API while it is served: what was asked, by whom, and the one answer it gets, counted and told to
// those who audit. It knows no stream and no consumer; the handlers do.

import { goJson } from "../../base/go-json.ts";
import { goTime } from "../../base/go-time.ts";
import type { PassingMessage } from "../../broker/message.ts";
import type { ClientInfo } from "../../broker/request-info.ts";
import { headerValue } from "../../protocol/headers.ts";
import { type ApiError, apiErrors } from "../api-error.ts";
import { parseJsonText } from "../exact-json.ts";
import { decodeRequest, type Kind } from "../json-kinds.ts";
import type { ApiAccount, ApiContext, ApiStream } from "./api-context.ts";

const auditSubject = "$JS.EVENT.ADVISORY.API";
const auditType = "io.nats.jetstream.advisory.v1.api_audit";
const requiredLevelHeader = "Nats-Required-Api-Level";
const responsePrefix = "io.nats.jetstream.api.v1.";
/** A client that meets an asset out of order asks again at once: it is made to wait. */
const offlineDelayMillis = 500;

const decoder: TextDecoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** What the answers of one kind of request have in common. */
export interface AnswerForm {
  /** "stream_create" and the like. */
  readonly type: string;
  /** Fields that stand in a refusal too, since they are never left out. */
  readonly always?: Readonly<Record<string, unknown>>;
  /** Advisories of its own name who asked. */
  readonly isAnnounced?: boolean;
}

export class ApiCall {
  readonly context: ApiContext;
  readonly account: ApiAccount;
  readonly subject: string;
  /** Of the subject, behind "API". */
  readonly tokens: readonly string[];
  /** The body. */
  readonly text: string;
  readonly #form: AnswerForm;
  readonly #reply: string;
  readonly #requiredLevel: string | null;
  /** Null when nobody audits, and nothing announces it. */
  readonly #client: ClientInfo | null;
  #isAnswered = false;

  constructor(
    context: ApiContext,
    account: ApiAccount,
    form: AnswerForm,
    tokens: readonly string[],
    message: PassingMessage,
  ) {
    this.context = context;
    this.account = account;
    this.#form = form;
    this.subject = message.subject;
    this.tokens = tokens;
    this.text = message.bodyLength === 0 ? "" : decoder.decode(message.body);
    this.#reply = message.reply;
    this.#requiredLevel =
      message.headerLength === 0 ? null : headerValue(message.headers, requiredLevelHeader);
    this.#client =
      form.isAnnounced === true || account.outlet.hasInterest(auditSubject)
        ? context.requester(message, account.name)
        : null;
    context.counts.inflight += 1;
    account.counts.inflight += 1;
  }

  // --- what was asked

  token(index: number): string {
    return this.tokens[index] ?? "";
  }

  /** Nothing, or an object without fields. */
  get isEmpty(): boolean {
    if (this.text === "" || this.text === "{}") {
      return true;
    }
    const [value] = parseJsonText(this.text).values;
    return value instanceof Map && value.size === 0;
  }

  /** Where a body is optional, one that is no object or array says nothing. */
  get hasJson(): boolean {
    return /^[ \t\r\n]*[{[]/.test(this.text);
  }

  /** Null: it was refused. */
  decode<T>(kind: Kind<T>): T | null {
    const decoded = decodeRequest(this.text, kind, this.context);
    if (decoded.ok) {
      return decoded.value;
    }
    this.refuse(apiErrors.invalidJson(decoded.refusal));
    return null;
  }

  /** The same where the body is optional: zeros stand for none. */
  decodeOptional<T>(kind: Kind<T>): T | null {
    return this.hasJson ? this.decode(kind) : kind.zero;
  }

  /** False: it was refused, for the level it requires or since the account has no JetStream. */
  isServed(): boolean {
    if (this.#requiredLevel !== null && !this.#isLevelMet(this.#requiredLevel)) {
      this.refuse(apiErrors.requiredApiLevel);
      return false;
    }
    if (!this.account.isEnabled) {
      this.refuse(apiErrors.notEnabledForAccount);
      return false;
    }
    return true;
  }

  #isLevelMet(level: string): boolean {
    return /^[+-]?\d+$/.test(level) && Number(level) <= this.context.apiLevel;
  }

  /** Null: it was refused. */
  stream(name: string): ApiStream | null {
    const stream = this.account.stream(name);
    if (stream === null) {
      this.refuse(apiErrors.streamNotFound);
      return null;
    }
    if (stream.offlineReason !== "") {
      this.refuseLater(apiErrors.streamOfflineReason(stream.offlineReason));
      return null;
    }
    return stream;
  }

  /** Who asked; null when nobody wanted to know. */
  get client(): ClientInfo | null {
    return this.#client;
  }

  // --- the answer

  answer(fields: Readonly<Record<string, unknown>>): void {
    this.#send({ type: this.#type, ...fields }, false);
  }

  /** An answer that pages and audits do not count. */
  answerUncounted(fields: Readonly<Record<string, unknown>>): void {
    if (this.#leave()) {
      this.#publish(goJson({ type: this.#type, ...fields }));
    }
  }

  refuse(error: ApiError): void {
    this.#send({ type: this.#type, error: errorJson(error), ...this.#form.always }, true);
  }

  refuseLater(error: ApiError): void {
    this.context.timers.after(offlineDelayMillis, () => this.refuse(error));
  }

  /** No answer. */
  drop(): void {
    this.#leave();
  }

  get #type(): string {
    return `${responsePrefix}${this.#form.type}_response`;
  }

  #send(response: object, isError: boolean): void {
    if (!this.#leave()) {
      return;
    }
    for (const counts of [this.context.counts, this.account.counts]) {
      counts.total += 1;
      counts.errors += isError ? 1 : 0;
    }
    const json = goJson(response);
    this.#publish(json);
    this.#audit(json);
  }

  /** False: it was answered before. */
  #leave(): boolean {
    if (this.#isAnswered) {
      return false;
    }
    this.#isAnswered = true;
    this.context.counts.inflight -= 1;
    this.account.counts.inflight -= 1;
    return true;
  }

  #publish(json: string): void {
    if (this.#reply !== "") {
      this.account.outlet.publish(this.#reply, json);
    }
  }

  #audit(response: string): void {
    const { context, account } = this;
    if (this.#client === null && !account.outlet.hasInterest(auditSubject)) {
      return;
    }
    const advisory = {
      type: auditType,
      id: context.newId(),
      timestamp: goTime(context.clock.wallNanos()),
      server: context.serverName,
      client: this.#client,
      subject: this.subject,
      request: this.text === "" ? undefined : this.text,
      response,
      domain: context.domain === "" ? undefined : context.domain,
    };
    account.outlet.publish(auditSubject, goJson(advisory));
  }
}

export function errorJson({ code, errCode, description }: ApiError): object {
  return { code, err_code: errCode, description };
}
