// /healthz: whether the server serves. It knows no streams yet: questions about them are only checked for sense.

import type { ServerView } from "../server-view.ts";

const ok = 200;
const badRequest = 400;
const internalError = 500;

export interface HealthzOptions {
  readonly account: string;
  readonly stream: string;
  readonly consumer: string;
  readonly hasDetails: boolean;
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

export function healthz(view: ServerView, options: HealthzOptions): Health {
  const { account, stream, consumer } = options;
  if (account === "" && stream !== "") {
    return trouble(options, badRequest, "BAD_REQUEST", missing("account", "stream"));
  }
  if (stream === "" && consumer !== "") {
    return trouble(options, badRequest, "BAD_REQUEST", missing("stream", "consumer"));
  }
  const notReady = view.notReady();
  return notReady === null
    ? { code: ok, body: { status: "ok" } }
    : trouble(options, internalError, "CONNECTION", notReady);
}

function missing(what: string, checked: string): string {
  return `${JSON.stringify(what)} must not be empty when checking ${checked} health`;
}

function trouble(options: HealthzOptions, code: number, type: string, error: string): Health {
  const status = "error";
  return {
    code,
    body: options.hasDetails ? { status, errors: [{ type, error }] } : { status, error },
  };
}
