// What Bun knows of the process: memory, processor time, names.

import { availableParallelism, hostname, totalmem } from "node:os";
import { basename } from "node:path";
import type { ProcessInfo } from "../ports/process.ts";

/** A compiled program's main file stands in a file system that only it sees. */
function isCompiled(): boolean {
  return /^(?:\/\$bunfs\/|[A-Za-z]:[\\/]~BUN)/.test(Bun.main);
}

/** The name of the compiled program, whatever it was renamed to, or of the script that Bun runs. */
function nameOfExecutable(nameFromSource: string | undefined): string {
  if (isCompiled()) {
    return basename(process.execPath);
  }
  return nameFromSource ?? basename(process.argv[1] ?? "bun").replace(/\.[cm]?[jt]sx?$/, "");
}

export class BunProcess implements ProcessInfo {
  readonly pid: number = process.pid;
  readonly executableName: string;
  readonly hostName: string = hostname();
  readonly cores: number = availableParallelism();
  readonly memoryBytes: number = memoryBytes();
  #usedMicros: number;
  #atMillis: number = performance.now();

  /** `nameFromSource` is what the program is called while Bun runs it from source. */
  constructor(nameFromSource?: string) {
    this.executableName = nameOfExecutable(nameFromSource);
    this.#usedMicros = usedMicros();
  }

  residentBytes(): number {
    return process.memoryUsage.rss();
  }

  cpuPercent(): number {
    const used = usedMicros();
    const now = performance.now();
    const elapsedMicros = (now - this.#atMillis) * 1000;
    const percent = elapsedMicros > 0 ? ((used - this.#usedMicros) / elapsedMicros) * 100 : 0;
    this.#usedMicros = used;
    this.#atMillis = now;
    return percent;
  }

  /** Other running processes of that name; null when they cannot be found out. */
  othersNamed(name: string): readonly number[] | null {
    try {
      const found = Bun.spawnSync(["pgrep", name], { stdin: "ignore", stderr: "ignore" });
      const pids = found.stdout.toString().split("\n").filter(Boolean).map(Number);
      return pids.filter((pid) => pid !== this.pid);
    } catch {
      return null;
    }
  }

  environment(name: string): string | undefined {
    return process.env[name];
  }
}

/** Without a limit the system names one beyond any machine. */
function memoryBytes(): number {
  const held = process.constrainedMemory();
  return held > 0 && held < totalmem() ? held : totalmem();
}

function usedMicros(): number {
  const usage = process.cpuUsage();
  return usage.user + usage.system;
}
