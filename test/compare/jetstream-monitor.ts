// Compares what this server and the reference tell of JetStream: the same streams and consumers on both, then every page
// and request about them. Members and their types must be the same, values need not.
// Run: MIDGE_REFERENCE=/path/to/nats-server bun test/compare/jetstream-monitor.ts

import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import { connect, type NatsConnection } from "@nats-io/transport-node";
import { ServerProcess } from "../support/server-process.ts";
import {
  comparePages,
  type SystemRequest,
  shapeOfText,
  type Told,
  tellPages,
  tellRequests,
} from "./told.ts";

const config = `
server_name: same
jetstream {
  store_dir: js, domain: hub, max_mem: 100MB, max_file: 1GB, sync_interval: always, unique_tag: "az:"
  limits { max_ack_pending: 2000, duplicate_window: "3m", max_request_batch: 500, batch { max_msgs: 100, timeout: 5s } }
}
accounts {
  A { jetstream: { max_mem: 10MB, max_streams: 9 }, users: [ { user: a, password: pa } ] }
  B { users: [ { user: b, password: pb } ] }
  C { jetstream: enabled, users: [ { user: c, password: pc } ] }
  SYS { users: [ { user: s, password: ps } ] }
}
system_account: SYS
`;

const pages: readonly string[] = [
  "/varz",
  "/jsz",
  "/jsz?accounts=1",
  "/jsz?streams=1",
  "/jsz?consumers=1",
  "/jsz?consumers=1&config=1",
  "/jsz?consumers=1&direct-consumers=1&config=1",
  "/jsz?acc=A&streams=1&raft=1",
  "/jsz?acc=A&consumers=1&raft=1&stream-leader-only=1",
  "/jsz?acc=nobody&streams=1",
  "/jsz?accounts=1&offset=1&limit=1",
  "/jsz?accounts=1&offset=9",
  "/jsz?accounts=1&limit=-1",
  "/jsz?leader-only=1",
  "/jsz?accounts=x",
  "/healthz",
  "/healthz?details=1",
  "/healthz?js-enabled=1",
  "/healthz?js-enabled-only=1",
  "/healthz?js-server-only=1",
  "/healthz?js-meta-only=1",
  "/healthz?account=A",
  "/healthz?account=nobody",
  "/healthz?account=nobody&details=1",
  "/healthz?account=A&stream=ORDERS",
  "/healthz?account=A&stream=nope",
  "/healthz?account=A&stream=nope&details=1",
  "/healthz?account=A&stream=ORDERS&consumer=PULL",
  "/healthz?account=A&stream=ORDERS&consumer=nope",
  "/healthz?account=A&stream=ORDERS&consumer=nope&details=1",
  "/healthz?stream=ORDERS",
  "/healthz?account=A&consumer=x&details=1",
  "/accountz",
  "/accountz?acc=A",
  "/accountz?acc=B",
  "/accountz?acc=SYS",
  "/accstatz?unused=1",
];

const requests: readonly SystemRequest[] = [
  ["SERVER.PING", "s", ""],
  ["SERVER.PING.STATSZ", "s", ""],
  ["SERVER.PING.VARZ", "s", ""],
  ["SERVER.PING.JSZ", "s", ""],
  ["SERVER.PING.JSZ", "s", { accounts: true, streams: true, consumer: true, config: true }],
  ["SERVER.PING.JSZ", "s", { account: "A", consumer: true, direct_consumer: true, raft: true }],
  ["SERVER.PING.JSZ", "s", { leader_only: true }],
  ["SERVER.PING.JSZ", "s", { limit: "x" }],
  ["SERVER.ID.JSZ", "s", { accounts: true, offset: 1, limit: 1 }],
  ["SERVER.PING.HEALTHZ", "s", ""],
  ["SERVER.PING.HEALTHZ", "s", { details: true }],
  ["SERVER.PING.HEALTHZ", "s", { account: "A", stream: "ORDERS", consumer: "PULL" }],
  ["SERVER.PING.HEALTHZ", "s", { account: "A", stream: "nope", details: true }],
  ["SERVER.PING.HEALTHZ", "s", { "js-enabled-only": true }],
  ["SERVER.PING.HEALTHZ", "s", { "js-server-only": true }],
  ["ACCOUNT.A.JSZ", "s", ""],
  ["ACCOUNT.A.JSZ", "s", { streams: true, consumer: true, config: true }],
  ["ACCOUNT.B.JSZ", "s", ""],
  ["ACCOUNT.nobody.JSZ", "s", ""],
  ["ACCOUNT.A.INFO", "s", ""],
  ["ACCOUNT.A.STATZ", "s", ""],
];

