// The ops that somebody above decides, and going on behind them: CONNECT, early ops, the first PING, PONG, hold.

import { expect, test } from "bun:test";
import { opKind, outcome } from "../../../src/wasm/fabric.ts";
import { describeFabrics } from "./fabric-implementations.ts";
import { bytes, Stage } from "./fabric-stage.ts";

describeFabrics("connecting", (implementation) => {
  const stage = (): Stage => new Stage(implementation.create(1));

  test("CONNECT is handed up with its JSON, and the rest waits for the answer", () => {
    const here = stage();
    const client = here.client({ connected: false });
    const ops = client.send('CONNECT {"verbose":false}\r\nSUB a 1\r\nPUB a 1\r\nx\r\n', () => {
      client.set({ connected: true });
    });
    expect(ops).toEqual(['connect body={"verbose":false}']);
    expect(client.received()).toBe("MSG a 1 1\r\nx\r\n");
  });

  test("a second CONNECT is handed up as well", () => {
    const client = stage().client();
    expect(client.send("CONNECT {}\r\nPING\r\n")).toEqual(["connect body={}"]);
    expect(client.received()).toBe("PONG\r\n");
  });

  test("the text of CONNECT is what stands on its line", () => {
    for (const [line, body] of [
      ["CONNECT\t  {} \t", "{} \t"],
      ["CONNECT{}", "{}"],
      ['connect {"a":"\xe9 b"}', '{"a":"\xe9 b"}'],
    ] as const) {
      expect(stage().client().send(`${line}\r\n`)).toEqual([`connect body=${body}`]);
    }
    expect(stage().client().send("CONNECT\r\nCONNECT \n")).toEqual(["connect", "connect"]);
  });

  test("options given with the answer hold for what follows in the same chunk", () => {
    const here = stage();
    const client = here.client({ connected: false });
    client.send("CONNECT {}\r\nSUB a 1\r\nPUB a..b 1\r\nx\r\n", () => {
      client.set({ connected: true, verbose: true, pedantic: true });
    });
    expect(client.received()).toBe("+OK\r\n-ERR 'Invalid Publish Subject'\r\n+OK\r\n");
  });

  const early: readonly (readonly [op: string, then: readonly string[], answer: string])[] = [
    ["PUB a 0\r\n\r\n", [], "+OK\r\n"],
    ["HPUB a 0 0\r\n\r\n", [], "+OK\r\n"],
    ["SUB a 1\r\n", [], "+OK\r\n"],
    ["UNSUB 1\r\n", [], "+OK\r\n"],
    ["INFO {}\r\n", ["ignored body={}"], ""],
    ["+OK\r\n", ["ignored"], ""],
    ["-ERR x\r\n", ["ignored body=x"], ""],
    ["PING\r\n", [], "PONG\r\n"],
    ["PONG\r\n", [], ""],
    ["JUNK\r\n", ["error unknownOperation"], ""],
  ];
  for (const [op, then, answer] of early) {
    test(`${JSON.stringify(op)} before CONNECT is early, and parsed again when resumed`, () => {
      const here = stage();
      const client = here.client({ connected: false, verbose: true });
      const ops = client.send(op, ({ kind }) => {
        client.set({ connected: kind === opKind.early });
      });
      expect(ops.slice(1)).toEqual([...then]);
      expect(ops[0]).toStartWith("early");
      expect(client.received()).toBe(answer);
    });
  }

  test("an early op is early again while nothing has changed", () => {
    const here = stage();
    const client = here.client({ connected: false });
    let seen = 0;
    client.send("SUB a 1\r\n", ({ kind }) => {
      expect(kind).toBe(opKind.early);
      seen += 1;
      client.set({ connected: seen === 3 });
    });
    expect(seen).toBe(3);
    expect(here.fabric.slotCounters(client.slot).subscriptions).toBe(1);
  });

  test("whatever does not begin like CONNECT is early by its first byte", () => {
    for (const first of ["P", "s", "+", "\r", "\n", " ", "\0", "X"]) {
      const here = stage();
      const client = here.client({ connected: false });
      expect(here.fabric.ingest(client.slot, bytes(first), here.now)).toBe(outcome.op);
      expect(here.fabric.op.kind).toBe(opKind.early);
    }
  });

  test("a slot may be closed in answer to an op, and others go on", () => {
    const here = stage();
    const [client, other] = [here.client({ connected: false }), here.client()];
    const result = here.fabric.ingest(client.slot, bytes("CONNECT {}\r\nPING\r\n"), here.now);
    expect(result).toBe(outcome.op);
    client.close();
    other.send("PING\r\n");
    expect(other.received()).toBe("PONG\r\n");
  });

  test("a slot held at an op goes on later, from where it stood", () => {
    const here = stage();
    const [client, other] = [here.client({ connected: false }), here.client()];
    const { fabric } = here;
    fabric.ingest(
      client.slot,
      bytes('CONNECT {"a":1}\r\nSUB a 1\r\nPUB a 2\r\nhi\r\nPI'),
      here.now,
    );
    fabric.hold(client.slot);
    expect(other.send("PUB a 5\r\nother\r\nPING\r\n")).toEqual([]);
    client.set({ connected: true });
    expect(fabric.resume(client.slot)).toBe(outcome.done);
    client.send("NG\r\n");
    expect(client.received()).toBe("MSG a 1 2\r\nhi\r\nPONG\r\n");
  });

  test("several slots may be held at once and go on in any order", () => {
    const here = stage();
    const clients = [1, 2, 3].map(() => here.client({ connected: false }));
    const { fabric } = here;
    for (const [index, { slot }] of clients.entries()) {
      const rest = `PUB a 300\r\n${`${index}`.repeat(300)}\r\n`;
      fabric.ingest(slot, bytes(`CONNECT {}\r\nSUB a 1\r\n${rest}`), here.now);
      fabric.hold(slot);
    }
    for (const client of [...clients].reverse()) {
      client.set({ connected: true });
      expect(fabric.resume(client.slot)).toBe(outcome.done);
    }
    const got = clients.map((client) => client.received().split("MSG").length - 1);
    expect(got).toEqual([1, 2, 3]);
  });

  test("a held slot may be closed", () => {
    const here = stage();
    const client = here.client({ connected: false });
    here.fabric.ingest(client.slot, bytes("CONNECT {}\r\nSUB a 1\r\n"), here.now);
    here.fabric.hold(client.slot);
    client.close();
    expect(here.fabric.hasInterest(here.account, "a")).toBe(false);
    expect(here.client().send("PING\r\n")).toEqual([]);
  });

  test("another account may be given with the options", () => {
    const here = stage();
    const account = here.fabric.openAccount();
    const client = here.client({ connected: false });
    client.send("CONNECT {}\r\nSUB a 1\r\n", () => {
      client.set({ connected: true, account });
    });
    expect(here.fabric.hasInterest(account, "a")).toBe(true);
    expect(here.fabric.hasInterest(here.account, "a")).toBe(false);
  });
});

