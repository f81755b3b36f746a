// Answers $SYS.REQ.SERVER and $SYS.REQ.ACCOUNT: which subject asks for which page, who is concerned, and in which
// envelope the answer goes. What stands on the pages is the page source's business.

import { readableText } from "../base/byte-text.ts";
import { goJson } from "../base/go-json.ts";
import type { PassingMessage } from "../broker/message.ts";
import type { Subscriber } from "../broker/subscriber.ts";
import type { AccountCounts } from "./account-counts.ts";
import { OptionReader } from "./option-reader.ts";
import type { PageName, PageReply, PageSource } from "./page-source.ts";
import type { Replies, Request } from "./replies.ts";
import { concerns } from "./request-filter.ts";
import type { ServerStatistics } from "./statistics.ts";
import type { SystemChannel } from "./system-channel.ts";
import type { SystemControls, SystemView } from "./system-view.ts";

const badRequest = 400;
const failed = 500;
const accountToken = 3;
/** $SYS.REQ.ACCOUNT.PING.STATZ is no account's: it asks for all. */
const everyAccount = "PING";
const filterType = "EventFilterOptions";

/** Page by the last token of its subject, and what refusals call its options. */
const serverPages: readonly (readonly [PageName, string])[] = [
  ["VARZ", "VarzEventOptions"],
  ["SUBSZ", "SubszEventOptions"],
  ["CONNZ", "ConnzEventOptions"],
  ["ROUTEZ", "RoutezEventOptions"],
  ["GATEWAYZ", "GatewayzEventOptions"],
  ["LEAFZ", "LeafzEventOptions"],
  ["ACCOUNTZ", "AccountzEventOptions"],
  ["JSZ", "JszEventOptions"],
  ["HEALTHZ", "HealthzEventOptions"],
  ["PROFILEZ", "ProfilezEventOptions"],
  ["EXPVARZ", "ExpvarzEventOptions"],
  ["IPQUEUESZ", "IpqueueszEventOptions"],
  ["RAFTZ", "RaftzEventOptions"],
];
const accountPages: readonly (readonly [PageName, string])[] = [
  ["SUBSZ", "SubszEventOptions"],
  ["CONNZ", "ConnzEventOptions"],
  ["LEAFZ", "LeafzEventOptions"],
  ["JSZ", "JszEventOptions"],
  ["INFO", "AccInfoEventOptions"],
];
const accountStatistics = "AccountStatzEventOptions";

export interface RequestParts {
  readonly channel: SystemChannel;
  readonly replies: Replies;
  readonly view: SystemView;
  readonly controls: SystemControls;
  readonly pages: PageSource;
  readonly statistics: ServerStatistics;
  readonly counts: AccountCounts;
}

type Handle = (message: PassingMessage) => void;

export class SystemRequests implements Disposable {
  readonly #parts: RequestParts;
  readonly #subscriptions: DisposableStack = new DisposableStack();

  constructor(parts: RequestParts) {
    this.#parts = parts;
    this.#listenForServer();
    this.#listenForAccounts();
    this.#listenForControl();
  }

  [Symbol.dispose](): void {
    this.#subscriptions.dispose();
  }

  #listenForServer(): void {
    this.#on("$SYS.REQ.SERVER.PING", (message) => this.#parts.statistics.answer(message));
    this.#onServer("STATSZ", (message) => this.#parts.statistics.answer(message));
    this.#onServer("IDZ", (message) => this.#answerIdentity(message));
    for (const [page, type] of serverPages) {
      this.#onServer(page, (message) => this.#answerPage(message, page, type, null));
    }
  }

  #listenForAccounts(): void {
    for (const [page, type] of accountPages) {
      this.#on(`$SYS.REQ.ACCOUNT.*.${page}`, (message) =>
        this.#answerPage(message, page, type, accountOf(message)),
      );
    }
    this.#on("$SYS.REQ.ACCOUNT.*.STATZ", (message) => {
      const account = accountOf(message);
      this.#answerPage(
        message,
        "STATZ",
        accountStatistics,
        account === everyAccount ? null : account,
      );
    });
    this.#on("$SYS.REQ.ACCOUNT.*.CONNS", (message) => this.#answerCounts(message));
  }

  #listenForControl(): void {
    const { id } = this.#parts.view.identity();
    const { controls } = this.#parts;
    this.#on(`$SYS.REQ.SERVER.${id}.RELOAD`, (message) =>
      this.#answer(message, filterType, () => outcomeOf(controls.reload())),
    );
    this.#on(`$SYS.REQ.SERVER.${id}.KICK`, (message) =>
      this.#answerForConnection(message, (connection) => controls.kick(connection)),
    );
    this.#on(`$SYS.REQ.SERVER.${id}.LDM`, (message) =>
      this.#answerForConnection(message, (connection) => controls.sendLameDuck(connection)),
    );
  }

  #onServer(name: string, handle: Handle): void {
    const { id } = this.#parts.view.identity();
    this.#on(`$SYS.REQ.SERVER.${id}.${name}`, handle);
    this.#on(`$SYS.REQ.SERVER.PING.${name}`, handle);
  }

  #on(subject: string, handle: Handle): void {
    const subscriber: Subscriber = { deliver: handle };
    this.#subscriptions.use(this.#parts.channel.subscribe(subject, subscriber));
  }

  #answerPage(request: Request, page: PageName, type: string, account: string | null): void {
    this.#answer(request, type, (options) => this.#parts.pages.render(page, options, account));
  }

  #answerIdentity(request: Request): void {
    if (request.reply !== "") {
      const { name, host, id } = this.#parts.view.identity();
      this.#parts.replies.sendBare(request, goJson({ name, host, id }));
    }
  }

  #answerCounts(request: Request): void {
    const account = accountOf(request);
    const options = new OptionReader("accNumConnsReq", request.body);
    const named = options.text("acc");
    const isAbout = options.error === null && (named === "" || named === account);
    const traffic = this.#parts.view.accountTraffic(account);
    if (request.reply !== "" && isAbout && traffic && traffic.connections > 0) {
      this.#parts.counts.announce(account, [request.reply]);
    }
  }

  /** A request that names no connection is not answered at all. */
  #answerForConnection(request: Request, act: (connection: number) => string | null): void {
    const options = new OptionReader("KickClientReq", request.body);
    const connection = options.unsigned("cid");
    if (request.body.length > 0 && options.error === null) {
      this.#answer(request, filterType, () => outcomeOf(act(connection)));
    }
  }

  #answer(
    request: Request,
    type: string,
    render: (options: OptionReader) => PageReply | null,
  ): void {
    if (request.reply === "") {
      return;
    }
    const { replies, view } = this.#parts;
    const options = new OptionReader(type, request.body);
    const isConcerned = concerns(view.identity(), options);
    const reply = options.error === null && isConcerned ? render(options) : null;
    if (options.error !== null) {
      replies.send(request, { error: { code: badRequest, description: options.error } });
    } else if (isConcerned && reply === null) {
      replies.send(request, {});
    } else if (reply?.kind === "data") {
      replies.send(request, { data: reply.data });
    } else if (reply?.kind === "refused") {
      const error = { code: failed, description: reply.description };
      replies.send(request, type === filterType ? { error } : { data: null, error });
    }
  }
}

function accountOf(request: Request): string {
  return readableText(request.subject.split(".")[accountToken] ?? "");
}

/** Null for a deed that went well: there is nothing to show. */
function outcomeOf(error: string | null): PageReply | null {
  return error === null ? null : { kind: "refused", description: error };
}
