#!/usr/bin/env bun
// The program: from the words of the command line to a running server and its exit code.

import { ServerError } from "../base/server-error.ts";
import type { Flags } from "../config/flags.ts";
import { configure, type LoadedOptions } from "../config/load.ts";
import type { Options } from "../config/options.ts";
import { BunHost } from "../host/bun-host.ts";
import type { LogSettings } from "../ports/log.ts";
import { Server } from "../server/server.ts";
import { product } from "../server/version.ts";
import { parseArguments, type Request } from "./arguments.ts";
import { handleSignals, type ProcessTable, sendSignal } from "./signals.ts";
import { usage } from "./usage.ts";

const host: BunHost = new BunHost("midge");
const program: string = host.process.executableName;

function print(text: string): 0 {
  process.stdout.write(text);
  return 0;
}

function fail(message: string): 1 {
  process.stderr.write(`${program}: ${message}\n`);
  return 1;
}

const processes: ProcessTable = {
  program,
  others: () => host.process.othersNamed(program),
  send: (pid, signal) => {
    try {
      process.kill(pid, signal);
      return null;
    } catch (failure) {
      const code = failure instanceof Error && "code" in failure ? String(failure.code) : "EINVAL";
      const words: Record<string, string> = {
        ESRCH: "no such process",
        EPERM: "operation not permitted",
      };
      return words[code] ?? code;
    }
  },
  read: (path) => {
    try {
      return host.disk.readText(path);
    } catch {
      return null;
    }
  },
};

/** Throws ServerError with what is wrong with the configuration. */
function readOptions(flags: Flags): LoadedOptions {
  return configure(flags, {
    disk: host.disk,
    environment: (name) => host.process.environment(name),
    crypto: host.crypto,
  });
}

function check(flags: Flags): 0 | 1 {
  if ((flags.config ?? "") === "") {
    return fail("must specify [-c, --config] option to check configuration file syntax");
  }
  const loaded = readOptions(flags);
  const { options, warnings } = loaded;
  if (warnings.length > 0) {
    return fail(warnings.join("\n"));
  }
  // Some faults show only when the accounts are joined.
  makeServer(loaded, null);
  const what = `configuration file ${options.configFile} is valid (${options.configDigest})`;
  process.stderr.write(`${program}: ${what}\n`);
  return 0;
}

/** Throws ServerError; a fault of the accounts names their place in the file. */
function makeServer(loaded: LoadedOptions, reread: (() => Options) | null): Server {
  try {
    return new Server(loaded.options, host, reread);
  } catch (failure) {
    const place = loaded.accountsPlace;
    if (failure instanceof ServerError && failure.code === "accounts" && place !== null) {
      const lines = failure.message.split("\n").map((line) => `${place}: ${line}`);
      throw withMessage(failure, lines.join("\n"));
    }
    throw failure;
  }
}

function withMessage(failure: ServerError, message: string): ServerError {
  return new ServerError(failure.code, message, failure);
}

function openLog(settings: LogSettings): void {
  try {
    host.log.configure(settings);
  } catch (failure) {
    throw failure instanceof ServerError
      ? withMessage(failure, `error opening file: ${failure.message}`)
      : failure;
  }
}

async function serve(flags: Flags): Promise<number> {
  const loaded = readOptions(flags);
  for (const warning of loaded.warnings) {
    process.stderr.write(`${warning}\n`);
  }
  const server = makeServer(loaded, () => readOptions(flags).options);
  openLog(loaded.options.log);
  handleSignals(process, server, host.log);
  try {
    await server.start();
  } catch (failure) {
    if (!(failure instanceof ServerError)) {
      throw failure;
    }
    host.log.fatal(failure.message);
    return 1;
  }
  return server.whenStopped;
}

function answer(request: Request): number | Promise<number> {
  switch (request.kind) {
    case "version":
      return print(`${program}: ${product}\n`);
    case "help":
      return print(usage(program));
    case "tls-help":
      return fail("TLS is not supported yet");
    case "misused":
      process.stderr.write(`${request.message}\n`);
      return print(usage(program));
    case "refused":
      return fail(request.message);
    case "signal": {
      const sent = sendSignal(request.command, processes);
      return sent.ok ? 0 : fail(sent.refusal);
    }
    case "check":
      return check(request.flags);
    case "serve":
      return serve(request.flags);
  }
}

async function main(): Promise<number> {
  try {
    return await answer(parseArguments(process.argv.slice(2)));
  } catch (failure) {
    if (failure instanceof ServerError) {
      return fail(failure.message);
    }
    throw failure;
  }
}

process.exit(await main());