/** Differences that are meant, as members of any page. */
const meant: readonly RegExp[] = [
  /\.git_commit\b/,
  /\.feature_flags\b/,
  // Of a later version than the one that is announced.
  /\.sources\[\]\.seq\b/,
  /\.limits\.default_max_consumers\b/,
];

async function fill(client: NatsConnection): Promise<void> {
  const manager = await jetstreamManager(client);
  await manager.streams.add({ name: "ORDERS", subjects: ["orders.>"], max_bytes: 1_000_000 });
  await manager.streams.add({ name: "CACHE", subjects: ["cache.>"], storage: "memory" });
  await manager.streams.add({ name: "COPY", mirror: { name: "ORDERS" } });
  await manager.streams.add({ name: "ALL", sources: [{ name: "ORDERS" }, { name: "CACHE" }] });
  await manager.consumers.add("ORDERS", { durable_name: "PULL", ack_policy: "explicit" });
  await manager.consumers.add("ORDERS", {
    durable_name: "PUSH",
    ack_policy: "none",
    deliver_subject: "push.here",
    filter_subject: "orders.1",
  });
  const js = jetstream(client);
  for (let number = 0; number < 5; number++) {
    await js.publish(`orders.${number}`, "order");
    await js.publish(`cache.${number}`, "value");
  }
  await manager.streams.deleteMessage("ORDERS", 2);
  const consumer = await js.consumers.get("ORDERS", "PULL");
  await (await consumer.next())?.ackAck();
  await consumer.next();
  await manager.streams.info("nope").catch(() => undefined);
}

/** Of each kind of advisory the members, however many there were. */
function gatherAdvisories(client: NatsConnection): Told {
  const heard: Told = new Map();
  client.subscribe("$JS.EVENT.>", {
    callback: (_error, message) => {
      const what = `advisory ${message.subject}`;
      const shape = shapeOfText(message.string());
      heard.set(what, [...new Set([...(heard.get(what) ?? []), ...shape])]);
    },
  });
  return heard;
}

/** What is announced: of consumers, of messages that fail, of streams that go. */
async function stir(client: NatsConnection): Promise<void> {
  const manager = await jetstreamManager(client);
  const js = jetstream(client);
  await manager.streams.add({ name: "STIR", subjects: ["stir.>"] });
  await manager.streams.update("STIR", { max_msgs: 100 });
  const ephemeral = await manager.consumers.add("STIR", { ack_policy: "explicit" });
  await manager.consumers.add("STIR", {
    durable_name: "W",
    ack_policy: "explicit",
    max_deliver: 1,
    ack_wait: 300_000_000,
    sample_freq: "100%",
  });
  for (let number = 0; number < 4; number++) {
    await js.publish("stir.x", "message", { msgID: String(number) });
  }
  const consumer = await js.consumers.get("STIR", "W");
  (await consumer.next())?.nak();
  (await consumer.next())?.term("no use");
  await (await consumer.next())?.ackAck();
  await consumer.next();
  await Bun.sleep(600);
  await consumer.next({ expires: 1000 });
  await manager.consumers.pause("STIR", "W", new Date(Date.now() + 60_000));
  await manager.consumers.resume("STIR", "W");
  await manager.consumers.delete("STIR", ephemeral.name);
  await manager.streams.purge("STIR");
  await manager.streams.delete("STIR");
  await client.request("$JS.API.STREAM.INFO.nope", "").catch(() => undefined);
}

async function tellAll(command: readonly string[]): Promise<Told> {
  await using server = await ServerProcess.start({ command, config, monitoring: true });
  const join = (user: string): Promise<NatsConnection> =>
    connect({ servers: server.url, user, pass: `p${user}`, name: user, reconnect: false });
  const system = await join("s");
  const first = await join("a");
  const advisories = gatherAdvisories(first);
  await first.flush();
  await stir(first);
  await fill(first);
  await Bun.sleep(500);
  const told: Told = new Map();
  await tellPages(server, pages, told);
  await tellRequests(
    new Map([
      ["s", system],
      ["a", first],
    ]),
    requests,
    told,
  );
  await Promise.all([first.close(), system.close()]);
  const named = [...advisories].map(([what, shape]): [string, readonly string[]] => [
    what.replace(/\.STIR\.(?!W$)\w+$/, ".STIR.random").replace(/\.JS_[^.]+$/, ".random"),
    shape,
  ]);
  return new Map([...told, ...named]);
}

process.exit(await comparePages(tellAll, meant, /^$/));
