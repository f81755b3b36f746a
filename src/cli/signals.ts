// Signals in both directions: what this process does on receiving one, and sending one to a server that runs (-sl).

import { accepted, type Result, refused } from "../base/result.ts";
import { ServerError } from "../base/server-error.ts";
import type { Log } from "../ports/log.ts";

/** What a server must offer to be steered by signals. */
export interface Steered {
  readonly isLameDuck: boolean;
  /** Throws ServerError when the new configuration cannot be had; the old one stays in force. */
  reload(): void | Promise<void>;
  lameDuck(): void;
  reopenLog(): void;
  stop(): Promise<void>;
}

type Handled = "SIGINT" | "SIGTERM" | "SIGHUP" | "SIGUSR1" | "SIGUSR2";

const names: Readonly<Record<Handled, string>> = {
  SIGINT: "interrupt",
  SIGTERM: "terminated",
  SIGHUP: "hangup",
  SIGUSR1: "user defined signal 1",
  SIGUSR2: "user defined signal 2",
};

/** What delivers signals; the process itself, or a test. */
export interface SignalSource {
  on(signal: Handled, action: () => void): unknown;
}

export function handleSignals(source: SignalSource, server: Steered, log: Log): void {
  const actions: Readonly<Record<Handled, () => void | Promise<void>>> = {
    SIGINT: () => server.stop(),
    // A server that is already leaving must not be hurried by the supervisor that asked it to leave.
    SIGTERM: () => (server.isLameDuck ? undefined : server.stop()),
    SIGHUP: () => reload(server, log),
    SIGUSR1: () => server.reopenLog(),
    SIGUSR2: () => server.lameDuck(),
  };
  for (const signal of Object.keys(actions) as Handled[]) {
    source.on(signal, () => {
      log.notice(`Trapped "${names[signal]}" signal`);
      void actions[signal]();
    });
  }
}

async function reload(server: Steered, log: Log): Promise<void> {
  try {
    await server.reload();
  } catch (failure) {
    if (!(failure instanceof ServerError)) {
      throw failure;
    }
    log.error(`Failed to reload server configuration: ${failure.message}`);
  }
}

const commands: Readonly<Record<string, string>> = {
  stop: "SIGKILL",
  quit: "SIGINT",
  term: "SIGTERM",
  reopen: "SIGUSR1",
  reload: "SIGHUP",
  ldm: "SIGUSR2",
};

/** The running processes as -sl needs them. */
export interface ProcessTable {
  readonly program: string;
  /** Other processes of this program's name; null when they cannot be found out. */
  others(): readonly number[] | null;
  /** Null when it was sent, else why not. */
  send(pid: number, signal: string): string | null;
  /** The text of a file, null when it cannot be read. */
  read(path: string): string | null;
}

/** Sends what `-sl command[=pid]` asks for; refused with the text to print. */
export function sendSignal(request: string, table: ProcessTable): Result<null, string> {
  const [command = "", target = "", ...rest] = request.split("=");
  if (rest.length > 0) {
    return refused(`invalid signal parameters: [${rest.join(" ")}]`);
  }
  const expression = table.read(target) ?? target;
  const isPattern = expression.endsWith("*");
  const start = isPattern ? expression.slice(0, -1) : expression;
  if (start !== "" && !/^[+-]?\d+$/.test(start)) {
    return refused(`invalid pid: ${start}`);
  }
  const pids = start === "" || isPattern ? table.others() : [Number(start)];
  if (pids === null) {
    return refused("unable to resolve pid, try providing one");
  }
  if (pids.length > 1 && !isPattern) {
    return refused([`multiple ${table.program} processes running:`, ...pids].join("\n"));
  }
  if (pids.length === 0) {
    return refused(`no ${table.program} processes running`);
  }
  const signal = commands[command];
  if (signal === undefined) {
    return refused(`unknown signal ${JSON.stringify(command)}`);
  }
  const failures = pids
    .filter((pid) => String(pid).startsWith(start) || !isPattern)
    .flatMap((pid) => {
      const reason = table.send(pid, signal);
      return reason === null ? [] : [`\nsignal ${JSON.stringify(command)} ${pid}: ${reason}`];
    });
  return failures.length === 0 ? accepted(null) : refused(failures.join(""));
}
