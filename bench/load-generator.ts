// Runs one workload against a server that listens: worker processes do the work, this counts, checks and measures.
// It starts no servers. What it measures includes when it was itself the bottleneck.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { WorkerOrder, WorkerReport, WorkerTask } from "./load-worker.ts";
import type { Workload } from "./workloads.ts";

export interface Measurement {
  /** Published messages, or requests, a second. */
  readonly rate: number;
  /** Delivered messages a second, where there are subscribers. */
  readonly deliveredRate: number;
  /** The server's processor time for each published message or request, in microseconds; NaN where unknown. */
  readonly serverMicros: number;
  readonly p50: number;
  readonly p99: number;
  readonly lost: number;
  readonly faults: number;
  /** The share of one core that the busiest generator process used. */
  readonly generatorLoad: number;
  /** Cores that the server used. */
  readonly serverLoad: number;
}

const readyLimitMillis = 20_000;

class Worker {
  readonly #child: Bun.Subprocess;
  readonly #waiting: Map<WorkerReport["kind"], (report: WorkerReport) => void> = new Map();
  readonly #early: WorkerReport[] = [];

  constructor() {
    this.#child = Bun.spawn([process.execPath, join(import.meta.dir, "load-worker.ts")], {
      stdio: ["ignore", "inherit", "inherit"],
      ipc: (report: WorkerReport) => this.#take(report),
    });
  }

  #take(report: WorkerReport): void {
    const waiting = this.#waiting.get(report.kind) ?? this.#waiting.get("failed");
    if (report.kind === "failed") {
      for (const one of this.#waiting.values()) {
        one(report);
      }
      this.#waiting.clear();
    } else if (waiting === undefined) {
      this.#early.push(report);
    } else {
      this.#waiting.delete(report.kind);
      waiting(report);
    }
  }

  tell(order: WorkerOrder): void {
    this.#child.send(order);
  }

  async hear<K extends WorkerReport["kind"]>(
    kind: K,
    limitMillis: number,
  ): Promise<WorkerReport & { kind: K }> {
    const early = this.#early.findIndex((one) => one.kind === kind);
    const heard = Promise.withResolvers<WorkerReport>();
    if (early >= 0) {
      const [report] = this.#early.splice(early, 1);
      if (report !== undefined) {
        heard.resolve(report);
      }
    } else {
      this.#waiting.set(kind, heard.resolve);
    }
    const timer = setTimeout(() => heard.reject(new Error(`no "${kind}"`)), limitMillis);
    const report = await heard.promise.finally(() => clearTimeout(timer));
    if (report.kind === "failed") {
      throw new Error(report.why);
    }
    return report as WorkerReport & { kind: K };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill();
    await this.#child.exited;
  }
}

/** Processor time of a process in microseconds, from its threads' nanoseconds; NaN where the system has no /proc. */
export function processMicros(pid: number): number {
  try {
    const folder = `/proc/${pid}/task`;
    const nanos = readdirSync(folder).map((thread) =>
      Number(readFileSync(join(folder, thread, "schedstat"), "utf8").split(" ")[0] ?? 0),
    );
    return nanos.reduce((sum, one) => sum + one, 0) / 1000;
  } catch {
    return Number.NaN;
  }
}

async function open(task: WorkerTask): Promise<Worker> {
  const worker = new Worker();
  worker.tell({ kind: "task", task });
  try {
    await worker.hear("ready", readyLimitMillis);
  } catch (error) {
    await worker[Symbol.asyncDispose]();
    throw error;
  }
  return worker;
}

async function cpuOf(worker: Worker | null): Promise<number> {
  if (worker === null) {
    return 0;
  }
  worker.tell({ kind: "end" });
  return (await worker.hear("cpu", readyLimitMillis)).micros;
}

export async function measure(
  workload: Workload,
  port: number,
  pid: number,
  millis: number,
): Promise<Measurement> {
  return workload.kind === "request"
    ? await measureRequests(workload, port, pid, millis)
    : await measureFlow(workload, port, pid, millis);
}

async function measureFlow(
  workload: Workload & { kind: "flow" },
  port: number,
  pid: number,
  millis: number,
): Promise<Measurement> {
  const { shape, publishers, subscribers, queue } = workload;
  const one = publishers === 1 && queue === "";
  await using receiver =
    subscribers === 0
      ? null
      : await open({
          kind: "subscribe",
          port,
          connections: subscribers,
          subject: workload.pattern,
          queue,
          shape,
          checksOrder: one,
        });
  await using sender = await open({
    kind: "publish",
    port,
    connections: publishers,
    shape,
    millis,
  });
  const cpuBefore = processMicros(pid);
  const start = performance.now();
  receiver?.tell({ kind: "go" });
  sender.tell({ kind: "go" });
  const published = await sender.hear("published", millis + 30_000);
  const copies = queue === "" ? subscribers : 1;
  const wanted = published.messages * copies;
  let seconds = published.millis / 1000;
  let received = wanted;
  let faults = 0;
  if (receiver !== null) {
    receiver.tell({ kind: "expect", messages: wanted });
    const answer = await receiver.hear("received", 60_000);
    seconds = (performance.now() - start) / 1000;
    ({ messages: received, faults } = answer);
  }
  const serverMicros = processMicros(pid) - cpuBefore;
  const generatorMicros = Math.max(await cpuOf(sender), await cpuOf(receiver));
  return {
    rate: published.messages / seconds,
    deliveredRate: received / seconds,
    serverMicros: serverMicros / published.messages,
    p50: Number.NaN,
    p99: Number.NaN,
    lost: wanted - received,
    faults,
    generatorLoad: generatorMicros / 1e6 / seconds,
    serverLoad: serverMicros / 1e6 / seconds,
  };
}

async function measureRequests(
  workload: Workload & { kind: "request" },
  port: number,
  pid: number,
  millis: number,
): Promise<Measurement> {
  const { size, clients } = workload;
  await using answering = await open({ kind: "respond", port, size });
  await using asking = await open({ kind: "request", port, connections: clients, size, millis });
  const cpuBefore = processMicros(pid);
  const start = performance.now();
  answering.tell({ kind: "go" });
  asking.tell({ kind: "go" });
  const answered = await asking.hear("answered", millis + 30_000);
  const seconds = (performance.now() - start) / 1000;
  const serverMicros = processMicros(pid) - cpuBefore;
  const generatorMicros = Math.max(await cpuOf(asking), await cpuOf(answering));
  const sorted = answered.latencies.toSorted((a, b) => a - b);
  const at = (share: number): number =>
    (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN) * 1000;
  return {
    rate: answered.count / seconds,
    deliveredRate: answered.count / seconds,
    serverMicros: serverMicros / answered.count,
    p50: at(0.5),
    p99: at(0.99),
    lost: answered.count === 0 ? 1 : 0,
    faults: 0,
    generatorLoad: generatorMicros / 1e6 / seconds,
    serverLoad: serverMicros / 1e6 / seconds,
  };
}

/** How fast the generator itself can receive, from a server that sends without end: messages a second. */
export async function measureReceiving(
  workload: Workload & { kind: "flow" },
  port: number,
  messages: number,
): Promise<number> {
  const { shape } = workload;
  await using receiver = await open({
    kind: "subscribe",
    port,
    connections: 1,
    subject: workload.pattern,
    queue: "",
    shape,
    checksOrder: true,
  });
  const start = performance.now();
  receiver.tell({ kind: "expect", messages });
  const answer = await receiver.hear("received", 60_000);
  return (answer.messages / (performance.now() - start)) * 1000;
}
