// Bytes out: what waits for a socket, who was touched, who stalls its publishers, who is too slow; and the counters.

import { expect, test } from "bun:test";
import { noSlot, type SlotIndex } from "../../../src/wasm/fabric.ts";
import { describeFabrics } from "./fabric-implementations.ts";
import { bytes, Stage } from "./fabric-stage.ts";

function all(take: () => SlotIndex): SlotIndex[] {
  const taken: SlotIndex[] = [];
  for (let slot = take(); slot !== noSlot; slot = take()) {
    taken.push(slot);
  }
  return taken.sort();
}

describeFabrics("outboxes", (implementation) => {
  const stage = (): Stage => new Stage(implementation.create(1));

  test("an empty one has nothing", () => {
    const here = stage();
    const { slot } = here.client();
    expect(here.fabric.outboxLength(slot)).toBe(0);
    expect(here.fabric.pendingBytes(slot)).toBe(0);
    expect(here.fabric.takeTouched()).toBe(noSlot);
  });

  test("control bytes stand behind all that waits", () => {
    const here = stage();
    const client = here.client();
    expect(here.fabric.write(client.slot, bytes("INFO {}\r\n"))).toBe(true);
    client.send("PING\r\n");
    here.fabric.write(client.slot, bytes("PING\r\n"));
    expect(here.fabric.pendingBytes(client.slot)).toBe(21);
    expect(client.received()).toBe("INFO {}\r\nPONG\r\nPING\r\n");
    expect(here.fabric.pendingBytes(client.slot)).toBe(0);
  });

  test("a socket may take any number of bytes at a time", () => {
    for (const step of [1, 7, 4096, 16_384, 65_536, 100_000]) {
      const here = stage();
      const client = here.client();
      client.send("SUB a 1\r\n");
      const body = "0123456789abcdef".repeat(5_000);
      client.send(`PUB a ${body.length}\r\n${body}\r\nPING\r\n`);
      const expected = `MSG a 1 ${body.length}\r\n${body}\r\nPONG\r\n`;
      let seen = "";
      while (here.fabric.pendingBytes(client.slot) > 0) {
        seen += client.take(step);
        expect(here.fabric.pendingBytes(client.slot)).toBe(expected.length - seen.length);
      }
      expect(seen).toBe(expected);
    }
  });

  test("the server may write more than a block at once", () => {
    const here = stage();
    const client = here.client();
    const line = `INFO ${"0123456789".repeat(30_000)}\r\n`;
    expect(here.fabric.write(client.slot, bytes(line))).toBe(true);
    expect(client.received()).toBe(line);
  });

  test("a chunk whose messages fill many outboxes is delivered whole and in order", () => {
    const here = stage();
    const clients = Array.from({ length: 60 }, () => here.client());
    clients.forEach((client) => {
      client.send("SUB a 1\r\n");
    });
    const messages = Array.from({ length: 400 }, (_, index) => `${index}:${"x".repeat(150)}`);
    here.client().send(messages.map((body) => `PUB a ${body.length}\r\n${body}\r\n`).join(""));
    const expected = messages.map((body) => `MSG a 1 ${body.length}\r\n${body}\r\n`).join("");
    expect(clients.every((client) => client.received() === expected)).toBe(true);
  });

  test("limits beyond 32 bits are no small limits", () => {
    const here = stage();
    here.fabric.setMaxPending(2 ** 33);
    here.fabric.setStallBytes(2 ** 33);
    const client = here.client({ maxPayload: 2 ** 33, maxControlLine: 2 ** 31 - 1 });
    expect(client.send(`SUB a 1\r\nPUB a 5000\r\n${"x".repeat(5_000)}\r\n`)).toEqual([]);
    expect(client.received()).toBe(`MSG a 1 5000\r\n${"x".repeat(5_000)}\r\n`);
  });

  test("one may write while another part is being taken", () => {
    const here = stage();
    const client = here.client();
    let [written, seen] = ["", ""];
    for (let round = 0; round < 500; round += 1) {
      const line = `${round}:${"x".repeat((round * 37) % 900)}\r\n`;
      here.fabric.write(client.slot, bytes(line));
      written += line;
      seen += client.take((round * 53) % 700);
    }
    expect(seen + client.received()).toBe(written);
  });

  test("a slot written to is listed once until it is taken off the list", () => {
    const here = stage();
    const [a, b, c] = [here.client(), here.client(), here.client()];
    a.send("SUB x 1\r\n");
    b.send("SUB x 1\r\n");
    c.send("PUB x 0\r\n\r\nPUB x 0\r\n\r\n");
    here.fabric.write(a.slot, bytes("more"));
    expect(all(() => here.fabric.takeTouched())).toEqual([a.slot, b.slot].sort());
    expect(here.fabric.takeTouched()).toBe(noSlot);
    c.send("PING\r\n");
    expect(all(() => here.fabric.takeTouched())).toEqual([c.slot]);
  });

  test("a closed slot is on no list", () => {
    const here = stage();
    here.fabric.setMaxPending(4);
    const [a, b] = [here.client(), here.client()];
    a.send("PING\r\n");
    b.send("PING\r\n");
    a.close();
    expect(all(() => here.fabric.takeTouched())).toEqual([b.slot]);
    expect(all(() => here.fabric.takeOverflowed())).toEqual([b.slot]);
  });

  test("bytes of closed slots are given back", () => {
    const here = stage();
    const before = here.fabric.memoryStatistics().outboxBytes;
    const body = "x".repeat(100_000);
    for (let round = 0; round < 50; round += 1) {
      const client = here.client();
      client.send(
        `SUB a 1\r\nPUB a ${body.length}\r\n${body}\r\nPUB a ${body.length}\r\nunfinished`,
      );
      client.take(10_000);
      expect(here.fabric.memoryStatistics().outboxBytes).toBeGreaterThan(before);
      client.close();
    }
    expect(here.fabric.memoryStatistics().outboxBytes).toBe(before);
  });
});

