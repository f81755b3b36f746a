// Which request is served by whom: one table of subjects, and the queues in front of it, so that a flood of requests
// neither starves messages nor grows without end. It knows nothing of what requests do.

import { goJson } from "../../base/go-json.ts";
import { goTime } from "../../base/go-time.ts";
import type { PassingMessage } from "../../broker/message.ts";
import { apiErrors } from "../api-error.ts";
import { accountInfo, purgeAccount } from "./account.ts";
import { type AnswerForm, ApiCall } from "./api-call.ts";
import type { ApiAccount, ApiContext } from "./api-context.ts";
import { needsCluster } from "./cluster.ts";
import { createConsumer, createDurable } from "./consumer-create.ts";
import {
  consumerInfo,
  consumerList,
  consumerNames,
  deleteConsumer,
  pauseConsumer,
  resetConsumer,
  unpinConsumer,
} from "./consumers.ts";
import { zeroTime } from "./stream-info.ts";
import { streamList, streamNames } from "./stream-lists.ts";
import { deleteMessage, getMessage } from "./stream-messages.ts";
import { restoreStream, snapshotStream } from "./stream-snapshots.ts";
import { createStream, deleteStream, purgeStream, streamInfo, updateStream } from "./streams.ts";

interface Route extends AnswerForm {
  /** Behind "API."; "*" is one token, ">" at least one. */
  readonly pattern: string;
  readonly serve: (call: ApiCall) => void;
  /** Asks only: served when nothing else waits. */
  readonly isInfo?: boolean;
  /** Served in the system account alone. */
  readonly isSystem?: boolean;
}

const noPage = { total: 0, offset: 0, limit: 0 };
const noStreams = { ...noPage, streams: [] };
const noConsumers = { ...noPage, consumers: [] };
const notPaused = { paused: false, pause_until: zeroTime };

const routes: readonly Route[] = [
  { pattern: "INFO", type: "account_info", serve: accountInfo, isInfo: true },
  { pattern: "STREAM.CREATE.*", type: "stream_create", serve: createStream },
  { pattern: "STREAM.UPDATE.*", type: "stream_update", serve: updateStream },
  {
    pattern: "STREAM.NAMES",
    type: "stream_names",
    serve: streamNames,
    always: noStreams,
    isInfo: true,
  },
  {
    pattern: "STREAM.LIST",
    type: "stream_list",
    serve: streamList,
    always: noStreams,
    isInfo: true,
  },
  {
    pattern: "STREAM.INFO.*",
    type: "stream_info",
    serve: streamInfo,
    always: noPage,
    isInfo: true,
  },
  { pattern: "STREAM.DELETE.*", type: "stream_delete", serve: deleteStream },
  { pattern: "STREAM.PURGE.*", type: "stream_purge", serve: purgeStream, always: { purged: 0 } },
  { pattern: "STREAM.MSG.GET.*", type: "stream_msg_get", serve: getMessage },
  { pattern: "STREAM.MSG.DELETE.*", type: "stream_msg_delete", serve: deleteMessage },
  {
    pattern: "STREAM.SNAPSHOT.*",
    type: "stream_snapshot",
    serve: snapshotStream,
    isAnnounced: true,
  },
  {
    pattern: "STREAM.RESTORE.*",
    type: "stream_restore",
    serve: restoreStream,
    always: { deliver_subject: "" },
    isAnnounced: true,
  },
  { pattern: "STREAM.PEER.REMOVE.*", type: "stream_remove_peer", serve: needsCluster },
  { pattern: "STREAM.PEER.EVACUATE.*", type: "stream_evacuate_peer", serve: needsCluster },
  { pattern: "STREAM.CANCEL_MOVE.*", type: "stream_cancel_move", serve: needsCluster },
  { pattern: "STREAM.LEADER.STEPDOWN.*", type: "stream_leader_stepdown", serve: needsCluster },
  { pattern: "CONSUMER.CREATE.>", type: "consumer_create", serve: createConsumer },
  { pattern: "CONSUMER.DURABLE.CREATE.*.*", type: "consumer_create", serve: createDurable },
  {
    pattern: "CONSUMER.NAMES.*",
    type: "consumer_names",
    serve: consumerNames,
    always: noConsumers,
    isInfo: true,
  },
  {
    pattern: "CONSUMER.LIST.*",
    type: "consumer_list",
    serve: consumerList,
    always: noConsumers,
    isInfo: true,
  },
  { pattern: "CONSUMER.INFO.*.*", type: "consumer_info", serve: consumerInfo, isInfo: true },
  { pattern: "CONSUMER.DELETE.*.*", type: "consumer_delete", serve: deleteConsumer },
  {
    pattern: "CONSUMER.PAUSE.*.*",
    type: "consumer_pause",
    serve: pauseConsumer,
    always: notPaused,
  },
  { pattern: "CONSUMER.UNPIN.*.*", type: "consumer_unpin", serve: unpinConsumer },
  {
    pattern: "CONSUMER.RESET.*.*",
    type: "consumer_reset",
    serve: resetConsumer,
    always: { reset_seq: 0 },
  },
  {
    pattern: "CONSUMER.LEADER.STEPDOWN.*.*",
    type: "consumer_leader_stepdown",
    serve: needsCluster,
  },
  { pattern: "ACCOUNT.PURGE.*", type: "account_purge", serve: purgeAccount, isSystem: true },
  {
    pattern: "ACCOUNT.STREAM.MOVE.*.*",
    type: "stream_update",
    serve: needsCluster,
    isSystem: true,
  },
  {
    pattern: "ACCOUNT.STREAM.CANCEL_MOVE.*.*",
    type: "stream_update",
    serve: needsCluster,
    isSystem: true,
  },
  {
    pattern: "META.LEADER.STEPDOWN",
    type: "meta_leader_stepdown",
    serve: needsCluster,
    isSystem: true,
  },
  { pattern: "META.RESCUE", type: "meta_rescue", serve: needsCluster, isSystem: true },
  { pattern: "SERVER.REMOVE", type: "meta_server_remove", serve: needsCluster, isSystem: true },
  { pattern: "SERVER.EVACUATE", type: "meta_server_evacuate", serve: needsCluster, isSystem: true },
];

