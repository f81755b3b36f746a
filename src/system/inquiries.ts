// Small questions with small answers: who am I, how many subscribers has this subject.

import { byteTextOf, readableText } from "../base/byte-text.ts";
import { omitEmpty } from "../base/go-json.ts";
import type { PassingMessage } from "../broker/message.ts";
import type { PermissionOptions } from "../config/options.ts";
import { headerValue } from "../protocol/headers.ts";
import { isSubset } from "../subjects/overlap.ts";
import { hasWildcard } from "../subjects/subject.ts";
import { OptionReader } from "./option-reader.ts";
import type { Replies, Request } from "./replies.ts";
import type { InterestFacts, RequesterFacts } from "./server-facts.ts";
import type { SystemChannel } from "./system-channel.ts";
import type { SystemView } from "./system-view.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const requestInfo = "Nats-Request-Info";
const base64 = /^[A-Za-z0-9+/]+={0,2}$/;
const accountToken = 3;
const badRequest = 400;
const noOrigin = 0;
const nanosPerMilli = 1_000_000;

export interface InquiryParts {
  readonly channel: SystemChannel;
  readonly replies: Replies;
  readonly view: SystemView;
  readonly systemAccount: string;
}

export class Inquiries implements Disposable {
  readonly #parts: InquiryParts;
  readonly #subscriptions: DisposableStack = new DisposableStack();

  constructor(parts: InquiryParts) {
    this.#parts = parts;
    this.#on("$SYS.REQ.USER.*.INFO", (message) =>
      this.#answerUser(message, readableText(message.subject.split(".")[accountToken] ?? "")),
    );
    this.#on("$SYS.REQ.USER.INFO", (message) => this.#answerUser(message, parts.systemAccount));
    this.#on("$SYS.DEBUG.SUBSCRIBERS", (message) => this.#answerSubscribers(message));
    this.#on("$SYS.REQ.ACCOUNT.NSUBS", (message) => this.#answerCount(message));
  }

  [Symbol.dispose](): void {
    this.#subscriptions.dispose();
  }

  #on(subject: string, handle: (message: PassingMessage) => void): void {
    this.#subscriptions.use(this.#parts.channel.subscribe(subject, { deliver: handle }));
  }

  #answerUser(message: PassingMessage, account: string): void {
    const { replies, view } = this.#parts;
    if (message.reply === "") {
      return;
    }
    const requester = view.requester(message.origin) ?? this.#importedFrom(message);
    if (!requester) {
      replies.send(message, { error: { code: badRequest } });
      return;
    }
    const data = {
      user: requester.user,
      account,
      account_name: omitEmpty(account),
      permissions: requester.permissions ? permissionsBody(requester.permissions) : undefined,
    };
    replies.send(message, { data });
  }

  /**
   * A request through an import comes from inside the server, and its header was written there. In one that a
   * connection published itself, the header may say anything.
   */
  #importedFrom(message: PassingMessage): RequesterFacts | undefined {
    return message.origin === noOrigin
      ? this.#parts.view.requesterOf(requestInfoOf(message).unsigned("id"))
      : undefined;
  }

  /** The body is a subject, or a subject and a queue. */
  #answerSubscribers(message: PassingMessage): void {
    if (message.reply === "") {
      return;
    }
    const options = requestInfoOf(message);
    const account = options.text("svc") || options.text("acc") || this.#parts.systemAccount;
    const [subject = "", queue = null] = decoder.decode(message.body).trim().split(" ");
    this.#sendCount(message, account, subject, queue);
  }

  #answerCount(message: PassingMessage): void {
    const options = new OptionReader("accNumSubsReq", message.body);
    const account = options.text("acc");
    const traffic = this.#parts.view.accountTraffic(account);
    if (message.reply === "" || message.body.length === 0 || options.error !== null) {
      return;
    }
    if (traffic && traffic.connections > 0) {
      const queue = queueOf(options.text("queue"));
      if (queue !== undefined) {
        this.#sendCount(message, account, options.text("subject"), queue);
      }
    }
  }

  #sendCount(request: Request, account: string, subject: string, queue: string | null): void {
    const { view, replies } = this.#parts;
    const interest = hasWildcard(subject)
      ? withinPattern(view, account, subject)
      : view.matching(account, byteTextOf(subject));
    const counted = interest.filter(
      (found) =>
        found.connectionId !== 0 && (queue === null || readableText(found.queue) === queue),
    );
    replies.sendBare(request, String(counted.length));
  }
}

function requestInfoOf(message: PassingMessage): OptionReader {
  const info = encoder.encode(headerValue(message.headers, requestInfo) ?? "");
  return new OptionReader("ClientInfo", info);
}

/** Servers send queue names in base64. Null is none, undefined is no such text. */
function queueOf(text: string): string | null | undefined {
  if (text === "") {
    return null;
  }
  return text.length % 4 === 0 && base64.test(text)
    ? decoder.decode(Uint8Array.from(atob(text), (character) => character.charCodeAt(0)))
    : undefined;
}

function withinPattern(
  view: SystemView,
  account: string,
  pattern: string,
): readonly InterestFacts[] {
  return view
    .interestIn(account, Number.MAX_SAFE_INTEGER)
    .filter((found) => isSubset(readableText(found.subject), pattern));
}

function permissionsBody(permissions: PermissionOptions): object {
  const { publish, subscribe, responses } = permissions;
  return {
    publish: { allow: omitEmpty(publish.allow ?? []), deny: omitEmpty(publish.deny) },
    subscribe: { allow: omitEmpty(subscribe.allow ?? []), deny: omitEmpty(subscribe.deny) },
    responses: responses
      ? {
          max: responses.max,
          ttl: responses.millis < 0 ? responses.millis : responses.millis * nanosPerMilli,
        }
      : undefined,
  };
}