describeFabrics("stalls", (implementation) => {
  const stage = (stallBytes: number): Stage => {
    const here = new Stage(implementation.create(1));
    here.fabric.setStallBytes(stallBytes);
    return here;
  };
  const message = `PUB a 100\r\n${"x".repeat(100)}\r\n`;

  test("a receiver above the limit stops its publisher behind the message, not before", () => {
    const here = stage(150);
    const [slow, fast, publisher] = [here.client(), here.client(), here.client()];
    slow.send("SUB a 1\r\n");
    fast.send("SUB a 1\r\n");
    expect(publisher.send(message)).toEqual([]);
    fast.received();
    expect(publisher.send(message + message)).toEqual([
      `stalled by ${slow.slot}`,
      `stalled by ${slow.slot}`,
    ]);
    expect(slow.received().split("MSG").length - 1).toBe(3);
    expect(fast.received().split("MSG").length - 1).toBe(2);
    expect(publisher.send(message)).toEqual([]);
  });

  test("exactly the limit is not above it", () => {
    const frame = "MSG a 1 100\r\n".length + 102;
    const here = stage(frame);
    const [slow, publisher] = [here.client(), here.client()];
    slow.send("SUB a 1\r\n");
    expect(publisher.send(message)).toEqual([]);
    expect(publisher.send(message)).toEqual([`stalled by ${slow.slot}`]);
  });

  test("messages from inside stall nobody; whoever caused them asks for the full receiver", () => {
    const here = stage(50);
    const [slow, other] = [here.client(), here.client()];
    slow.send("SUB a 1\r\n");
    other.send("SUB a 1\r\n");
    here.publish("a", "x".repeat(100));
    here.publish("a", "x".repeat(100));
    expect(here.fabric.takeStall()).toBe(slow.slot);
    expect(here.fabric.takeStall()).toBe(noSlot);
    here.publish("a", "x");
    slow.close();
    expect(here.fabric.takeStall()).toBe(noSlot);
  });

  test("what is held waits in the slot while others go on", () => {
    const here = stage(50);
    const [slow, publisher, other] = [here.client(), here.client(), here.client()];
    slow.send("SUB a 1\r\n");
    const { fabric } = here;
    const stalled = 4;
    expect<number>(fabric.ingest(publisher.slot, bytes(`${message}PING\r\nPUB a`), here.now)).toBe(
      stalled,
    );
    expect(fabric.stalledBy).toBe(slow.slot);
    fabric.hold(publisher.slot);
    expect(other.send("SUB b 1\r\nPUB b 1\r\nx\r\n")).toEqual([]);
    expect(other.received()).toBe("MSG b 1 1\r\nx\r\n");
    expect(publisher.received()).toBe("");
    slow.received();
    expect<number>(fabric.resume(publisher.slot)).toBe(0);
    expect(publisher.received()).toBe("PONG\r\n");
    expect(publisher.send(" 1\r\ny\r\n")).toEqual([]);
    expect(slow.received()).toBe("MSG a 1 1\r\ny\r\n");
  });

  test("a stuck receiver stalls nobody, until it is not stuck any more", () => {
    const here = stage(50);
    const [slow, publisher] = [here.client(), here.client()];
    slow.send("SUB a 1\r\n");
    here.fabric.setStuck(slow.slot, true);
    expect(publisher.send(message)).toEqual([]);
    here.fabric.setStuck(slow.slot, false);
    expect(publisher.send(message)).toEqual([`stalled by ${slow.slot}`]);
  });

  test("the first of several full receivers is named", () => {
    const here = stage(50);
    const [first, second, publisher] = [here.client(), here.client(), here.client()];
    first.send("SUB a 1\r\n");
    second.send("SUB a 1\r\n");
    expect(publisher.send(message)).toEqual([`stalled by ${first.slot}`]);
  });

  test("a publisher may be stalled by itself", () => {
    const client = stage(50).client();
    expect(client.send(`SUB a 1\r\n${message}`)).toEqual([`stalled by ${client.slot}`]);
  });

  test("a mapped publish stalls at the resume behind it", () => {
    const here = stage(50);
    here.fabric.setMappedSubjects(here.account, ["old"]);
    const [slow, publisher] = [here.client(), here.client()];
    slow.send("SUB a 1\r\n");
    const events = publisher.send(message.replace("PUB a", "PUB old"), () => {
      here.fabric.publishMapped(publisher.slot, "a");
    });
    expect(events.at(-1)).toBe(`stalled by ${slow.slot}`);
  });

  test("what rows are forwarded to does not stall the slot whose window is open", () => {
    const here = stage(50);
    here.fabric.subscribeInside(here.account, "service", "", 1);
    const [slow, publisher] = [here.client(), here.client()];
    slow.send("SUB a 1\r\n");
    here.onRow = (row, index) => {
      here.fabric.forward(index, here.account, row.origin, "a", "");
    };
    const request = `PUB service 100\r\n${"x".repeat(100)}\r\n`;
    expect(publisher.send(`${request}PING\r\n${request}`)).toEqual(["rows"]);
  });

  test("who caused what is forwarded may ask whom it should wait for", () => {
    const here = stage(50);
    const [slow, slower] = [here.client(), here.client()];
    expect(here.fabric.takeStall()).toBe(noSlot);
    slow.send("SUB a 1\r\n");
    slower.send("SUB a 1\r\n");
    here.publish("a", "x".repeat(10));
    expect(here.fabric.takeStall()).toBe(noSlot);
    here.publish("a", "x".repeat(100));
    here.publish("a", "x".repeat(100));
    expect(here.fabric.takeStall()).toBe(slow.slot);
    expect(here.fabric.takeStall()).toBe(noSlot);
    here.fabric.setStuck(slow.slot, true);
    here.publish("a", "");
    expect(here.fabric.takeStall()).toBe(slower.slot);
    here.publish("a", "");
    slower.close();
    expect(here.fabric.takeStall()).toBe(noSlot);
  });

  test("publishing from inside stalls nobody", () => {
    const here = stage(50);
    const [slow, other] = [here.client(), here.client()];
    slow.send("SUB a 1\r\n");
    here.publish("a", "x".repeat(100));
    expect(other.send("PUB b 0\r\n\r\nPING\r\n")).toEqual([]);
  });
});