/** What matches no route, though it looks like a request. */
const unknownRequest: Route = {
  pattern: ">",
  type: "system",
  serve: (call) => call.refuse(apiErrors.badRequest),
};

/** In the system account, a request that belongs to some other one. */
const foreignRequest: Route = {
  pattern: ">",
  type: "system",
  serve: (call) => call.refuse(apiErrors.notEnabledForAccount),
};

/**
 * What the API listens to, behind "API.". Pulls and direct reads are not among it: consumers and streams listen to
 * those themselves, and where none does, clients are told that nobody responds.
 */
const ownSubjects: readonly string[] = [
  "INFO",
  "STREAM.>",
  ...[
    "CREATE",
    "DURABLE",
    "NAMES",
    "LIST",
    "INFO",
    "DELETE",
    "PAUSE",
    "UNPIN",
    "RESET",
    "LEADER",
  ].map((verb) => `CONSUMER.${verb}.>`),
];
const systemSubjects: readonly string[] = ["ACCOUNT.>", "META.>", "SERVER.>"];

const limitAdvisorySubject = "$JS.EVENT.ADVISORY.API.LIMIT_REACHED";
const limitAdvisoryType = "io.nats.jetstream.advisory.v1.api_limit_reached";
/** So long requests are served in one turn; what is left waits for the next, behind everybody's messages. */
const turnBudgetMillis = 5;

interface Waiting {
  readonly route: Route;
  readonly call: ApiCall;
}

export class ApiRouter {
  readonly #context: ApiContext;
  readonly #routes: Map<string, readonly Route[]> = new Map();
  readonly #open: Map<ApiAccount, Disposable> = new Map();
  #waiting: Waiting[] = [];
  #waitingInfos: Waiting[] = [];
  /** When the first request of this turn was served; null: none was. */
  #turnStartMillis: number | null = null;

  constructor(context: ApiContext) {
    this.#context = context;
    for (const route of routes) {
      const [first = ""] = route.pattern.split(".");
      this.#routes.set(first, [...(this.#routes.get(first) ?? []), route]);
    }
  }

  /** Listens to an account's requests, under the name of the domain too. */
  open(account: ApiAccount): void {
    this.close(account);
    const { domain } = this.#context;
    const prefixes = ["$JS.API.", ...(domain === "" ? [] : [`$JS.${domain}.API.`])];
    const subjects = account.isSystem ? [...ownSubjects, ...systemSubjects] : ownSubjects;
    const subscriptions = new DisposableStack();
    for (const prefix of prefixes) {
      const skipped = prefix.split(".").length - 1;
      const deliver = (message: PassingMessage): void => this.#take(account, message, skipped);
      for (const subject of subjects) {
        subscriptions.use(account.outlet.subscribe(`${prefix}${subject}`, { deliver }));
      }
    }
    if (domain !== "") {
      subscriptions.use(forwardPulls(account, `$JS.${domain}.API.CONSUMER.MSG.NEXT.`));
    }
    this.#open.set(account, subscriptions);
  }

