// Damaged files of one asset, as a whole server meets them at its start: the others are served, what is damaged is told
// of, and nothing is removed.

import { expect, test } from "bun:test";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RawJetStream } from "../support/jetstream-raw.ts";
import { ServerProcess } from "../support/server-process.ts";

/** Every file below, with one byte in its middle changed. */
function damage(path: string): void {
  const bytes = readFileSync(path);
  const at = Math.floor(bytes.length / 2);
  bytes[at] = (bytes[at] ?? 0) ^ 0x40;
  writeFileSync(path, bytes);
}

async function filled(store: string): Promise<void> {
  await using server = await ServerProcess.start({ flags: ["-js", "-sd", store] });
  using js = await RawJetStream.open(server.port);
  for (const name of ["A", "B"]) {
    await js.addStream({ name, subjects: [`${name}.*`] });
    for (const consumer of ["c", "d"]) {
      await js.addConsumer(name, { durable_name: consumer });
    }
    for (let at = 0; at < 5; at += 1) {
      await js.ask(`${name}.x`, "body");
    }
  }
}

async function afterDamage(
  path: readonly string[],
  look: (js: RawJetStream, server: ServerProcess) => Promise<void>,
): Promise<void> {
  const store = mkdtempSync(join(tmpdir(), "midge-damage-"));
  const flags = ["-js", "-sd", store];
  try {
    await filled(store);
    const folder = join(store, "jetstream", "$G", "streams", ...path.slice(0, -1));
    const [file] = readdirSync(folder).filter((name) => name.startsWith(path.at(-1) ?? ""));
    damage(join(folder, file ?? ""));
    await using server = await ServerProcess.start({ flags, monitoring: true });
    using js = await RawJetStream.open(server.port);
    await look(js, server);
    expect(existsSync(join(folder, file ?? ""))).toBe(true);
  } finally {
    rmSync(store, { recursive: true, force: true });
  }
}

test("a damaged description of a stream leaves the other streams", async () => {
  await afterDamage(["A", "meta"], async (js, server) => {
    expect(await js.messages("B")).toBe(5);
    await js.ask("B.x", "more");
    expect(await js.consumer("B", "c")).toMatchObject({ num_pending: 6 });
    await expect(js.messages("A")).rejects.toThrow("offline");
    expect(server.log()).toMatch(/\[ERR\].*A\/meta/);
  });
}, 20_000);

test("a damaged description of a consumer leaves its stream and the other consumers", async () => {
  await afterDamage(["A", "consumers", "c", "meta"], async (js, server) => {
    expect(await js.messages("A")).toBe(5);
    await js.ask("A.x", "more");
    expect(await js.consumer("A", "d")).toMatchObject({ num_pending: 6 });
    expect(await js.messages("B")).toBe(5);
    await expect(js.consumer("A", "c")).rejects.toThrow("offline");
    expect(server.log()).toMatch(/\[ERR\].*c\/meta/);
  });
}, 20_000);

test("what only a damaged consumer needs is there when the damage is undone", async () => {
  const store = mkdtempSync(join(tmpdir(), "midge-damage-"));
  const flags = ["-js", "-sd", store];
  const meta = join(store, "jetstream", "$G", "streams", "I", "consumers", "c", "meta");
  try {
    {
      await using server = await ServerProcess.start({ flags });
      using js = await RawJetStream.open(server.port);
      await js.addStream({ name: "I", subjects: ["I.*"], retention: "interest" });
      await js.addConsumer("I", { durable_name: "c" });
      await js.addConsumer("I", { durable_name: "other", filter_subject: "I.y" });
      for (let at = 0; at < 5; at += 1) {
        await js.ask("I.x", "body");
      }
    }
    damage(meta);
    {
      await using server = await ServerProcess.start({ flags });
      using js = await RawJetStream.open(server.port);
      await expect(js.messages("I")).rejects.toThrow("offline");
    }
    damage(meta);
    await using server = await ServerProcess.start({ flags });
    using js = await RawJetStream.open(server.port);
    expect(await js.messages("I")).toBe(5);
    expect(await js.consumer("I", "c")).toMatchObject({ num_pending: 5 });
  } finally {
    rmSync(store, { recursive: true, force: true });
  }
}, 20_000);

test("a damaged state of a consumer leaves it, and the others", async () => {
  await afterDamage(["A", "consumers", "c", "state"], async (js) => {
    expect(await js.messages("A")).toBe(5);
    expect(await js.consumer("A", "c")).toMatchObject({ num_pending: 5 });
    expect(await js.consumer("A", "d")).toMatchObject({ num_pending: 5 });
  });
}, 20_000);

test("a damaged message is told of as lost, and the others are there", async () => {
  await afterDamage(["A", "messages", "0"], async (js, server) => {
    expect(await js.messages("A")).toBe(4);
    const answer = await js.ask("A.x", "more");
    expect(answer).toMatchObject({ seq: 6 });
    const info = await js.ask("$JS.API.STREAM.INFO.A");
    expect(JSON.stringify(info["state"])).toContain('"lost"');
    expect(server.log()).toMatch(/lost 1 messages/);
  });
}, 20_000);
