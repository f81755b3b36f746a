// Mirrors and sources between streams and between accounts, and over a restart, against the real program.

import { expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type JetStreamManager, jetstream, jetstreamManager } from "@nats-io/jetstream";
import { connect, type NatsConnection } from "@nats-io/transport-node";
import { startJetStream } from "../support/jetstream-server.ts";
import { ServerProcess } from "../support/server-process.ts";
import { waitUntil } from "../support/wait-until.ts";

const accounts = `
accounts {
  A {
    jetstream: enabled
    users: [{ user: a, password: p }]
    exports: [
      { service: "$JS.API.CONSUMER.>" }
      { stream: "deliver.b.>" }
      { service: "$JS.FC.>" }
    ]
  }
  B {
    jetstream: enabled
    users: [{ user: b, password: p }]
    imports: [
      { service: { account: A, subject: "$JS.API.CONSUMER.>" }, to: "a.api.CONSUMER.>" }
      { stream: { account: A, subject: "deliver.b.>" } }
      { service: { account: A, subject: "$JS.FC.>" } }
    ]
  }
}
`;

async function fill(connection: NatsConnection, subject: string, count: number): Promise<void> {
  const client = jetstream(connection);
  const acks: Promise<unknown>[] = [];
  for (let index = 1; index <= count; index++) {
    acks.push(client.publish(subject, `m${index}`));
  }
  await Promise.all(acks);
}

async function untilHas(manager: JetStreamManager, name: string, messages: number): Promise<void> {
  await waitUntil(
    `${messages} messages in ${name}`,
    async () => (await manager.streams.info(name)).state.messages === messages,
    10_000,
  );
}

test("a mirror has what its origin has, and lives on when it is promoted", async () => {
  await using running = await startJetStream();
  const manager = await jetstreamManager(running.connection);
  await manager.streams.add({ name: "O", subjects: ["o.>"], allow_direct: true });
  await fill(running.connection, "o.a", 20);
  await manager.streams.deleteMessage("O", 7);
  await manager.streams.add({ name: "M", mirror: { name: "O" }, allow_direct: true });
  await untilHas(manager, "M", 19);
  await fill(running.connection, "o.b", 1000);
  await untilHas(manager, "M", 1019);
  const info = await manager.streams.info("M");
  expect(info.state).toMatchObject({ first_seq: 1, last_seq: 1020, num_deleted: 1 });
  expect(info.mirror).toMatchObject({ name: "O", lag: 0 });
  for (const seq of [6, 8, 1020]) {
    const [origin, copy] = [
      await manager.streams.getMessage("O", { seq }),
      await manager.streams.getMessage("M", { seq }),
    ];
    expect(copy?.timestamp).toBe(origin?.timestamp ?? "");
    expect(copy?.string()).toBe(origin?.string() ?? "");
  }
  await manager.streams.delete("O");
  await manager.streams.update("M", { mirror: undefined, subjects: ["o.>"] } as never);
  expect(await jetstream(running.connection).publish("o.c", "own")).toMatchObject({
    stream: "M",
    seq: 1021,
  });
}, 20_000);

test("work moves from one stream to another, each message once", async () => {
  await using running = await startJetStream();
  const manager = await jetstreamManager(running.connection);
  await manager.streams.add({ name: "W", subjects: ["w"], retention: "workqueue" });
  await fill(running.connection, "w", 50);
  await manager.streams.add({ name: "S", sources: [{ name: "W" }] });
  await untilHas(manager, "S", 50);
  await untilHas(manager, "W", 0);
  await fill(running.connection, "w", 10);
  await untilHas(manager, "S", 60);
  await untilHas(manager, "W", 0);
}, 20_000);

test("streams of another account are followed through imports, and further after a restart", async () => {
  const folder = mkdtempSync(join(tmpdir(), "midge-origins-"));
  const config = `${accounts}jetstream { store_dir: "${folder}" }\n`;
  try {
    await using first = await twoAccounts(config);
    await first.origin.streams.add({ name: "O", subjects: ["o.>"] });
    await fill(first.a, "o.x", 30);
    const external = (suffix: string) => ({ api: "a.api", deliver: `deliver.b.${suffix}` });
    await first.copy.streams.add({ name: "M", mirror: { name: "O", external: external("m") } });
    await first.copy.streams.add({
      name: "S",
      sources: [
        {
          name: "O",
          external: external("s"),
          subject_transforms: [{ src: "o.*", dest: "moved.{{wildcard(1)}}" }],
        },
      ],
    });
    await untilHas(first.copy, "M", 30);
    await untilHas(first.copy, "S", 30);
    const moved = await waitUntil("message 30", () =>
      first.copy.streams.getMessage("S", { seq: 30 }),
    );
    expect(moved?.subject).toBe("moved.x");
    expect(moved?.header.get("Nats-Stream-Source")).toMatch(
      /^O:\w{8} 30 o\.\* moved\.\{\{wildcard\(1\)\}\} o\.x/,
    );
    await first.copy.streams.purge("S");
    await first[Symbol.asyncDispose]();
    await using second = await twoAccounts(config);
    await fill(second.a, "o.y", 5);
    await untilHas(second.copy, "M", 35);
    await untilHas(second.copy, "S", 5);
    expect((await second.copy.streams.info("S")).state.first_seq).toBe(31);
  } finally {
    rmSync(folder, { recursive: true });
  }
}, 30_000);

interface TwoAccounts extends AsyncDisposable {
  readonly a: NatsConnection;
  readonly origin: JetStreamManager;
  readonly copy: JetStreamManager;
}

async function twoAccounts(config: string): Promise<TwoAccounts> {
  const server = await ServerProcess.start({ config });
  const a = await connect({ servers: server.url, user: "a", pass: "p" });
  const b = await connect({ servers: server.url, user: "b", pass: "p" });
  let isOpen = true;
  return {
    a,
    origin: await jetstreamManager(a),
    copy: await jetstreamManager(b),
    [Symbol.asyncDispose]: async () => {
      if (isOpen) {
        isOpen = false;
        await Promise.all([a.close(), b.close()]);
        server.signal("SIGTERM");
        await server.exited();
        await server[Symbol.asyncDispose]();
      }
    },
  };
}