  /** What was taken already is still served. */
  close(account: ApiAccount): void {
    this.#open.get(account)?.[Symbol.dispose]();
    this.#open.delete(account);
  }

  #take(account: ApiAccount, message: PassingMessage, skipped: number): void {
    const tokens = message.subject.split(".").slice(skipped);
    const route = this.#routeOf(account, tokens);
    const call = new ApiCall(this.#context, account, route, tokens, message);
    if (this.#hasTime() && this.#waiting.length + this.#waitingInfos.length === 0) {
      route.serve(call);
    } else {
      this.#enqueue({ route, call });
    }
  }

  #routeOf(account: ApiAccount, tokens: readonly string[]): Route {
    const found = this.#routes.get(tokens[0] ?? "")?.find(({ pattern }) => fits(pattern, tokens));
    if (account.isSystem && found?.isSystem !== true && tokens[0] !== "INFO") {
      return foreignRequest;
    }
    return found ?? unknownRequest;
  }

  /** Also makes sure that the turn's end is seen. */
  #hasTime(): boolean {
    const { clock, timers } = this.#context;
    if (this.#turnStartMillis === null) {
      this.#turnStartMillis = clock.monotonicMillis();
      timers.endOfTurn(() => this.#nextTurn());
      return true;
    }
    return clock.monotonicMillis() - this.#turnStartMillis < turnBudgetMillis;
  }

  #nextTurn(): void {
    this.#turnStartMillis = null;
    while (this.#waiting.length + this.#waitingInfos.length > 0 && this.#hasTime()) {
      const next = this.#waiting.shift() ?? this.#waitingInfos.shift();
      next?.route.serve(next.call);
    }
  }

  #enqueue(waiting: Waiting): void {
    const { requestQueueLimit, infoQueueLimit } = this.#context;
    const isInfo = waiting.route.isInfo === true;
    const queue = isInfo ? this.#waitingInfos : this.#waiting;
    queue.push(waiting);
    if (queue.length < (isInfo ? infoQueueLimit : requestQueueLimit)) {
      return;
    }
    if (isInfo) {
      this.#waitingInfos = [];
    } else {
      this.#waiting = [];
    }
    for (const { call } of queue) {
      call.drop();
    }
    this.#tellDropped(queue.length, isInfo);
  }

  #tellDropped(dropped: number, isInfo: boolean): void {
    const { log, systemOutlet, clock, serverName, domain } = this.#context;
    const name = isInfo ? "JetStream API info queue" : "JetStream API queue";
    log.warn(`${name} limit reached, dropping ${dropped} requests`);
    if (systemOutlet.hasInterest(limitAdvisorySubject)) {
      const advisory = {
        type: limitAdvisoryType,
        id: this.#context.newId(),
        timestamp: goTime(clock.wallNanos()),
        server: serverName,
        domain: domain === "" ? undefined : domain,
        dropped,
      };
      systemOutlet.publish(limitAdvisorySubject, goJson(advisory));
    }
  }
}

/**
 * Pulls under the name of the domain go on to where consumers hear them, in the name of who sent them. One subscription
 * for all: consumers, which may be many, have none of their own for it.
 */
function forwardPulls(account: ApiAccount, prefix: string): Disposable {
  const { outlet } = account;
  const deliver = (message: PassingMessage): void => {
    const { subject, reply, origin } = message;
    const headers = message.headers.slice();
    const to = `$JS.API.CONSUMER.MSG.NEXT.${subject.slice(prefix.length)}`;
    outlet.publish(to, message.body.slice(), { reply, headers, origin });
  };
  return outlet.subscribe(`${prefix}>`, { deliver });
}

function fits(pattern: string, tokens: readonly string[]): boolean {
  const wanted = pattern.split(".");
  const hasTail = wanted.at(-1) === ">";
  const isLongEnough = hasTail ? tokens.length >= wanted.length : tokens.length === wanted.length;
  return (
    isLongEnough &&
    wanted.every((token, at) => token === "*" || token === ">" || token === tokens[at])
  );
}
