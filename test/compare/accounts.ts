// Compares the roads between accounts with the reference: the same raw clients send the same bytes to both, and what
// each client then received must be the same but for chance and time. Definitions that must be refused are checked too.
// Run: MIDGE_REFERENCE=/path/to/nats-server bun test/compare/accounts.ts

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RawClient } from "../support/raw-client.ts";
import { ServerProcess, serverCommand } from "../support/server-process.ts";

const config = `
server_name: same
accounts {
  A {
    users: [{ user: a, password: p }]
    exports: [
      { service: "svc.>" }
      { service: "st", response_type: stream }
      { service: "one", latency: "one.out", threshold: "300ms" }
      { service: "traced", latency: { sampling: headers, subject: "traced.out" } }
      { service: "svc.self" }
      { stream: ">" }
    ]
    mappings: { "svc.m": "real.m", "svc.lost": [{ destination: "svc.lost", weight: 0 }] }
    imports: [{ service: { account: A, subject: "svc.self" }, to: "svc.self" }]
  }
  B {
    users: [{ user: b, password: p }]
    exports: [{ service: "b.>" }]
    imports: [
      { service: { account: A, subject: "svc.x" }, to: "b.x" }
      { service: { account: A, subject: "svc.y" }, share: true }
      { service: { account: A, subject: "svc.w.*" }, to: "w.*" }
      { service: { account: A, subject: "svc.m" }, to: "s.m" }
      { service: { account: A, subject: "svc.lost" }, to: "s.lost" }
      { service: { account: A, subject: "st" } }
      { service: { account: A, subject: "one" }, share: true }
      { service: { account: A, subject: "traced" } }
      { stream: { account: A, subject: "foo.>" }, prefix: p }
      { stream: { account: A, subject: "bar.*.*" }, to: "q.$2.$1" }
      { stream: { account: A, subject: lit }, to: "x.lit" }
      { stream: { account: A, subject: "same.*" } }
    ]
    mappings: { "mm": "s.m", "inboxm": "inboxmapped" }
  }
  C {
    users: [{ user: c, password: p }]
    imports: [{ service: { account: B, subject: "b.x" }, to: "c.x", share: true }]
  }
}
`;

/** Who sends what; "_R_" stands for the last `_R_` subject that this client saw. Then all are heard. */
type Step = readonly [name: string, client: Name, bytes: string, waitMillis?: number];
type Name = "a" | "b" | "c";