describeFabrics("slow consumers", (implementation) => {
  const stage = (maxPending: number): Stage => {
    const here = new Stage(implementation.create(1));
    here.fabric.setMaxPending(maxPending);
    return here;
  };
  const message = `PUB a 100\r\n${"x".repeat(100)}\r\n`;
  const frame = `MSG a 1 100\r\n${"x".repeat(100)}\r\n`;

  test("a slot above the limit gets nothing more and is listed once", () => {
    const here = stage(200);
    const [slow, publisher] = [here.client(), here.client()];
    slow.send("SUB a 1\r\n");
    publisher.send(message);
    expect(here.fabric.takeOverflowed()).toBe(noSlot);
    publisher.send(message.repeat(3));
    expect(all(() => here.fabric.takeOverflowed())).toEqual([slow.slot]);
    expect(slow.received()).toBe(frame.repeat(2));
  });

  test("exactly the limit is not above it", () => {
    const here = stage(frame.length);
    const [slow, publisher] = [here.client(), here.client()];
    slow.send("SUB a 1\r\n");
    publisher.send(message);
    expect(here.fabric.takeOverflowed()).toBe(noSlot);
    publisher.send(message);
    expect(here.fabric.takeOverflowed()).toBe(slow.slot);
  });

  test("what a full slot did not get is not counted, and it is no receiver", () => {
    const here = stage(100);
    const [slow, publisher] = [here.client(), here.client()];
    slow.send("SUB a 1\r\nUNSUB 1 5\r\n");
    publisher.send("SUB inbox 9\r\n");
    publisher.send(message.repeat(4));
    const ref = here.fabric.findSubscription(slow.slot, "1");
    expect(here.fabric.describe(ref).delivered).toBe(1);
    expect(here.fabric.slotCounters(slow.slot).outMessages).toBe(1);
    publisher.send("PUB a inbox 0\r\n\r\n");
    expect(publisher.received()).toContain("NATS/1.0 503\r\nNats-Subject: a\r\n");
  });

  test("others still get theirs", () => {
    const here = stage(150);
    const [slow, fast, publisher] = [here.client(), here.client(), here.client()];
    slow.send("SUB a 1\r\n");
    fast.send("SUB a 1\r\n");
    for (let round = 0; round < 5; round += 1) {
      publisher.send(message);
      expect(fast.received()).toBe(frame);
    }
    expect(slow.received()).toBe(frame.repeat(2));
  });

  test("the server may still write its last words", () => {
    const here = stage(50);
    const [slow, publisher] = [here.client(), here.client()];
    slow.send("SUB a 1\r\n");
    publisher.send(message);
    expect(here.fabric.write(slow.slot, bytes("-ERR 'Slow Consumer'\r\n"))).toBe(true);
    expect(slow.received()).toBe(`${frame}-ERR 'Slow Consumer'\r\n`);
  });
});

