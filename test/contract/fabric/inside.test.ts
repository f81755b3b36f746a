// Receivers inside the server: rows, forwarding them elsewhere, and the shadows of stream imports.

import { expect, test } from "bun:test";
import { type AccountIndex, noSlot } from "../../../src/wasm/fabric.ts";
import { describeFabrics } from "./fabric-implementations.ts";
import { bytes, Stage } from "./fabric-stage.ts";

describeFabrics("rows", (implementation) => {
  const stage = (): Stage => new Stage(implementation.create(1));

  test("a message for a receiver inside becomes a row that names everything", () => {
    const here = stage();
    const subscription = here.fabric.subscribeInside(here.account, "a.*", "", 4_000_000_000);
    const client = here.client();
    client.send("HPUB a.b re 12 14\r\nNATS/1.0\r\n\r\nhi\r\nPUB a.c 1\r\nx\r\n");
    const common = {
      receiver: 4_000_000_000,
      subscription,
      origin: client.slot,
      account: here.account,
    };
    expect(here.rows).toEqual([
      { ...common, subject: "a.b", reply: "re", headers: "NATS/1.0\r\n\r\n", body: "hi" },
      { ...common, subject: "a.c", reply: "", headers: "", body: "x" },
    ]);
  });

  test("rows come in the order of the messages", () => {
    const here = stage();
    here.fabric.subscribeInside(here.account, "a", "", 1);
    here.fabric.subscribeInside(here.account, "*", "", 2);
    const client = here.client();
    client.send(Array.from({ length: 50 }, (_, index) => `PUB a 2\r\n${index + 10}\r\n`).join(""));
    const seen = here.rows.filter(({ receiver }) => receiver === 1).map(({ body }) => body);
    expect(seen).toEqual(Array.from({ length: 50 }, (_, index) => `${index + 10}`));
    expect(here.rows.length).toBe(100);
  });

  test("a PONG waits until the rows before it are routed", () => {
    const here = stage();
    here.fabric.subscribeInside(here.account, "a", "", 1);
    const client = here.client();
    here.onRow = () => {
      expect(client.received()).toBe("");
    };
    expect(client.send("PUB a 0\r\n\r\nPING\r\nPING\r\n")).toEqual(["rows"]);
    expect(here.rows.length).toBe(1);
    expect(client.received()).toBe("PONG\r\nPONG\r\n");
  });

  test("rows without a PING behind them come with the end of the chunk", () => {
    const here = stage();
    here.fabric.subscribeInside(here.account, "a", "", 1);
    expect(here.client().send("PUB a 0\r\n\r\nPUB a 0\r\n\r\n")).toEqual([]);
    expect(here.rows.length).toBe(2);
  });

  test("any number of rows in one chunk is routed, each once and in order", () => {
    const here = stage();
    here.fabric.subscribeInside(here.account, "a", "", 1);
    const client = here.client();
    const count = 20_000;
    client.send(
      Array.from({ length: count }, (_, index) => `PUB a 5\r\n${index + 10_000}\r\n`).join(""),
    );
    expect(here.rows.map(({ body }) => body)).toEqual(
      Array.from({ length: count }, (_, index) => `${index + 10_000}`),
    );
  });

  test("a row whose message came in pieces is whole, whatever stands behind it in the chunk", () => {
    const here = stage();
    here.fabric.subscribeInside(here.account, "b.>", "", 2);
    const client = here.client();
    client.send("HPUB b.b re 12 23\r\nNATS/1.0\r\n\r\nhell");
    client.send(
      `o world\r\n${Array.from({ length: 50 }, (_, sid) => `SUB a.${sid} ${sid}\r\n`).join("")}`,
    );
    expect(here.rows).toMatchObject([
      { subject: "b.b", reply: "re", headers: "NATS/1.0\r\n\r\n", body: "hello world" },
    ]);
  });

  test("a row of a message that came in pieces may be forwarded to another receiver", () => {
    const here = stage();
    here.fabric.subscribeInside(here.account, "a", "", 1);
    here.fabric.subscribeInside(here.account, "b", "", 2);
    const client = here.client();
    here.onRow = (row, index) => {
      if (row.receiver === 1) {
        here.fabric.forward(index, here.account, noSlot, "b", "");
        client.subscribe("later", "9");
      }
    };
    client.send("PUB a 300\r\n");
    client.send("x".repeat(150));
    client.send(`${"x".repeat(150)}\r\nPING\r\n`);
    expect(here.rows.map(({ body }) => body)).toEqual(["x".repeat(300), "x".repeat(300)]);
  });

  test("publishing from inside to inside makes rows that come from no slot", () => {
    const here = stage();
    here.fabric.subscribeInside(here.account, "a", "", 1);
    expect(here.publish("a", "x", { reply: "re", headers: "NATS/1.0\r\n\r\n" })).toBe(1);
    here.routeRows();
    expect(here.rows).toMatchObject([
      { origin: noSlot, subject: "a", reply: "re", headers: "NATS/1.0\r\n\r\n", body: "x" },
    ]);
    expect(here.fabric.rows.count).toBe(0);
  });

  test("a receiver that is unsubscribed gets no more rows", () => {
    const here = stage();
    const subscription = here.fabric.subscribeInside(here.account, "a", "", 1);
    here.fabric.unsubscribe(subscription);
    expect(here.publish("a", "x")).toBe(0);
  });

  test("what is delivered inside does not count as sent", () => {
    const here = stage();
    here.fabric.subscribeInside(here.account, "a", "", 1);
    here.client().send("PUB a 3\r\nabc\r\n");
    expect(here.fabric.totals()).toMatchObject({
      inMessages: 1,
      inBytes: 3,
      outMessages: 0,
      outBytes: 0,
    });
  });
});

