// Rounds of life and sudden death of one server over one store, from a seed. Between them everything is checked; now and
// then all consumers are drained and the streams emptied, so that a long run checks as much as a short one.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Dice } from "../fuzz/road-dice.ts";
import { ServerProcess, serverCommand } from "../support/server-process.ts";
import { waitUntil } from "../support/wait-until.ts";
import {
  editAssets,
  makeAndRemoveConsumers,
  makeAndRemoveStreams,
  purge,
} from "./kill-administration.ts";
import { checkAll } from "./kill-checks.ts";
import { fetchAndSettle, fetchWhileItLives, takePushed } from "./kill-consumers.ts";
import type { ConsumerLedger } from "./kill-ledger.ts";
import {
  publishBatches,
  publishBursts,
  publishExpecting,
  publishWithIds,
  putKeys,
} from "./kill-publishers.ts";
import { furnish, Round, World } from "./kill-world.ts";

export interface KillOptions {
  readonly kills: number;
  readonly seed: number;
  readonly limitMillis: number;
  /** Streams are compressed, and everything is encrypted. */
  readonly isSealed: boolean;
  /** Rounds between two drainings. */
  readonly stretch: number;
  readonly onRound: (line: string) => void;
}

export interface KillReport {
  readonly kills: number;
  readonly killsWhileStarting: number;
  readonly cleanEnds: number;
  readonly slowestStartMillis: number;
  readonly faults: readonly string[];
  readonly counts: Readonly<Record<string, number>>;
  /** Lines of the server's logs that speak of damage or a fault of its own. */
  readonly complaints: readonly string[];
}

export async function killOver(options: KillOptions): Promise<KillReport> {
  const run = new KillRun(options);
  try {
    return await run.go();
  } finally {
    await run.close();
  }
}

/** The machine may be busy with other things. */
const startMillis = 120_000;

class KillRun {
  readonly #options: KillOptions;
  readonly #world: World;
  readonly #folder: string = mkdtempSync(join(tmpdir(), "midge-kill-"));
  readonly #flags: readonly string[];
  readonly #complaints: string[] = [];
  #server: ServerProcess | null = null;
  #port = -1;
  #kills = 0;
  #killsWhileStarting = 0;
  #cleanEnds = 0;
  #slowestStart = 0;

  constructor(options: KillOptions) {
    this.#options = options;
    this.#world = new World(new Dice(options.seed), options.isSealed);
    const config = join(this.#folder, "kill.conf");
    const key = options.isSealed ? ', cipher: aes, key: "of all"' : "";
    writeFileSync(config, `jetstream { store_dir: "${join(this.#folder, "store")}"${key} }\n`);
    this.#flags = ["-c", config];
  }

  async go(): Promise<KillReport> {
    const { kills, limitMillis, stretch, onRound } = this.#options;
    const end = performance.now() + limitMillis;
    await this.#withClients(furnish);
    const { faults, dice, counts } = this.#world;
    let rounds = 0;
    while (this.#kills < kills && performance.now() < end && faults.length === 0) {
      await this.#live();
      if (dice.onceIn(5)) {
        await this.#dieWhileStarting();
      }
      await this.#withClients(checkAll);
      rounds += 1;
      const isLast = this.#kills >= kills || performance.now() > end;
      if (faults.length === 0 && (isLast || rounds % stretch === 0)) {
        await this.#withClients((round) => this.#drain(round));
      }
      const publishes = counts["publishes acknowledged"] ?? 0;
      onRound(
        `${this.#kills} kills, ${publishes} publishes, ${(performance.now() / 1000).toFixed(1)} s`,
      );
    }
    this.#world.count(
      "late copies",
      this.#world.consumers.reduce((sum, ledger) => sum + ledger.lateCopies, 0),
    );
    return {
      kills: this.#kills,
      killsWhileStarting: this.#killsWhileStarting,
      cleanEnds: this.#cleanEnds,
      slowestStartMillis: this.#slowestStart,
      faults,
      counts,
      complaints: this.#complaints,
    };
  }

