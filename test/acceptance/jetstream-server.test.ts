// JetStream as part of a server's life: what it says of itself, how it starts, stops and refuses to start.

import { expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { RawClient } from "../support/raw-client.ts";
import { ServerProcess } from "../support/server-process.ts";
import { waitUntil } from "../support/wait-until.ts";

async function inFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "midge-js-"));
  try {
    await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

test("INFO and the log say what runs", async () => {
  const config = 'jetstream { store_dir: "js", domain: hub, max_mem: 1MB, max_file: 2GB }\n';
  await using server = await ServerProcess.start({ config });
  const client = await connect({ servers: server.url });
  expect(client.info).toMatchObject({ jetstream: true, api_lvl: 4, domain: "hub" });
  await client.close();
  for (const line of [
    "Starting JetStream",
    "  Max Memory:      1.00 MB",
    "  Max Storage:     2.00 GB",
    "  Sync:            always (acknowledged means synced)",
    "  Domain:          hub",
    "  API Level:       4",
  ]) {
    expect(server.log()).toContain(`[INF] ${line}`);
  }
});

test("without it INFO is silent, and nobody responds to requests", async () => {
  await using server = await ServerProcess.start();
  const client = await connect({ servers: server.url });
  expect(client.info?.jetstream).toBeUndefined();
  await expect(client.request("$JS.API.INFO")).rejects.toThrow(/no responders/);
  await client.close();
});

test("a folder belongs to one server at a time", async () => {
  await inFolder(async (folder) => {
    const flags = ["-js", "-sd", folder];
    await using server = await ServerProcess.start({ flags });
    const second = ServerProcess.start({ flags });
    await expect(second).rejects.toThrow(/Can't start JetStream: .*in use/);
    expect(server.isRunning).toBe(true);
  });
});

test("a folder that cannot be had ends the start", async () => {
  await inFolder(async (folder) => {
    writeFileSync(join(folder, "jetstream"), "not a folder");
    const start = ServerProcess.start({ flags: ["-js", "-sd", folder] });
    await expect(start).rejects.toThrow(
      "Can't start JetStream: storage directory is not a directory",
    );
  });
});

test("accounts that want more than there is end the start, and so does the system account", async () => {
  const greedy = `jetstream { store_dir: "js", max_mem: 1MB }
    accounts { A { jetstream { max_mem: 2MB } } }\n`;
  await expect(ServerProcess.start({ config: greedy })).rejects.toThrow(
    "insufficient memory resources available",
  );
  const system = `jetstream { store_dir: "js" }
    accounts { S { jetstream: enabled } }\nsystem_account: S\n`;
  await expect(ServerProcess.start({ config: system })).rejects.toThrow(
    "Not allowed to enable JetStream on the system account",
  );
});

test("a stop tells waiting pulls, and what was acknowledged is there after a kill", async () => {
  await inFolder(async (folder) => {
    const flags = ["-js", "-sd", folder];
    const first = await ServerProcess.start({ flags });
    const client = await connect({ servers: first.url, reconnect: false });
    const manager = await jetstreamManager(client);
    await manager.streams.add({ name: "S", subjects: ["s.>"] });
    await manager.consumers.add("S", { durable_name: "C", ack_policy: "explicit" });
    await jetstream(client).publish("s.1", "one");
    first.signal("SIGKILL");
    await first.exited();
    await client.close();

    const second = await ServerProcess.start({ flags });
    const raw = await RawClient.open(second.port, { headers: true, no_responders: true });
    raw.send("SUB in 1\r\n");
    raw.send("PUB $JS.API.CONSUMER.MSG.NEXT.S.C in 33\r\n");
    raw.send('{"batch":5,"expires":60000000000}\r\nPING\r\n');
    await waitUntil("the message", () => raw.received.includes("one"));
    second.signal("SIGTERM");
    await waitUntil("the farewell", () => raw.received.includes("NATS/1.0 409 Server Shutdown"));
    expect(await second.exited()).toBe(0);
    await first[Symbol.asyncDispose]();
    await second[Symbol.asyncDispose]();
  });
});

test("streams of an account that is not configured stay on disk, and are counted", async () => {
  await inFolder(async (folder) => {
    const flags = ["-js", "-sd", folder];
    const first = await ServerProcess.start({ flags });
    const client = await connect({ servers: first.url, reconnect: false });
    await (await jetstreamManager(client)).streams.add({ name: "S", subjects: ["s"] });
    await client.close();
    first.signal("SIGTERM");
    await first.exited();
    await using other = await ServerProcess.start({
      flags,
      config: "accounts { A { jetstream: enabled, users: [{user: a, password: a}] } }\n",
    });
    expect(other.log()).toContain('1 streams of account "$G" stay on disk');
    await first[Symbol.asyncDispose]();
  });
});

test("what is damaged is offline, does not hide others, and healthz says so", async () => {
  await inFolder(async (folder) => {
    const flags = ["-js", "-sd", folder];
    const first = await ServerProcess.start({ flags });
    const client = await connect({ servers: first.url, reconnect: false });
    const manager = await jetstreamManager(client);
    for (const name of ["A", "B", "C"]) {
      await manager.streams.add({ name, subjects: [name] });
    }
    await client.close();
    first.signal("SIGTERM");
    await first.exited();
    writeFileSync(join(folder, "jetstream", "$G", "streams", "B", "meta"), "not a description");
    mkdirSync(join(folder, "jetstream", "$G", "streams", "D"));

    await using second = await ServerProcess.start({ flags, monitoring: true });
    const again = await connect({ servers: second.url });
    const found = await jetstreamManager(again);
    expect((await found.streams.info("A")).config.name).toBe("A");
    expect((await found.streams.info("C")).config.name).toBe("C");
    await expect(found.streams.info("B")).rejects.toThrow("stream is offline");
    const health = await fetch(`http://127.0.0.1:${second.monitoringPort}/healthz`);
    expect(health.status).toBe(503);
    const error = expect.stringContaining("'$G > B' could not be recovered");
    expect(await health.json()).toMatchObject({ error });
    expect(await found.streams.delete("B")).toBe(true);
    expect((await fetch(`http://127.0.0.1:${second.monitoringPort}/healthz`)).status).toBe(200);
    await again.close();
    await first[Symbol.asyncDispose]();
  });
});
