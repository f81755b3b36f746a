// Runs the compiled program under another name in another folder, as the stock harnesses do, and talks to it with the
// official client. One line for each check; exit code 1 when any failed.

import { copyFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import { connect, type NatsConnection } from "@nats-io/transport-node";

const root: string = resolve(import.meta.dir, "..");
const folder: string = mkdtempSync(join(tmpdir(), "midge-smoke-"));
const program: string = join(folder, "nats-server");
const patienceMillis = 10_000;
/** Whatever hangs, the smoke test ends. */
const limitMillis = 90_000;
let failed = 0;

async function check(name: string, work: () => void | Promise<void>): Promise<void> {
  try {
    await work();
    process.stdout.write(`smoke: ok ${name}\n`);
  } catch (failure) {
    failed += 1;
    process.stdout.write(`smoke: FAILED ${name}: ${String(failure)}\n`);
  }
}

function demand(condition: boolean, what: string): void {
  if (!condition) {
    throw new Error(what);
  }
}

async function eventually<T>(what: string, look: () => T | null): Promise<T> {
  const end = performance.now() + patienceMillis;
  while (performance.now() < end) {
    const seen = look();
    if (seen !== null) {
      return seen;
    }
    await Bun.sleep(5);
  }
  throw new Error(`${what} did not come within ${patienceMillis} ms`);
}

function run(...args: string[]): { code: number; out: string; err: string } {
  const done = Bun.spawnSync([program, ...args], {
    cwd: folder,
    timeout: patienceMillis,
    killSignal: "SIGKILL",
  });
  return { code: done.exitCode, out: done.stdout.toString(), err: done.stderr.toString() };
}

interface Ports {
  readonly nats: readonly string[];
  readonly monitoring: readonly string[];
}

function readPorts(): Ports | null {
  const name = readdirSync(folder).find((file) => /^nats-server_\d+\.ports$/.test(file));
  return name === undefined
    ? null
    : (JSON.parse(readFileSync(join(folder, name), "utf8")) as Ports);
}

async function talk(connection: NatsConnection): Promise<void> {
  await check("a message reaches its subscriber", async () => {
    const subscription = connection.subscribe("smoke.>", { max: 1 });
    connection.publish("smoke.a", "hello");
    for await (const message of subscription) {
      demand(message.string() === "hello" && message.subject === "smoke.a", message.subject);
    }
  });
  await check("a request is answered", async () => {
    connection.subscribe("echo", { callback: (_, message) => message.respond(message.data) });
    demand((await connection.request("echo", "ping")).string() === "ping", "another answer");
  });
  await check("a request that nobody serves is told so at once", async () => {
    const failure = await connection.request("nobody", "").then(
      () => null,
      (error: unknown) => error,
    );
    demand(String(failure).includes("no responders"), String(failure));
  });
  await check("a queue group gives each message to one member", async () => {
    let count = 0;
    for (let member = 0; member < 3; member++) {
      connection.subscribe("work", {
        queue: "workers",
        callback: () => {
          count += 1;
        },
      });
    }
    for (let message = 0; message < 100; message++) {
      connection.publish("work");
    }
    await connection.flush();
    demand(count === 100, `${count} deliveries of 100 messages`);
  });
}

async function serve(): Promise<void> {
  const args = ["-p", "-1", "-a", "127.0.0.1", "-m", "-1", "--ports_file_dir", folder];
  const server = Bun.spawn(
    [program, ...args, "-P", join(folder, "pid"), "-l", join(folder, "log")],
    {
      cwd: folder,
      stdio: ["ignore", "inherit", "inherit"],
    },
  );
  try {
    const ports = await eventually("the ports file", readPorts);
    const connection = await connect({ servers: ports.nats[0] ?? "" });
    await talk(connection);
    await check("the monitoring pages answer", async () => {
      const base = ports.monitoring[0];
      const health = (await (await fetch(`${base}/healthz`)).json()) as { status: string };
      demand(health.status === "ok", JSON.stringify(health));
      const general = (await (await fetch(`${base}/varz`)).json()) as { connections: number };
      demand(general.connections === 1, `${general.connections} connections`);
    });
    await connection.close();
    await check("it stops when asked, cleans up and says so", async () => {
      demand(readFileSync(join(folder, "pid"), "utf8") === String(server.pid), "another pid");
      const { code } = run("-sl", `term=${join(folder, "pid")}`);
      demand(code === 0, `-sl gave ${code}`);
      demand((await server.exited) === 0, `exit code ${server.exitCode}`);
      demand(readPorts() === null && !existsSync(join(folder, "pid")), "files were left");
      demand(
        readFileSync(join(folder, "log"), "utf8").includes("Server Exiting.."),
        "no last line",
      );
    });
  } finally {
    server.kill("SIGKILL");
    await server.exited;
  }
}

setTimeout(() => {
  process.stdout.write(`smoke: FAILED it ends within ${limitMillis} ms\n`);
  process.exit(1);
}, limitMillis).unref();

async function store(): Promise<void> {
  const args = ["-p", "-1", "-a", "127.0.0.1", "--ports_file_dir", folder];
  const start = () =>
    Bun.spawn([program, ...args, "-js", "-sd", join(folder, "store"), "-l", join(folder, "log")], {
      cwd: folder,
      stdio: ["ignore", "inherit", "inherit"],
    });
  let server = start();
  try {
    let ports = await eventually("the ports file", readPorts);
    let connection = await connect({ servers: ports.nats[0] ?? "" });
    await (await jetstreamManager(connection)).streams.add({ name: "SMOKE", subjects: ["kept.>"] });
    const acknowledgement = await jetstream(connection).publish("kept.a", "hello");
    demand(acknowledgement.seq === 1, `sequence ${acknowledgement.seq}`);
    server.kill("SIGKILL");
    await server.exited;
    await connection.close();
    for (const name of readdirSync(folder).filter((file) => file.endsWith(".ports"))) {
      rmSync(join(folder, name));
    }
    server = start();
    ports = await eventually("the second ports file", readPorts);
    connection = await connect({ servers: ports.nats[0] ?? "" });
    const manager = await jetstreamManager(connection);
    const stored = await manager.streams.getMessage("SMOKE", { seq: 1 });
    demand(stored?.string() === "hello", "the acknowledged message is gone");
    await connection.close();
  } finally {
    server.kill("SIGKILL");
    await server.exited;
  }
}

copyFileSync(join(root, "dist", "midge"), program);
try {
  await check("it tells its version under the name it is given", () => {
    const { code, out } = run("--version");
    demand(code === 0 && /^nats-server: v\d+\.\d+\.\d+/.test(out), out);
  });
  await check("it refuses what is not built", () => {
    const { code, err } = run("-a", "127.0.0.1", "-p", "-1", "--cluster", "nats://127.0.0.1:-1");
    demand(code === 1 && err.includes("not supported yet"), `exit code ${code}: ${err}`);
  });
  await check("it serves until it is stopped", serve);
  await check("what was acknowledged is there after a kill", store);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exit(failed === 0 ? 0 : 1);
