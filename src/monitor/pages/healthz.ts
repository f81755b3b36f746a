// /healthz: whether the server serves, and whether streams and consumers are there and take what they are given.

import type { ApiAccount } from "../../jetstream/api/api-context.ts";
import type { JetStreamView, ServerView } from "../server-view.ts";

const ok = 200;
const badRequest = 400;
const notFound = 404;
const internalError = 500;
const serviceUnavailable = 503;
const unavailable = "unavailable";

export interface HealthzOptions {
  readonly account: string;
  readonly stream: string;
  readonly consumer: string;
  readonly hasDetails: boolean;
  /** Only that JetStream is on. */
  readonly isEnabledOnly: boolean;
  /** Nothing of JetStream. */
  readonly isServerOnly: boolean;
}

export interface Health {
  readonly code: number;
  readonly body: HealthBody;
}

export interface HealthBody {
  readonly status: string;
  readonly error?: string;
  readonly errors?: readonly object[];
}

/** What is not well, and whose. */
interface Trouble {
  readonly type: string;
  readonly account?: string;
  readonly stream?: string;
  readonly consumer?: string;
  readonly error: string;
}

const well: Health = { code: ok, body: { status: "ok" } };

export function healthz(view: ServerView, options: HealthzOptions): Health {
  const { account, stream, consumer } = options;
  const misuse = (what: string, checked: string): Health =>
    unwell(options, badRequest, "error", [{ type: "BAD_REQUEST", error: missing(what, checked) }]);
  if (account === "" && stream !== "") {
    return misuse("account", "stream");
  }
  if (stream === "" && consumer !== "") {
    return misuse("stream", "consumer");
  }
  const recovering = options.isServerOnly ? null : recoveryOf(view, options);
  if (recovering !== null) {
    return recovering;
  }
  const notReady = view.notReady();
  if (notReady !== null) {
    return unwell(options, internalError, "error", [{ type: "CONNECTION", error: notReady }]);
  }
  return options.isServerOnly ? well : jetStreamHealth(view, options);
}

/** Until everything is found again nobody is served. */
function recoveryOf(view: ServerView, options: HealthzOptions): Health | null {
  const jetStream = view.jetStream();
  return jetStream === null || jetStream.isRecovered
    ? null
    : jetStreamTrouble(options, "JetStream is still recovering streams");
}

function jetStreamTrouble(options: HealthzOptions, error: string): Health {
  return unwell(options, serviceUnavailable, unavailable, [{ type: "JETSTREAM", error }]);
}

function jetStreamHealth(view: ServerView, options: HealthzOptions): Health {
  if (!view.options().jetStream.isEnabled) {
    return well;
  }
  const jetStream = view.jetStream();
  if (jetStream === null) {
    return jetStreamTrouble(options, "JetStream not enabled (10076)");
  }
  if (options.isEnabledOnly) {
    return well;
  }
  const absence = absenceOf(jetStream, options);
  if (absence !== null) {
    return unwell(options, notFound, unavailable, [absence]);
  }
  const troubles = [...troublesOf(jetStream, options)];
  return troubles.length === 0 ? well : unwell(options, serviceUnavailable, unavailable, troubles);
}

/** What was asked about by name is not there. */
function absenceOf(jetStream: JetStreamView, options: HealthzOptions): Trouble | null {
  const { account, stream, consumer } = options;
  if (account === "") {
    return null;
  }
  const found = jetStream.account(account);
  if (found === null || !found.isEnabled) {
    const error = `JetStream account ${JSON.stringify(account)} not found`;
    return { type: "ACCOUNT", account, error };
  }
  const asset = found.stream(stream);
  const where = `on account ${JSON.stringify(account)}`;
  if (stream !== "" && asset === null) {
    const error = `JetStream stream ${JSON.stringify(stream)} not found ${where}`;
    return { type: "STREAM", account, stream, error };
  }
  if (consumer !== "" && (asset?.consumer(consumer) ?? null) === null) {
    const what = `consumer ${JSON.stringify(consumer)} not found for stream`;
    const error = `JetStream ${what} ${JSON.stringify(stream)} ${where}`;
    return { type: "CONSUMER", account, stream, consumer, error };
  }
  return null;
}

function* troublesOf(jetStream: JetStreamView, options: HealthzOptions): Iterable<Trouble> {
  for (const account of jetStream.accounts) {
    if (options.account === "" || options.account === account.name) {
      yield* troublesOfAccount(account, options.stream);
    }
  }
  for (const { account, stream, reason } of jetStream.failures) {
    const isAsked = options.account === "" || options.account === account;
    if (isAsked && (options.stream === "" || options.stream === stream)) {
      const error = `JetStream stream '${account} > ${stream}' write error: ${reason}`;
      yield { type: "STREAM", account, stream, error };
    }
  }
}

function* troublesOfAccount(account: ApiAccount, only: string): Iterable<Trouble> {
  for (const { access, offlineReason } of account.streams()) {
    const { name: stream } = access;
    if ((only === "" || only === stream) && offlineReason !== "") {
      const where = `'${account.name} > ${stream}'`;
      const error = `JetStream stream ${where} could not be recovered: ${offlineReason}`;
      yield { type: "STREAM", account: account.name, stream, error };
    }
  }
}

function missing(what: string, checked: string): string {
  return `${JSON.stringify(what)} must not be empty when checking ${checked} health`;
}

/** Without details only the first trouble is told. */
function unwell(
  options: HealthzOptions,
  code: number,
  status: string,
  troubles: readonly Trouble[],
): Health {
  if (options.hasDetails) {
    return { code, body: { status: "error", errors: troubles } };
  }
  return { code, body: { status, error: troubles[0]?.error ?? "" } };
}
