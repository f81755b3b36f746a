// The same bytes to both servers, the same bytes back: texts, order and fate of each connection.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import {
  type Both,
  hasReference,
  type Script,
  skipNote,
  startBoth,
  transcript,
} from "./both-servers.ts";

const plain = { verbose: false };
const pubSub = "SUB a 1\r\nPUB a 2\r\nok\r\n";
const long = "x".repeat(5000);

function alone(name: string, bytes: string, connect: object | null = plain): Script {
  return { name, connections: { a: connect }, steps: [["a", bytes]] };
}

const scripts: readonly Script[] = [
  ...[
    "sub a 1\r\npub a 2\r\nok\r\n",
    "SUB\ta\t1\r\nPUB  a  2\r\nok\r\n",
    "SUB a 1\nPUB a 2\nok\r\n",
    "SUB a 1\r\nPUB a 2\nok\r\n",
    "SUB  a   q   1 \r\nPUB a r 0\r\n\r\n",
    " PING\r\n",
    "PING \r\n",
    "PING xyz\r\n",
    "PINGX\r\n",
    "PINPONG\r\n",
    "PONG\r\n",
    "PONG abc\r\n",
    "pong\r\n",
    "+OK\r\n",
    "+ok\r\n",
    "+OX\r\n",
    "-ERR 'x'\r\n",
    "-ERX\r\n",
    "INFO {}\r\n",
    "INFO {\r\n",
    "INF0 {}\r\n",
    "\n",
    "\r\n",
    "\r\r\n",
    "P\r\n",
    "PU\r\n",
    "PUBL a 1\r\n",
    "PUB a 0\r\n\r\n",
    "PUB a 1\r\nx\n",
    "PUB a 1\r\nxyz\r\n",
    "PUB a 000000001\r\nx\r\n",
    "PUB a 0000000001\r\nx\r\n",
    "PUB a +1\r\nx\r\n",
    "PUB a 1.5\r\nx\r\n",
    "PUB .a 1\r\nx\r\n",
    "PUB a. 1\r\nx\r\n",
    "PUB a..b 1\r\nx\r\n",
    "PUB * 1\r\nx\r\n",
    "PUB a.> 1\r\nx\r\n",
    "PUB >.a 1\r\nx\r\n",
    "SUB a 1 \r\nSUB a 1\r\nPUB a 1\r\nx\r\n",
    "SUB a 1\r\nSUB b 1\r\nPUB a 1\r\nx\r\nPUB b 1\r\ny\r\n",
    "SUB a x-long-sid_1\r\nPUB a 1\r\nx\r\n",
    "SUB > 1\r\nPUB a 1\r\nx\r\nPUB a.b 1\r\nx\r\n",
    "SUB a.> 1\r\nPUB a 1\r\nx\r\nPUB a.b.c 1\r\nx\r\n",
    "SUB a.* 1\r\nPUB a.* 1\r\nx\r\nPUB a.> 1\r\nx\r\n",
    "SUB a.>.b 1\r\n",
    "SUB >. 1\r\n",
    "SUB . 1\r\n",
    "SUB a. 1\r\n",
    "SUB .a 1\r\n",
    "SUB a*b 1\r\nPUB a*b 1\r\nx\r\n",
    "SUB a>b 1\r\nPUB a>b 1\r\nx\r\n",
    "SUB a 1\r\nUNSUB 1\r\nPUB a 1\r\nx\r\n",
    "SUB a 1\r\nUNSUB 1 2\r\nPUB a 1\r\n1\r\nPUB a 1\r\n2\r\nPUB a 1\r\n3\r\n",
    "SUB a 1\r\nPUB a 1\r\n1\r\nPUB a 1\r\n2\r\nUNSUB 1 2\r\nPUB a 1\r\n3\r\n",
    "SUB a 1\r\nPUB a 1\r\n1\r\nPUB a 1\r\n2\r\nUNSUB 1 3\r\nPUB a 1\r\n3\r\nPUB a 1\r\n4\r\n",
    "SUB a 1\r\nUNSUB 1 0\r\nPUB a 1\r\nx\r\n",
    "SUB a 1\r\nUNSUB 1 -1\r\nPUB a 1\r\nx\r\n",
    "SUB a 1\r\nUNSUB 1 x\r\nPUB a 1\r\nx\r\n",
    "SUB a 1\r\nUNSUB 1 9999999999\r\nPUB a 1\r\nx\r\n",
    "UNSUB 1 2 3\r\n",
    "UNSUB \r\n",
    "HPUB a 12 14\r\nNATS/1.0\r\n\r\nok\r\n",
    "SUB a 1\r\nHPUB a r 12 14\r\nNATS/1.0\r\n\r\nok\r\n",
    "SUB a 1\r\nHPUB a 14 14\r\nNATS/1.0\r\n\r\nok\r\n",
    "HPUB a 12\r\n",
    "HPUB a b c 12 14\r\n",
    "HPUB a x 14\r\n",
    "HPUB a 12 x\r\n",
    "HMSG a 1 2 3\r\n",
    `SUB ${long} 1\r\n`,
    `PUB ${long} 1\r\nx\r\n`,
    "PUB _R_.a 1\r\nx\r\n",
    "PUB a _R_.b 1\r\nx\r\n",
    "PUB a $JS.ACK.b 1\r\nx\r\n",
    "PUB a _GR_.b 1\r\nx\r\n",
    "PUB _GR_.a 1\r\nx\r\n",
    "PUB $GNR.a 1\r\nx\r\n",
    "PUB $NRG.a 1\r\nx\r\n",
    "PUB $SYS.a 1\r\nx\r\n",
    "SUB $SYS.> 1\r\nPUB $SYS.a 1\r\nx\r\n",
    "SUB a _sys_ 1\r\n",
    "CONNECT {}\r\n",
    "CONNECT\r\n",
    "CONNECT {x}\r\n",
    "CONNECT []\r\n",
    'CONNECT {"verbose":"yes"}\r\n',
    'CONNECT {"verbose":true}\r\nPING\r\nSUB a 1\r\n',
    'CONNECT {"protocol":2}\r\n',
    'CONNECT {"protocol":-1}\r\n',
    'CONNECT {"no_responders":true}\r\n',
    'CONNECT {"no_responders":true,"headers":false}\r\n',
    'CONNECT {"unknown_field":[1,{"a":null}]}\r\nPING\r\n',
    'CONNECT {"name":null}\r\nPING\r\n',
    "A\r\nPING\r\n",
    "PUB a 3000000\r\n",
    "PUB a 1048576\r\n",
    "PUB a 1048577\r\n",
  ].map((bytes) => alone(JSON.stringify(bytes.slice(0, 70)), bytes)),
  alone("verbose", `${pubSub}UNSUB 1\r\nSUB a..b 2\r\nPUB b 1\r\nx\r\n`, { verbose: true }),
  alone("no CONNECT at all", pubSub, null),
  alone("CONNECT without fields", `CONNECT {}\r\n${pubSub}`, null),
  alone("pedantic, a bad subject", "PUB a..b 1\r\nx\r\nPUB a.* 1\r\nx\r\n", { pedantic: true }),
  alone("pedantic and verbose", "PUB a.* 1\r\nx\r\nSUB a.* 1\r\n", {
    pedantic: true,
    verbose: true,
  }),
  alone("no echo", pubSub, { echo: false }),
  alone("no headers, HPUB", "HPUB a 12 14\r\nNATS/1.0\r\n\r\nok\r\n", { headers: false }),
  alone("no responders", "SUB r.* 1\r\nPUB nobody r.x 2\r\nok\r\n", {
    no_responders: true,
    headers: true,
  }),
  alone("no responders, no listener", "PUB nobody r.x 2\r\nok\r\n", {
    no_responders: true,
    headers: true,
  }),
  alone("no responders, by HPUB", "SUB r.* 1\r\nHPUB nobody r.x 12 12\r\nNATS/1.0\r\n\r\n\r\n", {
    no_responders: true,
    headers: true,
  }),
  alone("a foreign language", pubSub, { lang: "x", version: "1", name: "näme", protocol: 1 }),
  {
    name: "headers are cut off for who does not know them",
    connections: { a: { headers: true }, b: { headers: false } },
    steps: [
      ["b", "SUB a 1\r\n"],
      [
        "a",
        "SUB a 1\r\nHPUB a 12 14\r\nNATS/1.0\r\n\r\nok\r\nHPUB a r 12 12\r\nNATS/1.0\r\n\r\n\r\n",
      ],
    ],
  },
  {
    name: "a queue group of one beside plain ones",
    connections: { a: plain, b: plain },
    steps: [
      ["a", "SUB a q 1\r\n"],
      ["b", "SUB a 2\r\n"],
      ["b", "PUB a 2\r\nok\r\nPUB a r.x 2\r\nok\r\n"],
    ],
  },
  {
    name: "maximum and queue",
    connections: { a: plain, b: plain },
    steps: [
      ["a", "SUB a q 1\r\nUNSUB 1 1\r\n"],
      ["b", "PUB a 1\r\n1\r\nPUB a 1\r\n2\r\n"],
    ],
  },
];

