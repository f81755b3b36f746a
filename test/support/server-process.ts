// The real program as a child process on a free port, for tests that look at it from outside.
// MIDGE_SERVER names another executable to test (dist/midge, or a reference); by default it runs from source.

import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { waitUntil, within } from "./wait-until.ts";

const root: string = resolve(import.meta.dir, "..", "..");
const startLimitMillis = 15_000;

/** The command line of the program under test. */
export function serverCommand(): readonly string[] {
  const other = process.env["MIDGE_SERVER"];
  return other === undefined || other === ""
    ? [process.execPath, join(root, "src", "cli", "main.ts")]
    : [resolve(other)];
}

export interface StartOptions {
  /** Text of the configuration file; without it none is given. */
  readonly config?: string;
  /** Flags beside `-p`, `-a` and `--ports_file_dir`. */
  readonly flags?: readonly string[];
  /** A fixed port instead of a free one. */
  readonly port?: number;
  /** Serves the monitoring pages too, on a free port. */
  readonly monitoring?: boolean;
  /** Soft and hard limit of open files. */
  readonly fileLimit?: number;
  /** Another program than `serverCommand()`. */
  readonly command?: readonly string[];
  /** How long the start may take. */
  readonly limitMillis?: number;
}

interface PortsFile {
  readonly nats?: readonly string[];
  readonly monitoring?: readonly string[];
  readonly websocket?: readonly string[];
}

export class ServerProcess implements AsyncDisposable {
  readonly port: number;
  readonly monitoringPort: number;
  readonly websocketPort: number;
  readonly folder: string;
  readonly #child: Bun.Subprocess;

  private constructor(child: Bun.Subprocess, folder: string, ports: PortsFile) {
    this.#child = child;
    this.folder = folder;
    this.port = portOf(ports.nats?.[0]);
    this.monitoringPort = portOf(ports.monitoring?.[0]);
    this.websocketPort = portOf(ports.websocket?.[0]);
  }

  static async start(options: StartOptions = {}): Promise<ServerProcess> {
    const folder = mkdtempSync(join(tmpdir(), "midge-test-"));
    const child = spawn(options, folder);
    try {
      const ports = await waitUntil(
        "the ports file",
        () => {
          if (child.exitCode !== null) {
            throw new Error(`the server ended with ${child.exitCode}: ${readLog(folder)}`);
          }
          return readPorts(folder);
        },
        options.limitMillis ?? startLimitMillis,
      );
      return new ServerProcess(child, folder, ports);
    } catch (cause) {
      child.kill("SIGKILL");
      await child.exited;
      const text = readLog(folder);
      rmSync(folder, { recursive: true, force: true });
      throw new Error(`the server did not start: ${text}`, { cause });
    }
  }

  get pid(): number {
    return this.#child.pid;
  }

  get url(): string {
    return `nats://127.0.0.1:${this.port}`;
  }

  get websocketUrl(): string {
    return `ws://127.0.0.1:${this.websocketPort}`;
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** All that it wrote to stderr and stdout. */
  log(): string {
    return readLog(this.folder);
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** Its exit code, once it has ended. */
  exited(limitMillis = 5000): Promise<number> {
    return within("the end of the server", this.#child.exited, limitMillis);
  }

  /** Resident memory. */
  memoryBytes(): number {
    const status = readFileSync(`/proc/${this.pid}/status`, "utf8");
    const kibibytes = /^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? "0";
    return Number(kibibytes) * 1024;
  }

  /** How many of its file descriptors are sockets. */
  openSockets(): number {
    const folder = `/proc/${this.pid}/fd`;
    return readdirSync(folder).filter((name) => {
      try {
        return readlinkSync(join(folder, name)).startsWith("socket:");
      } catch {
        return false;
      }
    }).length;
  }

  /** A monitoring page as decoded JSON. */
  async page(path: string): Promise<Record<string, unknown>> {
    const answer = await fetch(`http://127.0.0.1:${this.monitoringPort}${path}`);
    return (await answer.json()) as Record<string, unknown>;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.isRunning) {
      this.#child.kill("SIGTERM");
      try {
        await this.exited(3000);
      } catch {
        this.#child.kill("SIGKILL");
        await this.#child.exited;
      }
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export interface ProgramResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the program to its end; one that serves instead is killed when the time is over. */
export async function runProgram(
  flags: readonly string[],
  cwd: string,
  limitMillis = 8000,
): Promise<ProgramResult> {
  const child = Bun.spawn([...serverCommand(), ...flags], {
    cwd,
    stdio: ["ignore", "pipe", "pipe"],
    timeout: limitMillis,
    killSignal: "SIGKILL",
  });
  const [stdout, stderr, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { code, stdout, stderr };
}

function spawn(options: StartOptions, folder: string): Bun.Subprocess {
  const flags = ["-a", "127.0.0.1", "-p", String(options.port ?? -1), "--ports_file_dir", folder];
  if (options.monitoring === true) {
    flags.push("-m", "-1");
  }
  if (options.config !== undefined) {
    const path = join(folder, "server.conf");
    writeFileSync(path, options.config);
    flags.push("-c", path);
  }
  const command = [...(options.command ?? serverCommand()), ...flags, ...(options.flags ?? [])];
  const limited =
    options.fileLimit === undefined
      ? command
      : ["/bin/sh", "-c", `ulimit -n ${options.fileLimit}; exec "$@"`, "sh", ...command];
  const log = Bun.file(join(folder, "server.log"));
  return Bun.spawn(limited, { stdio: ["ignore", log, log], cwd: folder });
}

function readPorts(folder: string): PortsFile | null {
  const name = readdirSync(folder).find((entry) => entry.endsWith(".ports"));
  if (name === undefined) {
    return null;
  }
  try {
    return JSON.parse(readFileSync(join(folder, name), "utf8")) as PortsFile;
  } catch {
    return null;
  }
}

function readLog(folder: string): string {
  try {
    return readFileSync(join(folder, "server.log"), "utf8");
  } catch {
    return "";
  }
}

function portOf(address: string | undefined): number {
  return Number(address?.split(":").at(-1) ?? 0);
}