describeFabrics("forwarding a row", (implementation) => {
  const twoAccounts = (): { here: Stage; there: AccountIndex } => {
    const here = new Stage(implementation.create(1));
    here.fabric.subscribeInside(here.account, "service", "", 1);
    return { here, there: here.fabric.openAccount() };
  };
  const request = "HPUB service re 12 14\r\nNATS/1.0\r\n\r\nhi\r\n";

  test("publishes its headers and body in another account, under other subjects", () => {
    const { here, there } = twoAccounts();
    const responder = here.client({ account: there });
    responder.send("SUB inner.> 1\r\n");
    let receivers = 0;
    here.onRow = (_row, index) => {
      receivers = here.fabric.forward(index, there, noSlot, "inner.x", "_R_.1");
    };
    here.client().send(request);
    expect(receivers).toBe(1);
    expect(responder.received()).toBe("HMSG inner.x 1 _R_.1 12 14\r\nNATS/1.0\r\n\r\nhi\r\n");
  });

  test("may replace the headers or leave them out", () => {
    const { here, there } = twoAccounts();
    const responder = here.client({ account: there });
    responder.send("SUB x 1\r\n");
    here.onRow = (_row, index) => {
      here.fabric.forward(index, there, noSlot, "x", "", bytes("NATS/1.0\r\nA: b\r\n\r\n"));
      here.fabric.forward(index, there, noSlot, "x", "", bytes(""));
    };
    here.client().send(request);
    expect(responder.received()).toBe(
      "HMSG x 1 18 20\r\nNATS/1.0\r\nA: b\r\n\r\nhi\r\nMSG x 1 2\r\nhi\r\n",
    );
  });

  test("may meet another receiver inside, whose row is routed in the same round", () => {
    const { here, there } = twoAccounts();
    here.fabric.subscribeInside(there, "x.*", "", 2);
    here.onRow = (row, index) => {
      if (row.receiver === 1) {
        expect(here.fabric.forward(index, there, row.origin, "x.1", "_R_.9")).toBe(1);
      }
    };
    const client = here.client();
    client.send(request);
    expect(here.rows[1]).toMatchObject({
      ...{ receiver: 2, origin: client.slot, account: there, subject: "x.1", reply: "_R_.9" },
      ...{ headers: "NATS/1.0\r\n\r\n", body: "hi" },
    });
  });

  test("gives 0 when nobody is there", () => {
    const { here, there } = twoAccounts();
    here.onRow = (_row, index) => {
      expect(here.fabric.forward(index, there, noSlot, "x", "")).toBe(0);
    };
    here.client().send(request);
    expect(here.rows.length).toBe(1);
  });

  test("in the publisher's name obeys its echo", () => {
    const { here } = twoAccounts();
    const [quiet, loud] = [here.client({ echo: false }), here.client()];
    quiet.send("SUB x 1\r\n");
    loud.send("SUB x 1\r\n");
    here.onRow = (row, index) => {
      here.fabric.forward(index, here.account, row.origin, "x", "");
    };
    quiet.send("PUB service 2\r\nhi\r\n");
    expect(quiet.received()).toBe("");
    expect(loud.received()).toBe("MSG x 1 2\r\nhi\r\n");
  });

  test("big bodies are forwarded whole", () => {
    const { here, there } = twoAccounts();
    const responder = here.client({ account: there });
    responder.send("SUB x 1\r\n");
    here.onRow = (_row, index) => {
      here.fabric.forward(index, there, noSlot, "x", "");
    };
    const body = "0123456789".repeat(50_000);
    here.client().send(`PUB service ${body.length}\r\n${body}\r\n`);
    expect(responder.received()).toBe(`MSG x 1 ${body.length}\r\n${body}\r\n`);
  });
});

