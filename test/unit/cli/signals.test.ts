import { describe, expect, test } from "bun:test";
import { ServerError } from "../../../src/base/server-error.ts";
import {
  handleSignals,
  type ProcessTable,
  type Steered,
  sendSignal,
} from "../../../src/cli/signals.ts";
import type { Log } from "../../../src/ports/log.ts";

class RecordingServer implements Steered {
  isLameDuck = false;
  refusal: string | null = null;
  readonly calls: string[] = [];

  reload(): void {
    this.calls.push("reload");
    if (this.refusal !== null) {
      throw new ServerError("CONFIG", this.refusal);
    }
  }

  lameDuck(): void {
    this.calls.push("lameDuck");
  }

  reopenLog(): void {
    this.calls.push("reopenLog");
  }

  stop(): Promise<void> {
    this.calls.push("stop");
    return Promise.resolve();
  }
}

function steer(): { server: RecordingServer; lines: string[]; raise: (name: string) => void } {
  const lines: string[] = [];
  const say = (text: string): void => {
    lines.push(text);
  };
  const log: Log = {
    isDebug: false,
    isTrace: false,
    notice: say,
    warn: say,
    error: say,
    fatal: say,
    debug: say,
    trace: say,
  };
  const actions = new Map<string, () => void>();
  const server = new RecordingServer();
  handleSignals({ on: (name, action) => actions.set(name, action) }, server, log);
  return { server, lines, raise: (name) => actions.get(name)?.() };
}

describe("a signal to this process", () => {
  test("is named in the log and does what it stands for", () => {
    const { server, lines, raise } = steer();
    for (const name of ["SIGHUP", "SIGUSR1", "SIGUSR2", "SIGINT", "SIGTERM"]) {
      raise(name);
    }
    expect(server.calls).toEqual(["reload", "reopenLog", "lameDuck", "stop", "stop"]);
    expect(lines).toEqual([
      'Trapped "hangup" signal',
      'Trapped "user defined signal 1" signal',
      'Trapped "user defined signal 2" signal',
      'Trapped "interrupt" signal',
      'Trapped "terminated" signal',
    ]);
  });

  test("to terminate does not hurry a server that is already leaving", () => {
    const { server, raise } = steer();
    server.isLameDuck = true;
    raise("SIGTERM");
    expect(server.calls).toEqual([]);
    raise("SIGINT");
    expect(server.calls).toEqual(["stop"]);
  });

  test("to reload that is refused leaves a line in the log", () => {
    const { server, lines, raise } = steer();
    server.refusal = "no such file";
    raise("SIGHUP");
    expect(lines[1]).toBe("Failed to reload server configuration: no such file");
  });
});

function tableOf(parts: Partial<ProcessTable>): { table: ProcessTable; sent: string[] } {
  const sent: string[] = [];
  const table: ProcessTable = {
    program: "nats-server",
    others: () => [],
    send: (pid, signal) => {
      sent.push(`${pid} ${signal}`);
      return null;
    },
    read: () => null,
    ...parts,
  };
  return { table, sent };
}

describe("a signal to a running server", () => {
  test("goes to the process id that was given", () => {
    const { table, sent } = tableOf({});
    for (const command of ["stop", "quit", "term", "reopen", "reload", "ldm"]) {
      expect(sendSignal(`${command}=7`, table).ok).toBe(true);
    }
    expect(sent).toEqual([
      "7 SIGKILL",
      "7 SIGINT",
      "7 SIGTERM",
      "7 SIGUSR1",
      "7 SIGHUP",
      "7 SIGUSR2",
    ]);
  });

  test("goes to the process id in a file", () => {
    const { table, sent } = tableOf({ read: (path) => (path === "a.pid" ? "12" : null) });
    sendSignal("quit=a.pid", table);
    expect(sent).toEqual(["12 SIGINT"]);
  });

  test("finds the only running server, or all that a pattern names", () => {
    const one = tableOf({ others: () => [31] });
    sendSignal("ldm", one.table);
    expect(one.sent).toEqual(["31 SIGUSR2"]);
    const many = tableOf({ others: () => [31, 32, 41] });
    sendSignal("ldm=3*", many.table);
    expect(many.sent).toEqual(["31 SIGUSR2", "32 SIGUSR2"]);
  });

  test("is refused in the words of the reference", () => {
    const refusal = (request: string, parts: Partial<ProcessTable>): unknown => {
      const result = sendSignal(request, tableOf(parts).table);
      return result.ok ? null : result.refusal;
    };
    expect(refusal("ldm=abc", {})).toBe("invalid pid: abc");
    expect(refusal("ldm=1=2=3", {})).toBe("invalid signal parameters: [2 3]");
    expect(refusal("ldm", {})).toBe("no nats-server processes running");
    expect(refusal("foo=5", {})).toBe('unknown signal "foo"');
    expect(refusal("ldm", { others: () => [1, 2] })).toBe(
      "multiple nats-server processes running:\n1\n2",
    );
    expect(refusal("ldm", { others: () => null })).toBe("unable to resolve pid, try providing one");
    expect(refusal("ldm=99999", { send: () => "no such process" })).toBe(
      '\nsignal "ldm" 99999: no such process',
    );
  });
});
