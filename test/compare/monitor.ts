// Compares what this server and the reference tell about themselves: the same clients on both, then every page over
// HTTP and from the system account, and the events meanwhile. Members and their types must be the same, values need not.
// Run: MIDGE_REFERENCE=/path/to/nats-server bun test/compare/monitor.ts

import { connect, type NatsConnection } from "@nats-io/transport-node";
import { ServerProcess, serverCommand } from "../support/server-process.ts";
import { waitUntil } from "../support/wait-until.ts";

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

/** Subject below $SYS.REQ, who asks, and the body; `ID` stands for the server's id. */
const requests: readonly (readonly [subject: string, user: string, body: object | string])[] = [
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

const answerMillis = 700;

/** What one server told, by what it was asked. */
type Told = Map<string, readonly string[]>;

/** Every member with its type, elements of a list taken together. */
function shapeOf(value: unknown, path = ""): readonly string[] {
  if (Array.isArray(value)) {
    return [...new Set([`${path}[]`, ...value.flatMap((item) => shapeOf(item, `${path}[]`))])];
  }
  if (typeof value !== "object" || value === null) {
    return [`${path}: ${value === null ? "null" : typeof value}`];
  }
  return Object.entries(value).flatMap(([key, member]) =>
    // How often pages were asked for depends on who asked.
    key === "http_req_stats" ? [`${path}.${key}`] : shapeOf(member, `${path}.${key}`),
  );
}

function shapeOfText(text: string): readonly string[] {
  try {
    return shapeOf(JSON.parse(text));
  } catch {
    return [text];
  }
}

async function tellPages(server: ServerProcess, told: Told): Promise<void> {
  for (const page of pages) {
    const answer = await fetch(`http://127.0.0.1:${server.monitoringPort}${page}`);
    const head = `${answer.status} ${answer.headers.get("content-type")}`;
    told.set(page, [head, ...shapeOfText(await answer.text())]);
  }
}

async function tellRequests(
  clients: ReadonlyMap<string, NatsConnection>,
  told: Told,
): Promise<void> {
  for (const [name, user, body] of requests) {
    const client = clients.get(user);
    const id = client?.info?.server_id ?? "";
    const text = typeof body === "string" ? body : JSON.stringify(body);
    const subject = `$SYS.REQ.${name.replace("ID", id)}`;
    let answer: string;
    try {
      const message = await client?.request(subject, text, { timeout: answerMillis });
      answer = message?.string() ?? "";
    } catch (refusal) {
      answer = refusal instanceof Error ? refusal.constructor.name : String(refusal);
    }
    told.set(`${user} ${name} ${text}`, shapeOfText(answer));
  }
}

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
  await tellPages(server, told);
  await tellRequests(
    new Map([
      ["s", system],
      ["a", first],
      ["b", second],
    ]),
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

function withoutMeant(shape: readonly string[]): readonly string[] {
  return shape.filter((line) => !meant.some((pattern) => pattern.test(line)));
}

/** Lines for people; none when all is the same. */
function differences(ours: Told, theirs: Told): readonly string[] {
  const asked = new Set([...theirs.keys(), ...ours.keys()]);
  const compared = [...asked].filter((what) => !notCompared.test(what));
  return compared.flatMap((what) => {
    const our = withoutMeant(ours.get(what) ?? ["nothing"]);
    const their = withoutMeant(theirs.get(what) ?? ["nothing"]);
    const onlyOurs = our.filter((line) => !their.includes(line));
    const onlyTheirs = their.filter((line) => !our.includes(line));
    return onlyOurs.length + onlyTheirs.length === 0
      ? []
      : [
          what,
          ...onlyTheirs.map((line) => `  only the reference: ${line}`),
          ...onlyOurs.map((line) => `  only this server:   ${line}`),
        ];
  });
}

async function main(): Promise<number> {
  const reference = process.env["MIDGE_REFERENCE"] ?? "";
  const say = (line: string): void => {
    process.stdout.write(`${line}\n`);
  };
  if (reference === "") {
    say("skipped: MIDGE_REFERENCE does not name a reference server");
    return 0;
  }
  const theirs = await tellAll([reference]);
  const ours = await tellAll(serverCommand());
  const found = differences(ours, theirs);
  for (const line of found) {
    say(line);
  }
  say(
    `${theirs.size} answers and events compared, ${found.length === 0 ? "no" : "some"} differences`,
  );
  return found.length === 0 ? 0 : 1;
}

process.exit(await main());
