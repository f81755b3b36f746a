// One member of each queue group gets a message: which one, who is passed over, and the dice both fabrics throw.

import { expect, test } from "bun:test";
import { describeFabrics } from "./fabric-implementations.ts";
import { type Client, Stage } from "./fabric-stage.ts";

/** How many messages each client has waiting. */
function counts(clients: readonly Client[]): number[] {
  return clients.map((client) => client.received().split("MSG ").length - 1);
}

describeFabrics("queue groups", (implementation) => {
  const stage = (seed = 1): Stage => new Stage(implementation.create(seed));

  test("each message goes to one member, and all members get some", () => {
    const here = stage();
    const members = [here.client(), here.client(), here.client()];
    members.forEach((member) => {
      member.send("SUB jobs workers 1\r\n");
    });
    here.client().send("PUB jobs 1\r\nx\r\n".repeat(300));
    const got = counts(members);
    expect(got.reduce((sum, count) => sum + count)).toBe(300);
    expect(Math.min(...got)).toBeGreaterThan(60);
  });

  test("the choice follows the seed's xorshift32, members in order of subscribing", () => {
    const seed = 0x1234_5678;
    const here = stage(seed);
    const client = here.client();
    client.send("SUB a q 0\r\nSUB * q 1\r\nSUB a q 2\r\n");
    let state = seed;
    for (let round = 0; round < 200; round += 1) {
      state = (state ^ (state << 13)) >>> 0;
      state = (state ^ (state >>> 17)) >>> 0;
      state = (state ^ (state << 5)) >>> 0;
      client.send("PUB a 0\r\n\r\n");
      expect(client.received()).toBe(`MSG a ${state % 3} 0\r\n\r\n`);
    }
  });

  test("a group of one uses no dice", () => {
    const [one, other] = [stage(99), stage(99)].map((here) => here.client());
    one?.send(`SUB solo q 9\r\n${"PUB solo 0\r\n\r\n".repeat(7)}`);
    one?.received();
    for (const client of [one, other]) {
      client?.send(`SUB a q 0\r\nSUB a q 1\r\n${"PUB a 0\r\n\r\n".repeat(50)}`);
    }
    expect(one?.received()).toBe(other?.received() ?? "");
  });

  test("groups and plain subscriptions are served side by side, plain ones first", () => {
    const here = stage();
    const client = here.client();
    client.send("SUB a r 1\r\nSUB a q 2\r\nSUB a 3\r\nSUB * 4\r\nPUB a 0\r\n\r\n");
    expect(client.received()).toBe([3, 4, 1, 2].map((sid) => `MSG a ${sid} 0\r\n\r\n`).join(""));
  });

  test("a group is its name: its members may have different subjects", () => {
    const here = stage();
    const client = here.client();
    client.send("SUB a.b q 1\r\nSUB a.* q 2\r\nSUB > q 3\r\n");
    client.send("PUB a.b 0\r\n\r\n".repeat(30));
    expect(counts([client])).toEqual([30]);
  });

  test("the same name in another account is another group", () => {
    const here = stage();
    const account = here.fabric.openAccount();
    const [mine, other] = [here.client(), here.client({ account })];
    mine.send("SUB a q 1\r\n");
    other.send("SUB a q 1\r\n");
    here.client().send("PUB a 0\r\n\r\n".repeat(10));
    expect(counts([mine, other])).toEqual([10, 0]);
  });

  test("a publisher without echo leaves the message to the others", () => {
    const here = stage();
    const [publisher, member] = [here.client({ echo: false }), here.client()];
    publisher.send("SUB a q 1\r\n");
    member.send("SUB a q 1\r\n");
    publisher.send("PUB a 0\r\n\r\n".repeat(20));
    expect(counts([publisher, member])).toEqual([0, 20]);
  });

  test("a member that is denied the subject leaves the message to the others", () => {
    const here = stage();
    const permissions = here.permissions({ subscribeDeny: ["a.secret"] });
    const [denied, member] = [here.client({ permissions }), here.client()];
    denied.subscribe("a.*", "1", { queue: "q", filtersDenied: true });
    member.send("SUB a.* q 1\r\n");
    here.client().send("PUB a.secret 0\r\n\r\n".repeat(20));
    expect(counts([denied, member])).toEqual([0, 20]);
  });

  test("a denial that names the queue is one subscription's alone, and its shadows'", () => {
    const here = stage();
    const there = here.fabric.openAccount();
    const client = here.client();
    const bound = { queue: "q", filtersDenied: true, alsoDenied: ["a.secret", "*.hidden"] };
    const primary = client.subscribe("a.*", "1", bound);
    here.fabric.addShadow(primary, there, "b.*", null);
    client.subscribe("a.*", "2", { queue: "r" });
    here.client().send("PUB a.secret 0\r\n\r\nPUB a.open 0\r\n\r\n");
    here.client({ account: there }).send("PUB b.hidden 0\r\n\r\nPUB b.open 0\r\n\r\n");
    const frames = ["a.secret 2", "a.open 1", "a.open 2", "b.open 1"];
    expect(client.received()).toBe(frames.map((frame) => `MSG ${frame} 0\r\n\r\n`).join(""));
    here.fabric.unsubscribe(primary);
    expect(here.fabric.hasInterest(there, "b.open")).toBe(false);
  });

  test("a member over its pending limit leaves the message to the others", () => {
    const here = stage();
    const [full, member] = [here.client(), here.client()];
    here.fabric.setMaxPending(1_000);
    full.send("SUB a q 1\r\nSUB flood 2\r\n");
    here.client().send(`PUB flood 2000\r\n${"x".repeat(2000)}\r\n`);
    member.send("SUB a q 1\r\n");
    here.client().send("PUB a 0\r\n\r\n".repeat(20));
    expect(counts([full, member])).toEqual([1, 20]);
  });

  test("when no member takes it, nobody got it", () => {
    const here = stage();
    const publisher = here.client({ echo: false });
    publisher.send("SUB a q 1\r\nSUB a q 2\r\nSUB inbox 3\r\nPUB a inbox 0\r\n\r\n");
    expect(publisher.received()).toBe(
      "HMSG inbox 3 33 33\r\nNATS/1.0 503\r\nNats-Subject: a\r\n\r\n\r\n",
    );
  });

  test("a listener is who named the very subject, in the group or in none", () => {
    const here = stage();
    const client = here.client();
    const listeners = (subject: string): readonly boolean[] =>
      ["", "q", "r"].map((name) => here.fabric.hasListener(here.account, subject, name));
    expect(listeners("a.b")).toEqual([false, false, false]);
    client.send("SUB a.* 1\r\nSUB > q 2\r\n");
    expect(listeners("a.b")).toEqual([false, false, false]);
    expect(listeners("a.*")).toEqual([false, false, false]);
    client.send("SUB a.b q 3\r\n");
    expect(listeners("a.b")).toEqual([false, true, false]);
    client.send("SUB a.b 4\r\n");
    expect(listeners("a.b")).toEqual([true, true, false]);
    client.send("UNSUB 3\r\n");
    expect(listeners("a.b")).toEqual([true, false, false]);
    const shadow = here.fabric.openAccount();
    const primary = client.subscribe("there.b", "5", { queue: "r" });
    here.fabric.addShadow(primary, shadow, "b", null);
    expect(here.fabric.hasListener(shadow, "b", "r")).toBe(true);
    expect(here.fabric.hasListener(shadow, "b", "")).toBe(false);
  });

  test("a member that has had its number leaves the group", () => {
    const here = stage();
    const client = here.client();
    client.send("SUB a q 1\r\nUNSUB 1 1\r\nSUB a q 2\r\nUNSUB 2 1\r\n");
    client.send("PUB a 0\r\n\r\n".repeat(5));
    expect(counts([client])).toEqual([2]);
    expect(here.fabric.hasInterest(here.account, "a")).toBe(false);
  });

  test("receivers inside the server are members like any other", () => {
    const here = stage();
    const member = here.client();
    member.send("SUB a q 1\r\n");
    here.fabric.subscribeInside(here.account, "a", "q", 7);
    here.client().send("PUB a 0\r\n\r\n".repeat(100));
    const [outside = 0] = counts([member]);
    expect(outside + here.rows.length).toBe(100);
    expect(Math.min(outside, here.rows.length)).toBeGreaterThan(20);
  });
});