const restricted = `authorization { users: [
  { user: joe, password: pw, permissions: {
    publish: { allow: ["ok.>", "ask"], deny: ["ok.no"] }
    subscribe: { allow: ["in.>", "work q.*", "_INBOX.>"], deny: ["in.secret"] } } }
  { user: answerer, password: pw, permissions: {
    publish: { deny: [">"] }, subscribe: ["ask"], allow_responses: true } }
  { user: all, password: pw } ] }`;

const joe = { user: "joe", pass: "pw" };
const all = { user: "all", pass: "pw" };

const restrictedScripts: readonly Script[] = [
  alone("permissions: publish", "PUB ok.a 1\r\nx\r\nPUB no 1\r\nx\r\nPUB ok.no 1\r\nx\r\n", joe),
  alone("permissions: publish with reply", "PUB ok.a no 1\r\nx\r\n", joe),
  alone(
    "permissions: subscribe",
    "SUB in.a 1\r\nSUB out 2\r\nSUB in.secret 3\r\nSUB in.* 4\r\n",
    joe,
  ),
  alone("permissions: queues", "SUB work q.a 1\r\nSUB work other 2\r\nSUB work 3\r\n", joe),
  alone("permissions: verbose", "PUB no 1\r\nx\r\nSUB out 2\r\nSUB in.a 3\r\n", {
    ...joe,
    verbose: true,
  }),
  {
    name: "permissions: denied deliveries are filtered",
    connections: { a: joe, b: all },
    steps: [
      ["a", "SUB in.* 1\r\n"],
      ["b", "PUB in.a 1\r\nx\r\nPUB in.secret 1\r\nx\r\nPUB in.b 1\r\nx\r\n"],
    ],
  },
  {
    name: "permissions: allow_responses",
    connections: { a: { user: "answerer", pass: "pw" }, b: all },
    steps: [
      ["a", "SUB ask 1\r\n"],
      ["b", "SUB r.* 1\r\nPUB ask r.1 1\r\nx\r\n"],
      ["a", "PUB r.1 1\r\ny\r\nPUB r.1 1\r\nz\r\nPUB r.2 1\r\nz\r\n"],
    ],
  },
];

