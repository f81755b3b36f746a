// Compares what this server and the reference tell about themselves: the same clients on both, then every page over
// HTTP and from the system account, and the events meanwhile. Members and their types must be the same, values need not.
// Run: MIDGE_REFERENCE=/path/to/nats-server bun test/compare/monitor.ts

import { connect, type NatsConnection } from "@nats-io/transport-node";
import { ServerProcess } from "../support/server-process.ts";
import { waitUntil } from "../support/wait-until.ts";
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
server_tags: ["a:b", "C:d"]
server_metadata { zone: z1, rack: r1 }
accounts {
  A {
    users: [
      { user: a, password: pa, permissions: { publish: { allow: ">", deny: "foo.no" }, subscribe: { allow: ">" }, allow_responses: { max: 3, expires: "2s" } } }
    ]
    exports: [ { stream: "foo.>" }, { service: "svc.>", accounts: [B], latency: { sampling: 50, subject: lat.x } } ]
    mappings: { "m.w.*": [ { destination: "w1.$1", weight: 30% }, { destination: "w2.$1", weight: 70% } ] }
  }
  B {
    users: [ { user: b, password: pb } ]
    imports: [ { stream: { account: A, subject: "foo.>" }, prefix: imp }, { service: { account: A, subject: "svc.x" }, to: my.svc } ]
  }
  SYS { users: [ { user: s, password: ps } ] }
}
system_account: SYS
`;

const pages: readonly string[] = [
  "/varz",
  "/connz?subs=1&auth=1",
  "/connz?subs=detail",
  "/connz?state=closed&auth=1&subs=detail",
  "/connz?state=any&sort=uptime&limit=1",
  "/connz?acc=nobody",
  "/connz?sort=bad",
  "/connz?auth=x",
  "/connz?limit=x",
  "/connz?cid=-1",
  "/connz?state=foo",
  "/connz?sort=stop",
  "/subsz",
  "/subsz?subs=1&acc=A",
  "/subscriptionsz?subs=1&test=foo.bar",
  "/subsz?test=foo.*",
  "/accountz",
  "/accountz?acc=A",
  "/accountz?acc=B",
  "/accountz?acc=SYS",
  "/accountz?acc=nobody",
  "/accstatz",
  "/accstatz?unused=1",
  "/accstatz?unused=2",
  "/routez?subs=detail",
  "/gatewayz?accs=1",
  "/leafz?subs=1",
  "/leafz?subs=detail",
  "/jsz?accounts=1",
  "/jsz?leader-only=1",
  "/healthz",
  "/healthz?details=1",
  "/healthz?stream=x",
  "/healthz?consumer=x&account=a&details=1",
  "/ipqueuesz",
  "/raftz",
  "/nope",
  "/varz/",
];

const requests: readonly SystemRequest[] = [
  ["SERVER.PING", "s", ""],
  ...["IDZ", "STATSZ", "VARZ", "SUBSZ", "CONNZ", "ROUTEZ", "GATEWAYZ", "LEAFZ"].map(
    (page) => [`SERVER.PING.${page}`, "s", ""] as const,
  ),
  ...["ACCOUNTZ", "JSZ", "HEALTHZ", "PROFILEZ", "RAFTZ"].map(
    (page) => [`SERVER.ID.${page}`, "s", ""] as const,
  ),
  ["SERVER.ID.CONNZ", "s", { acc: "A", filter_subject: "foo.bar", auth: true }],
  ["SERVER.ID.CONNZ", "s", { sort: "bad" }],
  ["SERVER.ID.CONNZ", "s", { limit: "x" }],
  ["SERVER.ID.VARZ", "s", "{x"],
  ["SERVER.PING.HEALTHZ", "s", { server_name: "nobody" }],
  ["SERVER.PING.HEALTHZ", "s", { tags: ["A:B"], server_name: "sam" }],
  ...["SUBSZ", "CONNZ", "LEAFZ", "JSZ", "INFO", "STATZ", "CONNS"].map(
    (page) => [`ACCOUNT.A.${page}`, "s", ""] as const,
  ),
  ["ACCOUNT.nobody.CONNZ", "s", ""],
  ["ACCOUNT.nobody.INFO", "s", ""],
  ["ACCOUNT.nobody.STATZ", "s", ""],
  ["ACCOUNT.PING.STATZ", "s", ""],
  ["ACCOUNT.NSUBS", "s", { acc: "A", subject: "foo.bar" }],
  ["USER.INFO", "a", ""],
  ["USER.INFO", "b", ""],
  ["USER.INFO", "s", ""],
  ["ACCOUNT.PING.CONNZ", "b", { auth: true, subscriptions: true }],
  ["SERVER.PING.CONNZ", "b", ""],
  ["ACCOUNT.PING.STATZ", "b", ""],
  ["SERVER.PING.STATSZ", "b", ""],
  ["SERVER.ID.KICK", "s", { cid: 99_999 }],
  ["SERVER.ID.LDM", "s", { cid: 99_999 }],
  ["SERVER.ID.KICK", "s", "{x"],
  ["SERVER.ID.RELOAD", "s", ""],
];

/** Differences that are meant, as members of any page. */
const meant: readonly RegExp[] = [
  // The reference was built without a commit; ours stands for the product's name.
  /\.git_commit\b/,
  // Switches of features that are not built.
  /\.feature_flags\b/,
];

/** Asked or heard, and not compared: at a reload the reference lets everybody connect anew, here those who may stay do. */
const notCompared = /^event \$SYS\..*ACCOUNT\.SYS\./;

/** Of each kind of event the members, however many there were. */
function gatherEvents(system: NatsConnection): Told {
  const events: Told = new Map();
  const id = system.info?.server_id ?? "";
  system.subscribe("$SYS.>", {
    callback: (_error, message) => {
      const subject = message.subject.replace(id, "ID");
      if (!subject.startsWith("$SYS.REQ.")) {
        const known = events.get(`event ${subject}`) ?? [];
        events.set(`event ${subject}`, [...new Set([...known, ...shapeOfText(message.string())])]);
      }
    },
  });
  return events;
}

async function tellAll(command: readonly string[]): Promise<Told> {
  await using server = await ServerProcess.start({ command, config, monitoring: true });
  const join = (user: string, name: string): Promise<NatsConnection> =>
    connect({ servers: server.url, user, pass: `p${user}`, name, reconnect: false });
  const system = await join("s", "sysc");
  const events = gatherEvents(system);
  await system.flush();
  const first = await join("a", "cl-a");
  const second = await join("b", "cl-b");
  const leaver = await join("b", "leaver");
  first.subscribe("foo.bar");
  first.subscribe("foo.>", { queue: "g1", max: 5 });
  second.subscribe("imp.foo.>");
  leaver.subscribe("bar");
  await Promise.all([first.flush(), second.flush(), leaver.flush()]);
  first.publish("foo.bar", "hello");
  await first.flush();
  await leaver.close();
  await connect({ servers: server.url, user: "a", pass: "wrong", reconnect: false }).catch(
    () => undefined,
  );
  await waitUntil("both ends", () => events.has("event $SYS.ACCOUNT.$G.DISCONNECT"));
  const told: Told = new Map();
  await tellPages(server, pages, told);
  await tellRequests(
    new Map([
      ["s", system],
      ["a", first],
      ["b", second],
    ]),
    requests,
    told,
  );
  await Promise.all([first.close(), second.close()]);
  await waitUntil("the last event", () => events.has("event $SYS.ACCOUNT.A.DISCONNECT"));
  const broadcast = "event $SYS.SERVER.ID.STATSZ";
  await waitUntil("a broadcast of statistics", () => events.has(broadcast), 12_000);
  const gone = system.closed();
  server.signal("SIGUSR2");
  await gone;
  return new Map([...told, ...events]);
}

process.exit(await comparePages(tellAll, meant, notCompared));
