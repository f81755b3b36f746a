// What a reload does to streams: accounts gain and lose them, limits grow, JetStream goes and comes back.

import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { ServerProcess } from "../support/server-process.ts";
import { waitUntil } from "../support/wait-until.ts";

const on = 'jetstream { store_dir: "js", max_mem: 1MB, max_file: 10MB }';
const accounts = (ofA: string, ofB: string): string =>
  `accounts { A { ${ofA} users: [{user: a, password: a}] }, B { ${ofB} users: [{user: b, password: b}] } }`;

async function names(server: ServerProcess, user: string): Promise<string> {
  const client = await connect({ servers: server.url, user, pass: user, timeout: 1000 });
  try {
    const manager = await jetstreamManager(client, { checkAPI: false });
    const found: string[] = [];
    for await (const name of manager.streams.names()) {
      found.push(name);
    }
    return found.join();
  } catch (failure) {
    return failure instanceof Error ? failure.message : String(failure);
  } finally {
    await client.close();
  }
}

async function make(server: ServerProcess, user: string, name: string): Promise<void> {
  const client = await connect({ servers: server.url, user, pass: user });
  const manager = await jetstreamManager(client);
  await manager.streams.add({ name, subjects: [`${name}.>`] });
  await client.close();
}

test("accounts gain and lose their streams by a reload, and JetStream goes and comes back", async () => {
  const first = `${on}\n${accounts("jetstream: enabled,", "")}`;
  await using server = await ServerProcess.start({ config: first, monitoring: true });
  let reloads = 0;
  const reload = async (text: string): Promise<void> => {
    reloads += 1;
    writeFileSync(join(server.folder, "server.conf"), text);
    server.signal("SIGHUP");
    const done = /Reloaded server configuration|Failed to reload/g;
    await waitUntil("the reload", () => (server.log().match(done) ?? []).length >= reloads);
  };
  await make(server, "a", "S");
  expect(await names(server, "b")).toContain("not enabled");

  await reload(`${on}\n${accounts("", "jetstream: { max_streams: 1 },")}`);
  expect(await names(server, "a")).toContain("not enabled");
  await make(server, "b", "T");

  await reload(`${on}\n${accounts("jetstream: enabled,", "jetstream: enabled,")}`);
  await waitUntil("the stream is back", async () => (await names(server, "a")) === "S");
  expect(await names(server, "b")).toBe("T");

  await reload(`jetstream: disabled\n${accounts("", "")}`);
  const page = await fetch(`http://127.0.0.1:${server.monitoringPort}/jsz`);
  expect(await page.json()).toMatchObject({ disabled: true });

  await reload(first);
  await waitUntil("the stream is back again", async () => (await names(server, "a")) === "S");

  await reload(first.replace("max_mem: 1MB", "max_mem: 100KB"));
  expect(server.log()).toContain("not supported for decreasing jetstream max memory and store");
  await reload(first.replace("max_mem: 1MB", "max_mem: 3MB"));
  expect(server.log()).toContain("Reloaded: JetStream max_mem_store = 3.00 MB");
});