const refusals: readonly Script[] = [
  alone("wrong password", 'CONNECT {"user":"joe","pass":"no"}\r\nPING\r\n', null),
  alone("no password", "CONNECT {}\r\nPING\r\n", null),
  alone("publishing before CONNECT", "PUB a 1\r\nx\r\n", null),
  alone("subscribing before CONNECT", "SUB a 1\r\n", null),
  alone("PING before CONNECT", "PING\r\n", null),
  alone("garbage before CONNECT", "garbage\r\n", null),
];

const crossing = `accounts {
  A { users: [ {user: a, password: pw} ]
    exports: [ {stream: "s.>"}, {service: "ask.*"}, {service: "many", response_type: stream} ] }
  B { users: [ {user: b, password: pw} ]
    imports: [ {stream: {account: A, subject: "s.>"}, prefix: "p"}
               {service: {account: A, subject: "ask.*"}, to: "q.*"}
               {service: {account: A, subject: "many"}} ]
    mappings: { old: new, "m.*.*": "n.{{wildcard(2)}}.{{wildcard(1)}}" } } }`;

const inA = { user: "a", pass: "pw" };
const inB = { user: "b", pass: "pw" };

const crossingScripts: readonly Script[] = [
  {
    name: "accounts: a stream import",
    connections: { a: inA, b: inB },
    steps: [
      ["b", "SUB p.s.> 1\r\nSUB p.s.x 2\r\nSUB p.s.* q 3\r\nSUB s.> 4\r\n"],
      ["a", "PUB s.x 1\r\nx\r\nPUB s.y.z r 1\r\nx\r\n"],
      ["b", "UNSUB 1\r\nUNSUB 2\r\n"],
      ["a", "PUB s.x 1\r\nx\r\n"],
    ],
  },
  {
    name: "accounts: a service import answers",
    connections: { a: inA, b: inB },
    steps: [
      ["b", "SUB r.* 1\r\nPUB q.x r.1 1\r\nx\r\n"],
      ["b", "PUB q.x 1\r\nx\r\n"],
    ],
  },
  {
    name: "accounts: nobody serves the import",
    connections: { b: { ...inB, headers: true, no_responders: true } },
    steps: [["b", "SUB r.* 1\r\nPUB q.x r.1 1\r\nx\r\n"]],
  },
  {
    name: "accounts: mappings",
    connections: { b: inB },
    steps: [["b", "SUB > 1\r\nPUB old 1\r\nx\r\nPUB m.1.2 r 1\r\nx\r\nPUB m.1 1\r\nx\r\n"]],
  },
];