const steps: readonly Step[] = [
  ["nobody listens", "b", "SUB inbox 1\r\nPUB b.x inbox 2\r\nhi\r\n"],
  ["nobody listens, two hops", "c", "SUB inbox 1\r\nPUB c.x inbox 2\r\nhi\r\n"],
  ["listen", "a", "SUB svc.> 1\r\nSUB real.> 2\r\nSUB st 3\r\nSUB one 4\r\nSUB traced 5\r\n"],
  ["listen to metrics", "a", "SUB one.out 6\r\nSUB traced.out 7\r\nSUB back 8\r\n"],
  ["request", "b", "PUB b.x inbox 2\r\nhi\r\n"],
  ["answer", "a", "PUB _R_ 3\r\nans\r\n"],
  ["answer again", "a", "PUB _R_ 3\r\nans\r\n"],
  ["shared", "b", "PUB svc.y inbox 2\r\nhi\r\n"],
  ["shared with headers", "b", "HPUB svc.y inbox 22 24\r\nNATS/1.0\r\nFoo: bar\r\n\r\nhi\r\n"],
  ["wildcard without reply", "b", "PUB w.foo 2\r\nhi\r\n"],
  ["two hops", "c", "PUB c.x inbox 2\r\nhi\r\n"],
  ["answer two hops", "a", "PUB _R_ 3\r\nans\r\n"],
  ["ask back", "b", "PUB b.x inbox 2\r\nhi\r\n"],
  ["answer with a reply", "a", "PUB _R_ back 3\r\nans\r\n"],
  ["answer the answer", "b", "PUB _R_ 2\r\nyo\r\n"],
  ["stream of answers", "b", "PUB st inbox 2\r\nhi\r\n"],
  ["many answers", "a", "PUB _R_ 1\r\n1\r\nPUB _R_ 1\r\n2\r\nPUB _R_ 0\r\n\r\nPUB _R_ 1\r\n3\r\n"],
  ["mapped twice", "b", "PUB mm inbox 2\r\nhi\r\n"],
  ["mapped reply", "b", "SUB inboxmapped 4\r\nSUB inboxm 5\r\nPUB b.x inboxm 2\r\nhi\r\n"],
  ["answer to a mapped reply", "a", "PUB _R_ 3\r\nans\r\n"],
  ["lost", "b", "PUB s.lost inbox 2\r\nhi\r\n"],
  ["self", "a", "PUB svc.self r 2\r\nhi\r\n"],
  ["measured", "b", "PUB one inbox 2\r\nhi\r\n"],
  ["measured answer", "a", "PUB _R_ 3\r\nans\r\n", 50],
  ["measured, no reply", "b", "PUB one 2\r\nhi\r\n", 50],
  ["measured, too late", "b", "PUB one inbox 2\r\nhi\r\n", 700],
  ["traced", "b", "HPUB traced inbox 23 23\r\nNATS/1.0\r\nb3: 1-2-1\r\n\r\n\r\n"],
  ["traced answer", "a", "PUB _R_ 3\r\nans\r\n", 50],
  ["not traced", "b", "HPUB traced inbox 19 19\r\nNATS/1.0\r\nb3: 0\r\n\r\n\r\n"],
  ["not traced answer", "a", "PUB _R_ 3\r\nans\r\n", 50],
  ["measured, then gone", "b", "PUB one inbox 2\r\nhi\r\n"],
  ["measured, gone", "b", "UNSUB 1\r\n", 250],
  ["stop listening", "a", "UNSUB 4\r\n"],
  ["measured, nobody", "b", "SUB inbox 1\r\nPUB one inbox 2\r\nhi\r\n", 50],
  ["own listener", "b", "SUB b.x 9\r\nPUB b.x inbox 2\r\nhi\r\n"],
  ...[
    ...["p.foo.>", "p.foo.*", "p.foo.a", "p.>", ">", "*.*.*", "*.*", "q.*.1", "q.2.*", "q.>"],
    ...["*.2.1", "x.*", "x.lit", "lit", "same.>", "same.*", "same.a", "*.a", "*.foo.a"],
    ...["p.*.a", "p.*.*.b", "*.>", "p.foo.> queue"],
  ].flatMap((subject, number): readonly Step[] => [
    [`subscribe ${subject}`, "b", `SUB ${subject} s${number}\r\n`],
    [
      `streams to ${subject}`,
      "a",
      ["foo.a", "foo.a.b", "bar.1.2", "bar.2.1", "lit", "same.a", "same.b.c", "other"]
        .map((published) => `PUB ${published} r 1\r\nx\r\n`)
        .join(""),
    ],
    [`unsubscribe ${subject}`, "b", `UNSUB s${number}\r\n`],
  ]),
];

