// Encryption at rest, from outside: nothing readable lies on disk, the key may change, and a wrong one loses nothing.

import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import { connect, type NatsConnection } from "@nats-io/transport-node";
import { ServerProcess } from "../support/server-process.ts";

const secrets = ["secret.subject", "SECRET-BODY", "SECRET-HEADER", "SECRET-CONSUMER"];

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "midge-key-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function withServer<T>(
  block: string,
  use: (client: NatsConnection) => Promise<T>,
): Promise<T> {
  const config = `jetstream { store_dir: "${folder}", ${block} }\n`;
  await using server = await ServerProcess.start({ config });
  const client = await connect({ servers: server.url });
  try {
    return await use(client);
  } finally {
    await client.close();
    server.signal("SIGTERM");
    await server.exited();
  }
}

async function fill(client: NatsConnection): Promise<void> {
  const manager = await jetstreamManager(client);
  await manager.streams.add({ name: "S", subjects: ["secret.>"] });
  await manager.consumers.add("S", { durable_name: "SECRET-CONSUMER", ack_policy: "explicit" });
  const { headers } = await import("@nats-io/transport-node");
  const some = headers();
  some.set("X", "SECRET-HEADER");
  for (let number = 0; number < 20; number++) {
    await jetstream(client).publish("secret.subject", "SECRET-BODY", { headers: some });
  }
  const consumer = await jetstream(client).consumers.get("S", "SECRET-CONSUMER");
  await (await consumer.next())?.ackAck();
}

async function read(client: NatsConnection): Promise<string> {
  const manager = await jetstreamManager(client);
  const message = await manager.streams.getMessage("S", { seq: 1 });
  const info = await manager.consumers.info("S", "SECRET-CONSUMER");
  return `${message?.string()} ${info.ack_floor.stream_seq}`;
}

/** Names of consumers are names of folders, and stay readable. */
function readable(): readonly string[] {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true });
  return files
    .filter((file) => file.isFile())
    .flatMap(({ parentPath, name }) => {
      const text = readFileSync(join(parentPath, name), "latin1");
      return secrets
        .filter((secret) => text.includes(secret))
        .map((secret) => `${name}: ${secret}`);
    });
}

test.each(["chachapoly", "aes"])("with %s nothing lies readable on disk", async (cipher) => {
  const block = `cipher: ${cipher}, key: one`;
  await withServer(block, fill);
  expect(readable()).toEqual([]);
  expect(await withServer(block, read)).toBe("SECRET-BODY 1");
});

test("the key and the cipher may change, and encryption may be given up", async () => {
  await withServer("key: one", fill);
  expect(await withServer("key: two, prev_key: one, cipher: aes", read)).toBe("SECRET-BODY 1");
  expect(await withServer("key: two", read)).toBe("SECRET-BODY 1");
  expect(readable()).toEqual([]);
  expect(await withServer("prev_key: two", read)).toBe("SECRET-BODY 1");
});

test("with a wrong key the stream is offline, and there again with the right one", async () => {
  await withServer("key: one", fill);
  const failure = await withServer("key: other", (client) => read(client).catch(String));
  expect(failure).toContain("stream is offline");
  expect(await withServer("key: one", read)).toBe("SECRET-BODY 1");
});
