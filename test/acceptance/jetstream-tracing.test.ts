// A traced message on its way into a stream, as `nats trace` shows it.

import { expect, test } from "bun:test";
import { jetstreamManager } from "@nats-io/jetstream";
import { connect, headers, type NatsConnection } from "@nats-io/transport-node";
import { ServerProcess } from "../support/server-process.ts";

async function traced(
  client: NatsConnection,
  subject: string,
  isOnly: boolean,
): Promise<readonly Record<string, unknown>[]> {
  const heard = client.subscribe("traces", { max: 1 });
  const wish = headers();
  wish.set("Nats-Trace-Dest", "traces");
  if (isOnly) {
    wish.set("Nats-Trace-Only", "true");
  }
  client.publish(subject, "hello", { headers: wish });
  for await (const message of heard) {
    return message.json<{ events: Record<string, unknown>[] }>().events;
  }
  return [];
}

test("a trace tells which stream keeps the message, and under which subject", async () => {
  await using server = await ServerProcess.start({ config: 'jetstream { store_dir: "js" }\n' });
  const client = await connect({ servers: server.url });
  const manager = await jetstreamManager(client);
  await manager.streams.add({ name: "KEEP", subjects: ["keep.>"] });
  const transform = { src: "old.>", dest: "new.>" };
  await manager.streams.add({ name: "MOVE", subjects: ["old.>"], subject_transform: transform });
  await manager.streams.add({ name: "WANT", subjects: ["want.>"], retention: "interest" });

  const [entry, kept] = await traced(client, "keep.a", false);
  expect(entry).toMatchObject({ type: "in", subj: "keep.a" });
  expect(kept).toMatchObject({ type: "js", stream: "KEEP", subject: "keep.a" });
  const [, moved] = await traced(client, "old.b", true);
  expect(moved).toMatchObject({ type: "js", stream: "MOVE", subject: "new.b" });
  const [, unwanted] = await traced(client, "want.c", true);
  expect(unwanted).toMatchObject({ type: "js", stream: "WANT", nointerest: true });

  const messages = async (name: string): Promise<number> =>
    (await manager.streams.info(name)).state.messages;
  expect([await messages("KEEP"), await messages("MOVE"), await messages("WANT")]).toEqual([
    1, 0, 0,
  ]);
  const stored = await manager.streams.getMessage("KEEP", { seq: 1 });
  expect(stored?.header.get("Nats-Trace-Dest")).toBe("trace disabled");
  await client.close();
});