/** What to refuse, and the lines of the definition. */
const refused: readonly string[] = [
  "B { imports: [{ service: { account: C, subject: a.b } }] }",
  "A { exports: [{ service: a.b }] }\nB { imports: [{ service: { account: A, subject: a.c } }] }",
  "A { exports: [{ stream: a.b, accounts: [X] }] }",
  "A { exports: [{ service: a.b, accounts: [X] }] }",
  "A { exports: [{ stream: a.b, accounts: [C] }] }\nC {}\nB { imports: [{ stream: { account: A, subject: a.b } }] }",
  'A { exports: [{ stream: "a.*" }] }\nB { imports: [{ stream: { account: A, subject: "a.*" }, prefix: "x.*" }] }',
  'A { exports: [{ stream: "a.*" }] }\nB { imports: [{ stream: { account: A, subject: "a.*" }, to: "x.y" }] }',
  'A { exports: [{ service: "a.*" }] }\nB { imports: [{ service: { account: A, subject: "a.*" }, to: "x.b" }] }',
  'A { exports: [{ service: "a.*", account_token_position: 1 }] }',
  'A { exports: [{ service: "a.*", latency: "lat.*" }] }',
  'A { exports: [{ service: "a.*", response: stream, latency: "lat" }] }',
  'A { exports: [{ stream: "a" }]\n imports: [{ stream: { account: B, subject: "a" } }] }\n' +
    'B { exports: [{ stream: "a" }]\n imports: [{ stream: { account: A, subject: "a" } }] }',
];

type Told = Map<string, string>;

async function tellAll(command: readonly string[]): Promise<Told> {
  const told: Told = new Map();
  await using server = await ServerProcess.start({ config, command });
  const open = (user: Name): Promise<RawClient> =>
    RawClient.open(server.port, { user, pass: "p", name: user, no_responders: true });
  const clients = { a: await open("a"), b: await open("b"), c: await open("c") };
  const lastReply = new Map<Name, string>();
  for (const [name, client, bytes, waitMillis = 0] of steps) {
    clients[client].send(bytes.replaceAll("_R_", lastReply.get(client) ?? "none"));
    await clients[client].roundTrip();
    await Bun.sleep(waitMillis);
    for (const listener of ["a", "b", "c"] as const) {
      const text = await clients[listener].roundTrip();
      clients[listener].forget();
      lastReply.set(listener, /_R_\.\S+/.exec(text)?.[0] ?? lastReply.get(listener) ?? "none");
      told.set(`${name}: ${listener}`, comparable(text));
    }
  }
  for (const client of Object.values(clients)) {
    client[Symbol.dispose]();
  }
  for (const definition of refused) {
    told.set(definition, await refusal(command, definition));
  }
  return told;
}

async function refusal(command: readonly string[], accounts: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "midge-compare-"));
  writeFileSync(join(folder, "t.conf"), `accounts {\n${accounts}\n}\n`);
  const child = Bun.spawn([...command, "-t", "-c", "t.conf"], {
    cwd: folder,
    stdio: ["ignore", "ignore", "pipe"],
  });
  const text = await new Response(child.stderr).text();
  rmSync(folder, { recursive: true });
  // The program's own name stands before the first colon, the place before the words.
  return text
    .replace(/^[^:]*: /, "")
    .replace(/^t\.conf:\d+:\d+: /, "")
    .trim();
}

/** Without what chance and time decide. */
function comparable(text: string): string {
  return (
    text
      .replace(/P[IO]NG\r\n|INFO .*\r\n/g, "")
      .replace(/_R_\.[0-9A-Za-z.]+/g, "_R_")
      .replace(/,?"rtt":\d+/g, "")
      .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "TIME")
      .replace(/"id":("[^"]*"|\d+)/g, '"id"')
      .replace(/"(service|system|total)":[1-9]\d*/g, '"$1":some')
      .replace(/^(HMSG \S+ \S+(?: \S+)?) \d+ \d+(?=\r\n)/gm, "$1 SIZES")
      // Of what the server itself says the reference writes two blanks where no reply stands.
      .replace(/^(MSG \S+ \S+) +\d+(?=\r\n\{)/gm, "$1 SIZE")
  );
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
  let differences = 0;
  for (const [what, their] of theirs) {
    const our = ours.get(what) ?? "nothing";
    if (our !== their) {
      differences += 1;
      say(`${what}\n  reference: ${JSON.stringify(their)}\n  ours:      ${JSON.stringify(our)}`);
    }
  }
  say(`${theirs.size} answers compared, ${differences} differences`);
  return differences === 0 ? 0 : 1;
}

process.exit(await main());
