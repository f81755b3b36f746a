import { describe, expect, test } from "bun:test";
import type { AccountOptions, UserOptions } from "../../../src/config/options.ts";
import type { Fabric } from "../../../src/wasm/fabric.ts";
import {
  account,
  service,
  stream,
  takesService,
  takesStream,
} from "../accounts/account-options.ts";
import { type FakeClient, fabrics, openRig, type Rig } from "./broker-rig.ts";

function user(name: string, parts: Partial<UserOptions> = {}): UserOptions {
  const plain = { name, password: "p", nkey: null, permissions: null, allowedConnectionTypes: [] };
  return { ...plain, ...parts };
}

const nothing = { allow: null, deny: [] };
const limited = user("limited", {
  permissions: { publish: { allow: ["ok.>", "t"], deny: [] }, subscribe: nothing, responses: null },
});
const deaf = user("deaf", {
  permissions: {
    publish: nothing,
    subscribe: { allow: [">"], deny: ["a.secret"] },
    responses: null,
  },
});

function everywhere(source: string, destination: string): AccountOptions["mappings"][number] {
  return { source, destinations: [{ destination, weight: 100, cluster: null }] };
}

const tenants: readonly AccountOptions[] = [
  account("A", {
    users: [user("a"), limited, deaf],
    exports: [stream("out.>")],
    imports: [
      takesService("B", "open.*", { to: "my.*" }),
      takesService("B", "shut", { to: "closed" }),
      takesService("B", "later", { to: "via" }),
    ],
    mappings: [everywhere("old.*", "a.$1"), everywhere("req", "my.one")],
    messageTrace: { destination: "account.traces", sampling: 100 },
  }),
  account("B", {
    users: [user("b")],
    exports: [
      service("open.*", { allowTrace: true }),
      service("shut"),
      service("later", { allowTrace: true }),
    ],
    imports: [
      takesStream("A", "out.*", { to: "in.*" }),
      takesStream("A", "out.*.free", { to: "free.*", allowTrace: true }),
      takesService("C", "deep", { to: "later" }),
    ],
  }),
  account("C", { users: [user("c")], exports: [service("deep", { allowTrace: true })] }),
];

const dest = "Nats-Trace-Dest: t";
const only = "Nats-Trace-Only: true";

function hpub(subject: string, lines: readonly string[], body = "hi"): string {
  const block = `${["NATS/1.0", ...lines].join("\r\n")}\r\n\r\n`;
  return `HPUB ${subject} ${block.length} ${block.length + body.length}\r\n${block}${body}\r\n`;
}

/** The traces in what a client heard, as the events say them, without their times. */
function tracesIn(heard: string): readonly string[][] {
  return [...heard.matchAll(/\{"server".*\}/g)].map(([text]) => {
    const { server, request, events } = JSON.parse(text);
    expect(server).toEqual({ name: "here" });
    expect(request.header).toBeDefined();
    return events.map(shown);
  });
}

function shown({ type, ts, ...fields }: Record<string, unknown>): string {
  expect(ts).toMatch(/^2026-11-.*Z$/);
  const { kind, ...rest } = fields;
  expect(kind).toBe(type === "in" || type === "eg" ? 0 : undefined);
  const texts = Object.entries(rest).map(([key, value]) => `${key}=${value}`);
  return [type, ...texts].join(" ");
}

