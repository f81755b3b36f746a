// The server dies without a word under load and comes back on the same port: official clients find it again, subscribe
// again and go on; nothing of the dead process stands in the way of the new one.

import { expect, test } from "bun:test";
import { connect, type NatsConnection } from "@nats-io/transport-node";
import { ServerProcess } from "../support/server-process.ts";
import { waitUntil } from "../support/wait-until.ts";

async function client(server: ServerProcess): Promise<NatsConnection> {
  return await connect({
    servers: `127.0.0.1:${server.port}`,
    reconnectTimeWait: 30,
    reconnectJitter: 10,
    maxReconnectAttempts: -1,
  });
}

interface Load {
  readonly counts: number[];
  readonly answers: () => number;
  readonly stop: () => Promise<void>;
}

/** Subscribers on one subject and a service, a publisher and a requester that never rest. */
async function load(server: ServerProcess): Promise<Load> {
  const connections = await Promise.all(Array.from({ length: 6 }, () => client(server)));
  const [publisher, service, ...subscribers] = connections;
  const counts = subscribers.map(() => 0);
  for (const [at, connection] of subscribers.entries()) {
    connection.subscribe("load", {
      callback: () => {
        counts[at] = (counts[at] ?? 0) + 1;
      },
    });
  }
  service?.subscribe("ask", {
    callback: (_error, message) => {
      message.respond("answer");
    },
  });
  let answers = 0;
  let isOver = false;
  const publishing = (async () => {
    while (!isOver) {
      for (let at = 0; at < 50; at += 1) {
        publisher?.publish("load", "x");
      }
      try {
        await publisher?.request("ask", "", { timeout: 200 });
        answers += 1;
      } catch {
        // The server is away just now.
      }
      await Bun.sleep(1);
    }
  })();
  const stop = async (): Promise<void> => {
    isOver = true;
    await publishing;
    await Promise.all(connections.map((connection) => connection.close()));
  };
  return { counts, answers: () => answers, stop };
}

test("killed and restarted under load, three times", async () => {
  let server = await ServerProcess.start();
  const running = await load(server);
  try {
    for (let round = 0; round < 3; round += 1) {
      const before = [...running.counts];
      const answersBefore = running.answers();
      await waitUntil("messages and answers", () => {
        return (
          running.counts.every((count, at) => count > (before[at] ?? 0) + 100) &&
          running.answers() > answersBefore + 5
        );
      });
      const { port } = server;
      server.signal("SIGKILL");
      await server.exited();
      await server[Symbol.asyncDispose]();
      server = await ServerProcess.start({ port });
    }
    const atLast = [...running.counts];
    const answersAtLast = running.answers();
    await waitUntil("messages and answers after the last restart", () => {
      return (
        running.counts.every((count, at) => count > (atLast[at] ?? 0) + 100) &&
        running.answers() > answersAtLast + 5
      );
    });
    expect(server.isRunning).toBe(true);
  } finally {
    await running.stop();
    await server[Symbol.asyncDispose]();
  }
}, 40_000);

test("a clean end tells nobody's client to give up", async () => {
  const server = await ServerProcess.start();
  const connection = await client(server);
  const { port } = server;
  server.signal("SIGTERM");
  expect(await server.exited()).toBe(0);
  await server[Symbol.asyncDispose]();
  await using again = await ServerProcess.start({ port });
  await waitUntil("the client's return", async () => {
    try {
      await connection.flush();
      return true;
    } catch {
      return false;
    }
  });
  expect(again.isRunning).toBe(true);
  await connection.close();
}, 20_000);