function compareAll(title: string, config: string | undefined, list: readonly Script[]): void {
  describe.skipIf(!hasReference)(`${title}${skipNote}`, () => {
    let both: Both;
    beforeAll(async () => {
      both = await startBoth(config);
    });
    afterAll(async () => {
      await both[Symbol.asyncDispose]();
    });
    for (const script of list) {
      test(script.name, async () => {
        const [mine, theirs] = await Promise.all([
          transcript(both.midge, script),
          transcript(both.reference, script),
        ]);
        expect(mine).toEqual(theirs);
      });
    }
  });
}

compareAll("without configuration", undefined, scripts);
compareAll("with permissions", restricted, restrictedScripts);
compareAll("refusals", restricted, refusals);
compareAll("across accounts", crossing, crossingScripts);
compareAll("with small limits", "max_payload: 100\nmax_control_line: 64\nmax_subscriptions: 2", [
  alone("small: payload", `PUB a 101\r\n${"x".repeat(101)}\r\n`),
  alone("small: control line", `PUB ${"a".repeat(70)} 1\r\nx\r\n`),
  alone("small: control line at its limit", `PUB ${"a".repeat(56)} 1\r\nx\r\n`),
  alone("small: subscriptions", "SUB a 1\r\nSUB b 2\r\nSUB c 3\r\nUNSUB 1\r\nSUB d 4\r\nPING\r\n"),
]);
compareAll("with no_header_support", "no_header_support: true", [
  alone("HPUB is refused", "HPUB a 12 14\r\nNATS/1.0\r\n\r\nok\r\n"),
  alone("CONNECT with headers", pubSub, { headers: true }),
]);
