// Many of everything: no table may be too small in silence, and what is many must go as well as what is few.

import { expect, test } from "bun:test";
import { noSlot } from "../../../src/wasm/fabric.ts";
import { describeFabrics } from "./fabric-implementations.ts";
import { bytes, Stage } from "./fabric-stage.ts";

function range<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(index));
}

describeFabrics("many of everything", (implementation) => {
  const stage = (): Stage => new Stage(implementation.create(1));

  test("many subscriptions of one client, on many subjects and on one", () => {
    const here = stage();
    const client = here.client();
    client.send(range(20_000, (sid) => `SUB a.${sid} ${sid}\r\n`).join(""));
    client.send(range(2_000, (sid) => `SUB b one${sid}\r\n`).join(""));
    expect(here.fabric.slotCounters(client.slot).subscriptions).toBe(22_000);
    expect(here.publish("a.19999", "x")).toBe(1);
    expect(here.publish("b", "x")).toBe(2_000);
    expect(client.received().split("MSG ").length - 1).toBe(2_001);
    expect(here.fabric.match(here.account, "b").length).toBe(2_000);
    client.close();
    expect(here.fabric.interestStatistics().subscriptions).toBe(0);
  });

  test("many clients on one subject", () => {
    const here = stage();
    const clients = range(3_000, () => here.client());
    clients.forEach((client) => {
      client.send("SUB a 1\r\n");
    });
    expect(here.publish("a", "x")).toBe(3_000);
    const seen = clients.filter((client) => client.received() === "MSG a 1 1\r\nx\r\n");
    expect(seen.length).toBe(3_000);
    const touched = new Set(range(3_000, () => here.fabric.takeTouched()));
    expect(touched.size).toBe(3_000);
    expect(here.fabric.takeTouched()).toBe(noSlot);
  });

  test("many queue groups, and many members of one", () => {
    const here = stage();
    const client = here.client();
    client.send(range(1_000, (index) => `SUB a group${index} g${index}\r\n`).join(""));
    client.send(range(2_000, (index) => `SUB b q m${index}\r\n`).join(""));
    expect(here.publish("a", "x")).toBe(1_000);
    expect(new Set(client.received().match(/ g\d+ /g)).size).toBe(1_000);
    expect(range(50, () => here.publish("b", "x"))).toEqual(range(50, () => 1));
    expect(new Set(client.received().match(/ m\d+ /g)).size).toBeGreaterThan(30);
  });

  test("many receivers inside on one subject, and rows caused by rows", () => {
    const here = stage();
    range(3_000, (receiver) => here.fabric.subscribeInside(here.account, "a", "", receiver));
    here.fabric.subscribeInside(here.account, "b", "", 3_000);
    here.onRow = (row, index) => {
      if (row.receiver < 3_000) {
        here.fabric.forward(index, here.account, row.origin, "b", "re");
      }
    };
    here.client().send("PUB a 5\r\nhello\r\n");
    expect(here.rows.length).toBe(6_000);
    expect(here.rows.every(({ body }) => body === "hello")).toBe(true);
    expect(here.rows.map(({ receiver }) => receiver)).toEqual([
      ...range(3_000, (receiver) => receiver),
      ...range(3_000, () => 3_000),
    ]);
  });

  test("many accounts", () => {
    const here = stage();
    const accounts = range(1_000, () => here.fabric.openAccount());
    const clients = accounts.map((account) => here.client({ account }));
    clients.forEach((client) => {
      client.send("SUB a 1\r\n");
    });
    clients[500]?.send("PUB a 1\r\nx\r\n");
    const heard = clients.flatMap((client, index) => (client.received() === "" ? [] : [index]));
    expect(heard).toEqual([500]);
  });

  test("many patterns in the permissions and among the mapped subjects", () => {
    const here = stage();
    const patterns = range(3_000, (index) => `p.${index}.*`);
    const client = here.client({
      permissions: here.permissions({ publishAllow: patterns, publishDeny: ["p.7.x"] }),
    });
    expect(client.send("PUB p.2999.a 0\r\n\r\nPUB p.3000.a 0\r\n\r\nPUB p.7.x 0\r\n\r\n")).toEqual([
      "publishDenied subject=p.3000.a",
      "publishDenied subject=p.7.x",
    ]);
    here.fabric.setMappedSubjects(here.account, patterns);
    expect(client.send("PUB p.2999.a 0\r\n\r\n")).toEqual(["mapped subject=p.2999.a"]);
  });

  test("many distinct subjects to one wildcard", () => {
    const here = stage();
    const client = here.client();
    client.send("SUB a.*.c 1\r\nSUB a.> 2\r\n");
    for (let start = 0; start < 30_000; start += 1_000) {
      client.send(range(1_000, (index) => `PUB a.${start + index}.c 0\r\n\r\n`).join(""));
      expect(client.received().split("MSG ").length - 1).toBe(2_000);
    }
    client.send("UNSUB 1\r\nPUB a.1.c 0\r\n\r\nPUB a.29999.c 0\r\n\r\n");
    expect(client.received()).toBe("MSG a.1.c 2 0\r\n\r\nMSG a.29999.c 2 0\r\n\r\n");
  });

  test("long names of everything", () => {
    const here = stage();
    const client = here.client({ maxControlLine: 100_000 });
    const [long, queue, sid, reply] = ["s", "q", "i", "r"].map((letter) => letter.repeat(20_000));
    client.send(`SUB ${long}.* ${queue} ${sid}\r\nPUB ${long}.x ${reply} 1\r\ny\r\n`);
    expect(client.received()).toBe(`MSG ${long}.x ${sid} ${reply} 1\r\ny\r\n`);
    expect(here.fabric.subscriptionsOf(client.slot)).toMatchObject([
      { subject: `${long}.*`, queue, sid },
    ]);
    client.send(`UNSUB ${sid}\r\n`);
    expect(here.fabric.slotCounters(client.slot).subscriptions).toBe(0);
  });

  test("many clients with unfinished messages at once", () => {
    const here = stage();
    const clients = range(500, () => here.client());
    clients.forEach((client, index) => {
      client.send(`SUB a.${index} 1\r\nPUB a.${index} re 3000\r\n${`${index % 10}`.repeat(1_000)}`);
    });
    clients.forEach((client, index) => {
      client.send(`${`${index % 10}`.repeat(2_000)}\r\nPI`);
    });
    const whole = clients.filter((client, index) => {
      const body = `${index % 10}`.repeat(3_000);
      return client.received() === `MSG a.${index} 1 re 3000\r\n${body}\r\n`;
    });
    expect(whole.length).toBe(500);
  });

  test("a big body from inside, and a big row", () => {
    const here = stage();
    const client = here.client();
    client.send("SUB a 1\r\n");
    here.fabric.subscribeInside(here.account, "a", "", 1);
    const body = "0123456789abcdef".repeat(300_000);
    const { account } = here;
    const message = { account, origin: noSlot, subject: "a", reply: "", headers: bytes("") };
    expect(here.fabric.publish({ ...message, body: bytes(body) })).toBe(2);
    here.routeRows();
    expect(here.rows[0]?.body === body).toBe(true);
    expect(client.received() === `MSG a 1 ${body.length}\r\n${body}\r\n`).toBe(true);
  });
});