  async close(): Promise<void> {
    await this.#buryServer();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** The running server, started when there is none. */
  async #running(): Promise<ServerProcess> {
    const before = performance.now();
    this.#server ??= await ServerProcess.start({
      port: this.#port,
      flags: this.#flags,
      limitMillis: startMillis,
    });
    this.#slowestStart = Math.max(this.#slowestStart, Math.round(performance.now() - before));
    this.#port = this.#server.port;
    return this.#server;
  }

  async #withClients(work: (round: Round) => Promise<void>): Promise<void> {
    const server = await this.#running();
    const round = await Round.open(this.#world, server.port);
    try {
      await work(round);
    } catch (cause) {
      this.#world.faults.push(
        `${String(cause)} (server ${server.isRunning ? "up" : `down: ${server.log().slice(-3000)}`})`,
      );
    }
    round.end();
    await round.connection.close();
  }

  /** Everybody at work until the server dies, usually without a word. */
  async #live(): Promise<void> {
    const server = await this.#running();
    const rounds = await Promise.all(
      Array.from({ length: 5 }, () => Round.open(this.#world, server.port)),
    );
    const [publishing, more, consuming, pushed, administration] = rounds;
    if (!(publishing && more && consuming && pushed && administration)) {
      return;
    }
    const world = this.#world;
    const { dice } = world;
    const stopPush = await takePushed(pushed, world.push, false);
    const everybody = Promise.all([
      publishBursts(publishing, world.events, "ev.plain", 60),
      publishBursts(publishing, world.work, "wq", 30),
      publishBursts(more, world.purged, "pu", 30),
      publishWithIds(more),
      publishBatches(more),
      publishExpecting(publishing, "ev.cas.a"),
      publishExpecting(more, "ev.cas.b"),
      putKeys(more, world.keys),
      fetchWhileItLives(consuming, world.pull, false),
      fetchWhileItLives(consuming, world.workers, true),
      fetchWhileItLives(pushed, world.workers, true),
      fetchWhileItLives(consuming, world.purgedPull, false),
      purge(administration),
      editAssets(administration),
      makeAndRemoveStreams(administration),
      makeAndRemoveConsumers(administration),
    ]);
    await Bun.sleep(dice.onceIn(4) ? dice.between(1, 80) : dice.between(100, 900));
    for (const round of rounds) {
      round.end();
    }
    if (!server.isRunning) {
      world.faults.push(`the server ended by itself: ${server.log().slice(-3000)}`);
    }
    const isClean = dice.onceIn(12);
    server.signal(isClean ? "SIGTERM" : "SIGKILL");
    await server.exited(10_000);
    this.#kills += isClean ? 0 : 1;
    this.#cleanEnds += isClean ? 1 : 0;
    await Promise.all(rounds.map((round) => round.connection.close()));
    await everybody;
    await stopPush();
    for (const ledger of world.consumers) {
      ledger.nextLife();
    }
    await this.#buryServer();
  }

  /** A start that is killed somewhere on its way. */
  async #dieWhileStarting(): Promise<void> {
    const flags = ["-a", "127.0.0.1", "-p", String(this.#port), ...this.#flags];
    const child = Bun.spawn([...serverCommand(), ...flags], {
      stdio: ["ignore", "ignore", "ignore"],
      cwd: this.#folder,
    });
    await Bun.sleep(this.#world.dice.between(50, 500));
    child.kill("SIGKILL");
    await child.exited;
    this.#kills += 1;
    this.#killsWhileStarting += 1;
  }

  /** Every consumer gets to its end; then the streams are emptied, with what was known of them. */
  async #drain(round: Round): Promise<void> {
    const world = this.#world;
    const stopPush = await takePushed(round, world.push, true);
    for (const ledger of [world.pull, world.workers, world.purgedPull]) {
      const settling = {
        round,
        ledger,
        isWorkQueue: ledger === world.workers,
        isDraining: true,
      };
      await drained(round, ledger, () => fetchAndSettle(settling, (came) => came >= 0));
    }
    await drained(round, world.push, () => Bun.sleep(20));
    await stopPush();
    for (const ledger of world.consumers) {
      ledger.checkDrained();
    }
    for (const ledger of [world.events, world.work, world.purged]) {
      const removal = ledger.removing(() => true);
      await round.manager.streams.purge(ledger.name);
      ledger.removed(removal);
    }
    world.messageIds = [];
    await checkAll(round);
    world.count("drainings");
  }

  async #buryServer(): Promise<void> {
    const server = this.#server;
    this.#server = null;
    if (server !== null) {
      const lines = server.log().split("\n");
      this.#complaints.push(...lines.filter((line) => /\[(?:ERR|WRN|FTL)\]|rror:/.test(line)));
      await server[Symbol.asyncDispose]();
    }
  }
}

async function drained(
  round: Round,
  ledger: ConsumerLedger,
  step: () => Promise<void>,
): Promise<void> {
  const { name, stream } = ledger;
  await waitUntil(
    `the end of ${stream.name} > ${name}`,
    async () => {
      await step();
      const info = await round.manager.consumers.info(stream.name, name);
      return info.num_pending === 0 && info.num_ack_pending === 0;
    },
    30_000,
  );
}