describe.each(fabrics)("traced messages over %s", (_name, makeFabric: () => Fabric) => {
  class Table {
    readonly rig: Rig = openRig(makeFabric, { accounts: tenants });
    readonly watcher: FakeClient;

    constructor() {
      this.rig.broker.traces.outlet = {
        stamp: () => ({ name: "here" }),
        gzip: (bytes) => bytes.toReversed(),
      };
      this.watcher = this.client("a");
      this.watcher.say("SUB t 1\r\nSUB account.traces 2\r\n");
    }

    client(name: string, options: object = {}): FakeClient {
      const client = this.rig.client();
      const fields = { user: name, pass: "p", name, headers: true, no_responders: true };
      client.connect({ ...fields, ...options });
      return client;
    }

    traces(): readonly string[][] {
      return tracesIn(this.watcher.hear());
    }
  }

  test("tell who published and who heard it", () => {
    const table = new Table();
    const [sender, listener] = [table.client("a"), table.client("a")];
    listener.say("SUB a.* 7\r\nSUB a.> q 8\r\n");
    sender.say(hpub("a.x", [dest]));
    expect(listener.hear()).toContain("HMSG a.x 7 32 34\r\n");
    expect(table.traces()).toEqual([
      [
        "in cid=2 name=a acc=A subj=a.x",
        "eg cid=3 name=a sub=a.*",
        "eg cid=3 name=a sub=a.> queue=q",
      ],
    ]);
  });

  test("are whole JSON, as the reference writes it", () => {
    const table = new Table();
    table.client("a").say(hpub("nobody", [dest, "X: <1>"]));
    expect(table.watcher.hear().replaceAll(/"ts":"[^"]*"/g, '"ts":""')).toBe(
      "MSG t 1 215\r\n" +
        '{"server":{"name":"here"},' +
        '"request":{"header":{"Nats-Trace-Dest":["t"],"X":["\\u003c1\\u003e"]},"msgsize":42},' +
        '"events":[{"type":"in","ts":"","kind":0,"cid":2,"name":"a","acc":"A","subj":"nobody"}]}\r\n',
    );
  });

  test("only, leave the message undelivered and uncounted for who would have heard it", () => {
    const table = new Table();
    const [sender, listener] = [table.client("a", { verbose: true }), table.client("a")];
    listener.say("SUB a.x 7\r\nSUB a.x q 8\r\nUNSUB 7 1\r\n");
    sender.hear();
    expect(sender.say(hpub("a.x", [dest, only]))).toBe("+OK\r\n");
    expect(listener.hear()).toBe("");
    expect(table.traces()).toEqual([
      [
        "in cid=2 name=a acc=A subj=a.x",
        "eg cid=3 name=a sub=a.x",
        "eg cid=3 name=a sub=a.x queue=q",
      ],
    ]);
    sender.say("PUB a.x 0\r\n\r\n");
    expect(listener.hear()).toContain("MSG a.x 7 0\r\n");
    expect(table.rig.fabric.totals().inMessages).toBe(2);
  });

  test("name the member of a queue group that got it", () => {
    const table = new Table();
    const members = [table.client("a"), table.client("a"), table.client("a")];
    for (const member of members) {
      member.say("SUB a.x q 1\r\n");
    }
    const sender = table.client("a");
    for (let round = 0; round < 12; round += 1) {
      sender.say(hpub("a.x", [dest]));
      const got = members.findIndex((member) => member.hear() !== "");
      expect(table.traces()).toEqual([
        ["in cid=5 name=a acc=A subj=a.x", `eg cid=${got + 2} name=a sub=a.x queue=q`],
      ]);
    }
  });

  test("tell why somebody did not hear it", () => {
    const table = new Table();
    const quiet = table.client("a", { echo: false });
    const denied = table.client("deaf");
    quiet.say("SUB a.* 1\r\nSUB a.secret q 2\r\n");
    denied.say("SUB a.* 1\r\nSUB a.* q2 2\r\n");
    for (const lines of [[dest], [dest, only]]) {
      quiet.say(hpub("a.secret", lines));
      expect(table.traces()).toEqual([
        [
          "in cid=2 name=a acc=A subj=a.secret",
          "eg cid=2 name=a sub=a.* error=Not delivered because of no echo",
          "eg cid=3 name=deaf sub=a.* error=Not delivered because subscription denies this subject",
          "eg cid=2 name=a sub=a.secret queue=q error=Not delivered because of no echo",
          "eg cid=3 name=deaf sub=a.* queue=q2 error=Not delivered because subscription denies this subject",
        ],
      ]);
    }
  });

  test("tell of a subscription that ends with this message", () => {
    const table = new Table();
    const listener = table.client("a");
    listener.say("SUB a.x 1\r\nUNSUB 1 1\r\n");
    const sender = table.client("a");
    sender.say(hpub("a.x", [dest]) + hpub("a.x", [dest]));
    expect(table.traces().map((events) => events.slice(1))).toEqual([
      ["eg cid=2 name=a sub=a.x"],
      [],
    ]);
  });

  test("tell that publishing is denied, and the client hears it too", () => {
    const table = new Table();
    const sender = table.client("limited");
    for (const lines of [[dest], [dest, only]]) {
      expect(sender.say(hpub("a.x", lines))).toBe(
        "-ERR 'Permissions Violation for Publish to \"a.x\"'\r\n",
      );
      expect(sender.say(hpub("ok.x _R_.x", lines))).toBe(
        "-ERR 'Permissions Violation for Publish with Reply of \"_R_.x\"'\r\n",
      );
      expect(table.traces()).toEqual([
        ['in cid=2 name=limited acc=A subj=a.x error=Permissions Violation for Publish to "a.x"'],
        [
          'in cid=2 name=limited acc=A subj=ok.x error=Permissions Violation for Publish with Reply of "_R_.x"',
        ],
      ]);
    }
  });

  test("tell of a mapping, and what is denied behind it", () => {
    const table = new Table();
    table.client("a").say(hpub("old.x", [dest]));
    const denied = table.client("limited").say(hpub("old.y", [dest]));
    expect(denied).toBe("-ERR 'Permissions Violation for Publish to \"a.y\"'\r\n");
    expect(table.traces()).toEqual([
      ["in cid=2 name=a acc=A subj=old.x", "sm to=a.x"],
      [
        'in cid=3 name=limited acc=A subj=old.y error=Permissions Violation for Publish to "a.y"',
        "sm to=a.y",
      ],
    ]);
  });

  test("tell of a payload that is too large, as far as its headers are here", () => {
    const table = new Table();
    const block = `NATS/1.0\r\n${dest}\r\n\r\n`;
    const sender = table.client("a");
    sender.say(`HPUB a.x ${block.length} 9000000\r\n${block}hi`);
    expect(sender.socket.isShutDown || sender.socket.isClosed).toBe(true);
    table.client("a").say(`HPUB a.x ${block.length} 9000000\r\n${block.slice(0, 20)}`);
    expect(table.traces()).toEqual([
      ["in cid=2 name=a acc=A subj=a.x error=maximum payload exceeded"],
    ]);
  });

  test("go where the client may publish, or the message goes nowhere", () => {
    const table = new Table();
    const listener = table.client("a");
    listener.say("SUB ok.x 1\r\nSUB other 2\r\n");
    const sender = table.client("limited", { verbose: true });
    expect(sender.say(hpub("ok.x", ["Nats-Trace-Dest: other"]))).toBe(
      "-ERR 'Permissions Violation for Publish to \"other\"'\r\n",
    );
    for (const reserved of ["$NRG.x", "_GR_.x", "$GR.x"]) {
      const client = table.client("a");
      expect(client.say(hpub("ok.x", [`Nats-Trace-Dest: ${reserved}`]))).toContain("-ERR");
    }
    expect(listener.hear()).toBe("");
    expect(table.rig.fabric.totals().inMessages).toBe(0);
  });

  test("that can go nowhere leave the message as it is, unless only they were wanted", () => {
    const table = new Table();
    const listener = table.client("a");
    listener.say("SUB a.x 1\r\n");
    const sender = table.client("a");
    sender.say(hpub("a.x", ["Nats-Trace-Dest: a b"]) + hpub("a.x", ["Nats-Trace-Dest: a.*", only]));
    expect(listener.hear()).toBe(
      "HMSG a.x 1 34 36\r\nNATS/1.0\r\nNats-Trace-Dest: a b\r\n\r\nhi\r\n",
    );
    expect(table.rig.log.has('Destination "a b" is not valid')).toBe(true);
  });

  test("are switched off for all by an origin account, or were by the client", () => {
    const table = new Table();
    const listener = table.client("a");
    listener.say("SUB a.x 1\r\n");
    const sender = table.client("a");
    const origin = "Nats-Trace-Origin-Account: A";
    sender.say(hpub("a.x", [dest, origin]) + hpub("a.x", [dest, origin, only]));
    sender.say(hpub("a.x", ["Nats-Trace-Dest: trace disabled"]));
    expect(listener.hear()).toBe(
      "HMSG a.x 1 75 77\r\nNATS/1.0\r\nNats-Trace-Origin-Account: A\r\nNats-Trace-Dest: trace disabled\r\n\r\nhi\r\n" +
        "HMSG a.x 1 45 47\r\nNATS/1.0\r\nNats-Trace-Dest: trace disabled\r\n\r\nhi\r\n",
    );
    expect(table.traces()).toEqual([]);
  });

  test("are asked for by a sampled trace parent, where the account wants them", () => {
    const table = new Table();
    const [sender, stranger] = [table.client("a"), table.client("b")];
    stranger.say("SUB > 1\r\n");
    const parent = "TraceParent: 00-a-b-01";
    sender.say(hpub("a.x", [parent, only]) + hpub("a.x", ["traceparent: 00-a-b-00"]));
    stranger.say(hpub("b.x", [parent]));
    expect(table.traces()).toEqual([["in cid=2 name=a acc=A subj=a.x"]]);
    expect(tracesIn(stranger.hear())).toEqual([]);
  });

  test("are sampled as the account says, and what is left out is marked", () => {
    const [first, ...others] = tenants;
    const sampled = { ...first, messageTrace: { destination: "x", sampling: 40 } };
    const rig = openRig(makeFabric, { accounts: [sampled as AccountOptions, ...others] });
    rig.broker.traces.outlet = { stamp: () => ({ name: "here" }), gzip: (bytes) => bytes };
    const client = rig.client();
    client.connect({ user: "a", pass: "p", headers: true });
    client.say("SUB x 1\r\nSUB a.x 2\r\n");
    const heard = client.say(hpub("a.x", ["traceparent: 00-a-b-01"]).repeat(100));
    const traced = tracesIn(heard).length;
    expect(traced).toBeGreaterThan(0);
    expect(traced).toBeLessThan(100);
    expect(heard.match(/\r\nNats-Trace-Dest: trace disabled\r\n/g)?.length).toBe(100 - traced);
  });

  test("follow a request into another account that allows it", () => {
    const table = new Table();
    const [sender, server] = [table.client("a"), table.client("b")];
    server.say("SUB open.* 1\r\n");
    sender.say(hpub("my.one inbox", [dest]));
    const heard = server.hear();
    expect(heard).toMatch(/\r\nNats-Trace-Dest: _R_\.\w+\.\w+\r\n\r\nhi\r\n$/);
    sender.say(hpub("my.one inbox", [dest, only]));
    expect(server.hear()).toBe("");
    const events = [
      "in cid=2 name=a acc=A subj=my.one",
      "si acc=B from=my.one to=open.one",
      "eg cid=3 name=b acc=B sub=open.*",
    ];
    expect(table.traces()).toEqual([events, events]);
    expect(sender.hear()).toBe("");
    expect(table.rig.broker.roads.services.pending.count).toBe(1);
  });

  test("do not follow one that does not", () => {
    const table = new Table();
    const [sender, server] = [table.client("a"), table.client("b")];
    sender.say("SUB inbox 9\r\n");
    server.say("SUB shut 1\r\n");
    sender.say(hpub("closed inbox", [dest]));
    expect(server.hear()).toContain("\r\nNats-Trace-Dest: trace disabled\r\n");
    const none = sender.say(hpub("closed inbox", [dest, only]));
    expect(none).toContain("NATS/1.0 503\r\nNats-Subject: closed\r\n");
    const events = ["in cid=2 name=a acc=A subj=closed", "si acc=B from=closed to=shut"];
    expect(table.traces()).toEqual([events, events]);
  });

  test("follow a request through several accounts, and do not go round", () => {
    const table = new Table();
    const [sender, between, server] = [table.client("a"), table.client("b"), table.client("c")];
    between.say("SUB later 1\r\n");
    server.say("SUB deep 1\r\n");
    const expected = [
      "eg cid=3 name=b acc=B sub=later",
      "eg cid=4 name=c acc=C sub=deep",
      "in cid=2 name=a acc=A subj=via",
      "si acc=B from=via to=later",
      "si acc=C from=later to=deep",
    ];
    for (const lines of [[dest], [dest, only]]) {
      sender.say(hpub("via inbox", lines));
      expect(table.traces().map((events) => events.toSorted())).toEqual([expected]);
    }
    expect(between.hear().match(/HMSG/g)?.length).toBe(1);
    expect(server.hear().match(/HMSG/g)?.length).toBe(1);
  });

  test("say nothing of a request that nobody hears, who is told", () => {
    const table = new Table();
    const sender = table.client("a");
    sender.say("SUB inbox 9\r\n");
    for (const lines of [[dest], [dest, only]]) {
      const told = sender.say(hpub("my.one inbox", lines));
      expect(told).toContain("NATS/1.0 503\r\nNats-Subject: my.one\r\n");
      expect(table.traces()).toEqual([
        ["in cid=2 name=a acc=A subj=my.one", "si acc=B from=my.one to=open.one"],
      ]);
    }
    expect(table.rig.broker.roads.services.pending.count).toBe(0);
  });

  test("go through a mapping and an import", () => {
    const table = new Table();
    const [sender, server] = [table.client("a"), table.client("b")];
    server.say("SUB open.* 1\r\n");
    sender.say(hpub("req", [dest]) + hpub("req", ["X: y"]));
    expect(server.hear().match(/HMSG open\.one/g)?.length).toBe(2);
  });

  test("tell of an answer as far as the account it leaves", () => {
    const table = new Table();
    const [sender, server] = [table.client("a"), table.client("b")];
    sender.say("SUB inbox 9\r\n");
    server.say("SUB open.* 1\r\nSUB t 2\r\n");
    const ask = (): string => {
      sender.say("PUB my.one inbox 0\r\n\r\n");
      return /_R_\.\w+\.\w+/.exec(server.hear())?.[0] ?? "";
    };
    const first = ask();
    const told = tracesIn(server.say(hpub(first, [dest], "yes")));
    expect(told).toEqual([
      [`in cid=3 name=b acc=B subj=${first}`, `si acc=A from=${first} to=inbox`],
    ]);
    expect(sender.hear()).toBe(
      "HMSG inbox 9 45 48\r\nNATS/1.0\r\nNats-Trace-Dest: trace disabled\r\n\r\nyes\r\n",
    );
    const second = ask();
    expect(tracesIn(server.say(hpub(second, [dest, only], "yes")))[0]?.[1]).toBe(
      `si acc=A from=${second} to=inbox`,
    );
    server.say(`PUB ${second} 3\r\nyes\r\n`);
    expect(sender.hear()).toBe("");
    expect(table.rig.broker.roads.services.pending.count).toBe(0);
  });

  test("tell of stream imports, and follow those that allow it", () => {
    const table = new Table();
    const [sender, taker] = [table.client("a"), table.client("b")];
    taker.say("SUB in.* 1\r\nSUB free.* 2\r\nSUB free.one q 3\r\n");
    sender.say("SUB inbox 9\r\n");
    for (const lines of [[dest], [dest, only]]) {
      expect(sender.say(hpub("out.one inbox", lines))).toBe("");
      sender.say(hpub("out.one.free", lines));
      expect(table.traces()).toEqual([
        ["in cid=2 name=a acc=A subj=out.one", "se acc=B to=in.one"],
        [
          "in cid=2 name=a acc=A subj=out.one.free",
          "se acc=B to=free.one",
          "eg cid=3 name=b acc=B sub=out.*.free",
          "se acc=B to=free.one",
          "eg cid=3 name=b acc=B sub=out.one.free queue=q",
        ],
      ]);
    }
    expect(taker.hear().match(/HMSG/g)?.length).toBe(3);
  });

  test("come packed when that is asked for and known", () => {
    const table = new Table();
    const sender = table.client("a");
    sender.say(hpub("a.x", [dest, "Accept-Encoding: GZip"]));
    const packed = table.watcher.hear();
    expect(packed).toContain("NATS/1.0\r\nContent-Encoding: gzip\r\n\r\n}]}");
    sender.say(hpub("a.x", [dest, "Accept-Encoding: snappy"]));
    expect(table.watcher.hear()).toContain(
      'NATS/1.0\r\nContent-Encoding: identity\r\n\r\n{"server',
    );
  });

  test("are not sent where no server speaks for them; the message goes its way", () => {
    const table = new Table();
    table.rig.broker.traces.outlet = null;
    const listener = table.client("a");
    listener.say("SUB a.x 1\r\n");
    table.client("a").say(hpub("a.x", [dest]) + hpub("a.x", [dest, only]));
    expect(listener.hear().match(/HMSG/g)?.length).toBe(1);
    expect(table.watcher.hear()).toBe("");
  });

  test("are watched by their publisher like anything else", () => {
    const table = new Table();
    const sender = table.client("a");
    expect(tracesIn(sender.say(`SUB t 1\r\n${hpub("a.x", [dest])}PUB a.y 0\r\n\r\n`))).toHaveLength(
      1,
    );
    expect(table.rig.fabric.totals().inMessages).toBe(2);
  });
});