describeFabrics("PING and PONG", (implementation) => {
  const stage = (): Stage => new Stage(implementation.create(1));

  test("the first PING is reported where that was asked for, and its PONG comes on resume", () => {
    const here = stage();
    const client = here.client({ reportsFirstPing: true });
    const ops = client.send("PING\r\nPING\r\n", () => {
      expect(client.received()).toBe("");
      here.fabric.write(client.slot, bytes("INFO {}\r\n"));
    });
    expect(ops).toEqual(["firstPing"]);
    expect(client.received()).toBe("INFO {}\r\nPONG\r\nPONG\r\n");
    expect(client.send("PING\r\n")).toEqual([]);
  });

  test("rows before the first PING are routed before it is reported", () => {
    const here = stage();
    here.fabric.subscribeInside(here.account, "a", "", 1);
    const client = here.client({ reportsFirstPing: true });
    expect(client.send("PUB a 0\r\n\r\nPING\r\n")).toEqual(["rows", "firstPing"]);
    expect(client.received()).toBe("PONG\r\n");
  });

  test("options that ask for the first PING again are told of the next one", () => {
    const here = stage();
    const client = here.client({ reportsFirstPing: true });
    client.send("PING\r\n");
    client.set({ verbose: true });
    expect(client.send("PING\r\nPING\r\n")).toEqual(["firstPing"]);
    client.set({ reportsFirstPing: false });
    expect(client.send("PING\r\n")).toEqual([]);
  });

  test("a PONG is reported only while one is awaited", () => {
    const here = stage();
    const client = here.client();
    expect(client.send("PONG\r\n")).toEqual([]);
    here.fabric.awaitPong(client.slot, true);
    const ops = client.send("PONG\r\nPONG\r\n", () => {
      here.fabric.awaitPong(client.slot, false);
    });
    expect(ops).toEqual(["pong"]);
    here.fabric.awaitPong(client.slot, true);
    here.fabric.awaitPong(client.slot, false);
    expect(client.send("PONG\r\n")).toEqual([]);
  });

  test("a PONG answers everything that was sent before it", () => {
    const here = stage();
    const [client, other] = [here.client(), here.client()];
    other.send("SUB a 1\r\n");
    client.send("SUB a 1\r\nPUB a 1\r\nx\r\nPING\r\nPUB a 1\r\ny\r\n");
    expect(client.received()).toBe("MSG a 1 1\r\nx\r\nPONG\r\nMSG a 1 1\r\ny\r\n");
  });
});