describeFabrics("counters", (implementation) => {
  const stage = (): Stage => new Stage(implementation.create(1));

  test("count messages in and out by their payload with headers, as each receiver got it", () => {
    const here = stage();
    const [publisher, modern, old] = [
      here.client(),
      here.client(),
      here.client({ headers: false }),
    ];
    modern.send("SUB a 1\r\nSUB * 2\r\n");
    old.send("SUB a 1\r\n");
    publisher.send(
      "HPUB a 10 12\r\nNATS/1.0\r\nhi\r\nPUB b 3\r\nabc\r\nPUB nobody.there 5\r\nhello\r\n",
    );
    expect(here.fabric.slotCounters(publisher.slot)).toEqual({
      ...{
        inMessages: 3,
        inBytes: 20,
        outMessages: 0,
        outBytes: 0,
        subscriptions: 0,
        pendingBytes: 0,
      },
    });
    expect(here.fabric.slotCounters(modern.slot)).toMatchObject({
      ...{ inMessages: 0, inBytes: 0, outMessages: 3, outBytes: 27, subscriptions: 2 },
    });
    expect(here.fabric.slotCounters(old.slot)).toMatchObject({ outMessages: 1, outBytes: 2 });
    const expected = { inMessages: 3, inBytes: 20, outMessages: 4, outBytes: 29, subscriptions: 3 };
    expect(here.fabric.accountCounters(here.account)).toEqual(expected);
    expect(here.fabric.totals()).toEqual(expected);
  });

  test("denied publishes came in all the same", () => {
    const here = stage();
    const client = here.client({ permissions: here.permissions({ publishAllow: [] }) });
    client.send("PUB a 4\r\nabcd\r\n");
    expect(here.fabric.slotCounters(client.slot)).toMatchObject({ inMessages: 1, inBytes: 4 });
  });

  test("what broke the protocol did not come in", () => {
    const here = stage();
    const client = here.client();
    client.send("PUB a 4\r\nabcdx");
    expect(here.fabric.slotCounters(client.slot)).toMatchObject({ inMessages: 0, inBytes: 0 });
  });

  test("what came from inside is counted out, not in", () => {
    const here = stage();
    here.client().send("SUB a 1\r\n");
    here.publish("a", "xyz");
    expect(here.fabric.totals()).toMatchObject({
      inMessages: 0,
      inBytes: 0,
      outMessages: 1,
      outBytes: 3,
    });
  });

  test("accounts keep theirs apart, and keep them when slots close", () => {
    const here = stage();
    const account = here.fabric.openAccount();
    const other = here.client({ account });
    other.send("SUB a 1\r\nPUB a 2\r\nhi\r\n");
    other.close();
    const counted = { inMessages: 1, inBytes: 2, outMessages: 1, outBytes: 2, subscriptions: 0 };
    expect(here.fabric.accountCounters(account)).toEqual(counted);
    expect(here.fabric.accountCounters(here.account)).toMatchObject({
      inMessages: 0,
      outMessages: 0,
    });
    expect(here.fabric.totals()).toEqual(counted);
  });

  test("an account without slots and subscriptions may be closed and its place taken", () => {
    const here = stage();
    for (let round = 0; round < 100; round += 1) {
      const account = here.fabric.openAccount();
      const client = here.client({ account });
      client.send("SUB a 1\r\nPUB a 1\r\nx\r\n");
      expect(client.received()).toBe("MSG a 1 1\r\nx\r\n");
      expect(here.fabric.accountCounters(account).inMessages).toBe(1);
      client.close();
      here.fabric.closeAccount(account);
    }
  });
});