describeFabrics("shadows", (implementation) => {
  const stage = (): {
    here: Stage;
    there: AccountIndex;
    publisher: ReturnType<Stage["client"]>;
  } => {
    const here = new Stage(implementation.create(1));
    const there = here.fabric.openAccount();
    return { here, there, publisher: here.client({ account: there }) };
  };

  test("bring what is published in the other account, with the subscription's own sid", () => {
    const { here, there, publisher } = stage();
    const client = here.client();
    const primary = client.subscribe("imported.a", "7");
    here.fabric.addShadow(primary, there, "a", "imported.a");
    publisher.send("PUB a re 1\r\nx\r\nPUB b 0\r\n\r\n");
    expect(client.received()).toBe("MSG imported.a 7 re 1\r\nx\r\n");
  });

  test("show the published subject when there is no template", () => {
    const { here, there, publisher } = stage();
    const client = here.client();
    here.fabric.addShadow(client.subscribe("a.>", "7"), there, "a.>", null);
    publisher.send("PUB a.b.c 0\r\n\r\n");
    expect(client.received()).toBe("MSG a.b.c 7 0\r\n\r\n");
  });

  const templates: readonly (readonly [
    subject: string,
    show: string,
    published: string,
    seen: string,
  ])[] = [
    ["a.*", "b.$1", "a.x", "b.x"],
    ["a.*.*", "$2.b.$1", "a.x.yy", "yy.b.x"],
    ["*.a.*", "$1.$1.$2", "left.a.right", "left.left.right"],
    ["a.>", "b.$1", "a.x.y.z", "b.x.y.z"],
    ["*.>", "$2.to.$1", "a.b.c", "b.c.to.a"],
    ["a.*", "plain", "a.x", "plain"],
    ["a.*", "b.$2.$1", "a.x", "b.$2.x"],
    ["a.*", "b.x$1.$1", "a.y", "b.x$1.y"],
    ["a.*", "$1", "a.$1", "$1"],
    ["*.*.*.*.*.*.*.*.*.*.*", "$11.$10.$1", "a.b.c.d.e.f.g.h.i.j.k", "k.j.a"],
  ];
  for (const [subject, show, published, seen] of templates) {
    test(`${published} through ${subject} is shown by ${show} as ${seen}`, () => {
      const { here, there, publisher } = stage();
      const client = here.client();
      here.fabric.addShadow(client.subscribe("any", "1"), there, subject, show);
      publisher.send(`PUB ${published} 0\r\n\r\n`);
      expect(client.received()).toBe(`MSG ${seen} 1 0\r\n\r\n`);
    });
  }

  test("share delivered and max with their primary, and go with it", () => {
    const { here, there, publisher } = stage();
    const client = here.client();
    const primary = client.subscribe("a", "7");
    const shadow = here.fabric.addShadow(primary, there, "b", null);
    client.send("UNSUB 7 3\r\nPUB a 0\r\n\r\n");
    publisher.send("PUB b 0\r\n\r\n");
    expect(here.fabric.describe(primary)).toMatchObject({ delivered: 2, max: 3, isShadow: false });
    expect(here.fabric.describe(shadow)).toMatchObject({
      ...{ delivered: 2, max: 3, isShadow: true },
      ...{ slot: client.slot, sid: "7", account: there, subject: "b" },
    });
    publisher.send("PUB b 0\r\n\r\nPUB b 0\r\n\r\n");
    client.send("PUB a 0\r\n\r\n");
    expect(client.received().split("MSG").length - 1).toBe(3);
    expect(here.fabric.hasInterest(there, "b")).toBe(false);
  });

  test("of one subscription stop within a message when its number is reached", () => {
    const { here, there, publisher } = stage();
    const client = here.client();
    const primary = client.subscribe("x", "7");
    here.fabric.addShadow(primary, there, "a.*", "first");
    here.fabric.addShadow(primary, there, "*.b", "second");
    publisher.send("PUB a.b 0\r\n\r\n");
    expect(client.received()).toBe("MSG first 7 0\r\n\r\nMSG second 7 0\r\n\r\n");
    client.send("UNSUB 7 3\r\n");
    publisher.send("PUB a.b 0\r\n\r\nPUB a.b 0\r\n\r\n");
    expect(client.received()).toBe("MSG first 7 0\r\n\r\n");
  });

  test("are removed by UNSUB, by unsubscribe, by themselves and with their slot", () => {
    const { here, there } = stage();
    const client = here.client();
    for (const [sid, remove] of [
      ["1", () => client.send("UNSUB 1\r\n")],
      ["2", () => here.fabric.unsubscribe(here.fabric.findSubscription(client.slot, "2"))],
      ["4", () => client.close()],
    ] as const) {
      here.fabric.addShadow(client.subscribe("x", sid), there, "a", null);
      expect(here.fabric.hasInterest(there, "a")).toBe(true);
      if (sid === "2") {
        const other = client.subscribe("y", "3");
        const shadow = here.fabric.addShadow(other, there, "alone", null);
        here.fabric.unsubscribe(shadow);
        expect(here.fabric.hasInterest(there, "alone")).toBe(false);
        expect(here.fabric.hasInterest(here.account, "y")).toBe(true);
      }
      remove();
      expect(here.fabric.hasInterest(there, "a")).toBe(false);
    }
    expect(here.fabric.interestStatistics().subscriptions).toBe(0);
  });

  test("are listed with their slot but are not its own", () => {
    const { here, there } = stage();
    const client = here.client();
    const primary = client.subscribe("x", "1");
    here.fabric.addShadow(primary, there, "a", null);
    const listed = here.fabric.subscriptionsOf(client.slot);
    expect(listed.map(({ isShadow }) => isShadow)).toEqual([false, true]);
    expect(here.fabric.findSubscription(client.slot, "1")).toBe(primary);
    expect(here.fabric.slotCounters(client.slot).subscriptions).toBe(1);
    expect(here.fabric.accountCounters(there).subscriptions).toBe(1);
  });

  test("are members of the queue group their primary is in", () => {
    const { here, there, publisher } = stage();
    const client = here.client();
    const primary = client.subscribe("x", "1", { queue: "q" });
    here.fabric.addShadow(primary, there, "a", null);
    const member = here.client({ account: there });
    member.send("SUB a q 1\r\n");
    publisher.send("PUB a 0\r\n\r\n".repeat(60));
    const got = [client, member].map((each) => each.received().split("MSG").length - 1);
    expect((got[0] ?? 0) + (got[1] ?? 0)).toBe(60);
    expect(Math.min(...got)).toBeGreaterThan(10);
  });

  test("leave out what their slot is denied, by the subject it would see", () => {
    const { here, there, publisher } = stage();
    const permissions = here.permissions({ subscribeDeny: ["in.secret"] });
    const client = here.client({ permissions });
    const primary = client.subscribe("in.*", "1", { filtersDenied: true });
    here.fabric.addShadow(primary, there, "out.*", "in.$1");
    publisher.send("PUB out.secret 0\r\n\r\nPUB out.open 0\r\n\r\n");
    expect(client.received()).toBe("MSG in.open 1 0\r\n\r\n");
  });

  test("count what they send for the account of the slot", () => {
    const { here, there, publisher } = stage();
    const client = here.client();
    here.fabric.addShadow(client.subscribe("x", "1"), there, "a", null);
    publisher.send("PUB a 4\r\nabcd\r\n");
    expect(here.fabric.accountCounters(here.account)).toMatchObject({
      outMessages: 1,
      outBytes: 4,
    });
    expect(here.fabric.accountCounters(there)).toMatchObject({ inMessages: 1, outMessages: 0 });
  });
});