describeFabrics("many answers", (implementation) => {
  const stage = (max: number): { here: Stage; responder: ReturnType<Stage["client"]> } => {
    const here = new Stage(implementation.create(1));
    const responses = { max, millis: 120_000 };
    const permissions = here.permissions({ publishAllow: [], responses });
    const responder = here.client({ permissions });
    responder.send("SUB service 1\r\n");
    return { here, responder };
  };

  test("a service that answers each request is never denied", () => {
    for (const max of [1, 2]) {
      const { here, responder } = stage(max);
      const denied = range(10_000, (index) => {
        here.publish("service", "", { reply: `inbox.${index}` });
        responder.received();
        return responder.send(`PUB inbox.${index} 0\r\n\r\n`);
      }).flat();
      expect(denied).toEqual([]);
    }
  });

  test("ten thousand requests may wait for their answers", () => {
    const { here, responder } = stage(1);
    for (let index = 0; index < 10_000; index += 1) {
      here.publish("service", "", { reply: `inbox.${index}` });
    }
    responder.received();
    const denied = range(10_000, (index) => responder.send(`PUB inbox.${index} 0\r\n\r\n`)).flat();
    expect(denied).toEqual([]);
  });

  test("requests that are never answered need no more memory than the time allows", () => {
    const { here, responder } = stage(1);
    const needs = range(8, (round) => {
      for (let index = 0; index < 5_000; index += 1) {
        here.publish("service", "", { reply: `inbox.${round}.${index}` });
      }
      responder.received();
      here.now += 121_000;
      here.client().send("PING\r\n");
      return here.fabric.memoryStatistics().arenaBytes;
    });
    expect(needs.at(-1) ?? 0).toBeLessThanOrEqual((needs[3] ?? 0) * 1.1);
  });
});
