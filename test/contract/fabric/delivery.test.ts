// Who gets a message, and the frames they get, byte for byte.

import { expect, test } from "bun:test";
import { noSlot } from "../../../src/wasm/fabric.ts";
import { describeFabrics } from "./fabric-implementations.ts";
import { bytes, Stage } from "./fabric-stage.ts";

describeFabrics("delivery", (implementation) => {
  const stage = (): Stage => new Stage(implementation.create(1));

  test("a message reaches a subscription on its subject and no other", () => {
    const here = stage();
    const [publisher, a, b] = [here.client(), here.client(), here.client()];
    a.send("SUB a 1\r\n");
    b.send("SUB b 1\r\n");
    publisher.send("PUB a 5\r\nhello\r\n");
    expect(a.received()).toBe("MSG a 1 5\r\nhello\r\n");
    expect(b.received()).toBe("");
  });

  const matching: readonly (readonly [pattern: string, subject: string, matches: boolean])[] = [
    ["a", "a", true],
    ["a", "A", false],
    ["a", "a.b", false],
    ["a.b", "a", false],
    ["*", "a", true],
    ["*", "a.b", false],
    ["*.b", "a.b", true],
    ["a.*", "a.b", true],
    ["a.*", "a", false],
    ["a.*.c", "a.b.c", true],
    ["a.*.c", "a.b.d", false],
    [">", "a", true],
    [">", "a.b.c", true],
    ["a.>", "a", false],
    ["a.>", "a.b", true],
    ["a.>", "a.b.c.d", true],
    ["*.>", "a.b", true],
    ["*.>", "a", false],
    ["a*", "ab", false],
    ["a*", "a*", true],
    ["a>.b", "a>.b", true],
    ["**", "a", false],
    [">", "a..b", false],
    [">", ".a", false],
    [">", "a.", false],
    [">", ".", false],
    ["a.*", "a.*", true],
    ["a.b", "a.*", false],
    ["a.>", "a.>", true],
    ["a.*", "a.>", true],
    ["a.b", "a.>", false],
  ];
  for (const [pattern, subject, isMatch] of matching) {
    test(`${pattern} ${isMatch ? "matches" : "does not match"} ${subject}`, () => {
      const here = stage();
      const client = here.client();
      client.send(`SUB ${pattern} 1\r\nPUB ${subject} 1\r\nx\r\n`);
      expect(client.received()).toBe(isMatch ? `MSG ${subject} 1 1\r\nx\r\n` : "");
      expect(here.fabric.hasInterest(here.account, subject)).toBe(isMatch);
      expect(here.fabric.match(here.account, subject).length).toBe(isMatch ? 1 : 0);
    });
  }

  test("every matching subscription of a client gets the message, oldest first", () => {
    const client = stage().client();
    client.send("SUB a.b 1\r\nSUB > 2\r\nSUB a.* 3\r\nSUB a.b 4\r\nSUB *.b 5\r\n");
    client.send("PUB a.b 1\r\nx\r\n");
    expect(client.received()).toBe(
      [1, 2, 3, 4, 5].map((sid) => `MSG a.b ${sid} 1\r\nx\r\n`).join(""),
    );
  });

  test("interest changes are seen by the very next message", () => {
    const client = stage().client();
    client.send(
      "PUB a 1\r\n0\r\nSUB a 1\r\nPUB a 1\r\n1\r\nSUB * 2\r\nPUB a 1\r\n2\r\nUNSUB 1\r\nPUB a 1\r\n3\r\nUNSUB 2\r\nPUB a 1\r\n4\r\n",
    );
    expect(client.received()).toBe(
      "MSG a 1 1\r\n1\r\nMSG a 1 1\r\n2\r\nMSG a 2 1\r\n2\r\nMSG a 2 1\r\n3\r\n",
    );
  });

  test("a frame carries the reply and the size as it was written", () => {
    const client = stage().client();
    client.send("SUB a 1\r\nPUB a _INBOX.1 0002\r\nhi\r\nPUB a 0\r\n\r\n");
    expect(client.received()).toBe("MSG a 1 _INBOX.1 0002\r\nhi\r\nMSG a 1 0\r\n\r\n");
  });

  test("headers go to who understands them and are cut off for others", () => {
    const here = stage();
    const [publisher, modern, old] = [
      here.client(),
      here.client(),
      here.client({ headers: false }),
    ];
    modern.send("SUB a 1\r\n");
    old.send("SUB a 1\r\n");
    publisher.send("HPUB a re 18 20\r\nNATS/1.0\r\nK: v\r\n\r\nhi\r\n");
    expect(modern.received()).toBe("HMSG a 1 re 18 20\r\nNATS/1.0\r\nK: v\r\n\r\nhi\r\n");
    expect(old.received()).toBe("MSG a 1 re 2\r\nhi\r\n");
  });

  test("a header size of zero is a message without headers", () => {
    const client = stage().client();
    client.send("SUB a 1\r\nHPUB a 0 2\r\nhi\r\n");
    expect(client.received()).toBe("MSG a 1 2\r\nhi\r\n");
  });

  test("a client without echo does not hear itself, others do", () => {
    const here = stage();
    const [quiet, other] = [here.client({ echo: false }), here.client()];
    quiet.send("SUB a 1\r\nPUB a 1\r\nx\r\n");
    other.send("SUB a 1\r\n");
    quiet.send("PUB a 1\r\ny\r\n");
    other.send("PUB a 1\r\nz\r\n");
    expect(quiet.received()).toBe("MSG a 1 1\r\nz\r\n");
    expect(other.received()).toBe("MSG a 1 1\r\ny\r\nMSG a 1 1\r\nz\r\n");
  });

  test("accounts do not hear each other", () => {
    const here = stage();
    const account = here.fabric.openAccount();
    const [here1, there] = [here.client(), here.client({ account })];
    here1.send("SUB > 1\r\n");
    there.send("SUB > 1\r\nPUB a 1\r\nx\r\n");
    expect(here1.received()).toBe("");
    expect(there.received()).toBe("MSG a 1 1\r\nx\r\n");
  });

  test("verbose answers every accepted op, before its deliveries", () => {
    const client = stage().client({ verbose: true });
    client.send("SUB a 1\r\nPUB a 1\r\nx\r\nUNSUB 1\r\nUNSUB 77\r\nPING\r\n");
    expect(client.received()).toBe("+OK\r\n+OK\r\nMSG a 1 1\r\nx\r\n+OK\r\n+OK\r\nPONG\r\n");
  });

  test("pedantic complains about a publish subject that is no literal, and delivers all the same", () => {
    const client = stage().client({ pedantic: true });
    client.send(
      "SUB a.* 1\r\nPUB a.* 1\r\nx\r\nPUB a..b 0\r\n\r\nPUB a.> 0\r\n\r\nPUB a.b* 0\r\n\r\n",
    );
    const complaint = "-ERR 'Invalid Publish Subject'\r\n";
    expect(client.received()).toBe(
      `${complaint}MSG a.* 1 1\r\nx\r\n${complaint}${complaint}MSG a.> 1 0\r\n\r\nMSG a.b* 1 0\r\n\r\n`,
    );
  });

  test("pedantic complains once, when the control line is there", () => {
    const client = stage().client({ pedantic: true });
    client.send("PUB a..b 2\r\n");
    expect(client.received()).toBe("-ERR 'Invalid Publish Subject'\r\n");
    client.send("h");
    client.send("i\r\n");
    expect(client.received()).toBe("");
  });

  test("a subject of two thousand tokens is delivered", () => {
    const here = stage();
    const client = here.client({ maxControlLine: 8192 });
    const subject = Array.from({ length: 2_000 }, (_, index) => index % 10).join(".");
    const pattern = Array.from({ length: 2_000 }, (_, index) =>
      index % 3 === 0 ? "*" : `${index % 10}`,
    ).join(".");
    client.send(`SUB ${pattern} 1\r\nSUB ${subject} 2\r\nSUB 0.1.> 3\r\nPUB ${subject} 1\r\nx\r\n`);
    expect(client.received()).toBe(
      [1, 2, 3].map((sid) => `MSG ${subject} ${sid} 1\r\nx\r\n`).join(""),
    );
  });
});

describeFabrics("subscribing", (implementation) => {
  const stage = (): Stage => new Stage(implementation.create(1));

  test("a sid that is taken is accepted and changes nothing", () => {
    const client = stage().client({ verbose: true });
    client.send("SUB a 1\r\nSUB b 1\r\nSUB b..c 1\r\n");
    expect(client.received()).toBe("+OK\r\n+OK\r\n+OK\r\n");
    client.set({ verbose: false });
    client.send("PUB a 1\r\nx\r\nPUB b 1\r\ny\r\n");
    expect(client.received()).toBe("MSG a 1 1\r\nx\r\n");
  });

  const invalid = ["a..b", ".a", "a.", ".", "a.>.b", ">.a", "a.b..", "*..*"];
  for (const subject of invalid) {
    test(`${subject} is no subject to subscribe to`, () => {
      const client = stage().client({ verbose: true });
      expect(client.send(`SUB ${subject} 1\r\n`)).toEqual([
        `invalidSubject subject=${subject} sid=1`,
      ]);
      expect(client.received()).toBe("");
    });
  }

  const valid = ["a", "*", ">", "*.*", "*.>", "a.>b", "a>.b", "**", "a.*b", "$SYS.>", "_INBOX.*"];
  for (const subject of valid) {
    test(`${subject} may be subscribed to`, () => {
      const client = stage().client();
      expect(client.send(`SUB ${subject} 1\r\n`)).toEqual([]);
    });
  }

  test("UNSUB without a number removes at once, and what is not there is no fault", () => {
    const client = stage().client();
    client.send("SUB a 1\r\nUNSUB 1\r\nUNSUB 1\r\nUNSUB 2 5\r\nPUB a 1\r\nx\r\n");
    expect(client.received()).toBe("");
  });

  test("UNSUB with a number counts from the subscription's start", () => {
    const client = stage().client();
    const publish = "PUB a 1\r\nx\r\n";
    const message = "MSG a 1 1\r\nx\r\n";
    client.send(`SUB a 1\r\n${publish}${publish}UNSUB 1 3\r\n${publish}${publish}`);
    expect(client.received()).toBe(message.repeat(3));
    client.send(`SUB a 1\r\n${publish}${publish}UNSUB 1 2\r\n${publish}`);
    expect(client.received()).toBe(message.repeat(2));
  });

  test("UNSUB with zero or something unreadable removes at once", () => {
    for (const number of ["0", "000", "x", "-1", "1234567890"]) {
      const client = stage().client();
      expect(client.send(`SUB a 1\r\nUNSUB 1 ${number}\r\nPUB a 1\r\nx\r\n`)).toEqual([]);
      expect(client.received()).toBe("");
    }
  });

  test("a later UNSUB replaces the number of an earlier one", () => {
    const client = stage().client();
    const publish = "PUB a 1\r\nx\r\n";
    client.send(`SUB a 1\r\nUNSUB 1 1\r\nUNSUB 1 3\r\n${publish.repeat(5)}`);
    expect(client.received()).toBe("MSG a 1 1\r\nx\r\n".repeat(3));
  });

  test("a sid is free again when its subscription has had its number", () => {
    const client = stage().client();
    client.send(
      "SUB a 1\r\nUNSUB 1 1\r\nPUB a 1\r\nx\r\nSUB b 1\r\nPUB a 1\r\ny\r\nPUB b 1\r\nz\r\n",
    );
    expect(client.received()).toBe("MSG a 1 1\r\nx\r\nMSG b 1 1\r\nz\r\n");
  });

  test("a message its subscriber does not take is not counted", () => {
    const here = stage();
    const [quiet, other] = [here.client({ echo: false }), here.client()];
    quiet.send("SUB a 1\r\nUNSUB 1 1\r\nPUB a 1\r\nx\r\n");
    other.send("PUB a 1\r\ny\r\n");
    expect(quiet.received()).toBe("MSG a 1 1\r\ny\r\n");
  });

  test("closing a slot removes its subscriptions", () => {
    const here = stage();
    const client = here.client();
    client.send("SUB a 1\r\nSUB * q 2\r\n");
    expect(here.fabric.hasInterest(here.account, "a")).toBe(true);
    client.close();
    expect(here.fabric.hasInterest(here.account, "a")).toBe(false);
    expect(here.publish("a", "x")).toBe(0);
  });

  test("a slot that decides subscriptions is asked about each, and nothing is done", () => {
    const here = stage();
    const client = here.client({ decidesSubscriptions: true, verbose: true, maxSubscriptions: 1 });
    const ops = client.send("SUB a 1\r\nSUB b q 2\r\nSUB a..b 3\r\nPUB a 1\r\nx\r\n");
    expect(ops).toEqual([
      "subscribe subject=a sid=1",
      "subscribe subject=b queue=q sid=2",
      "subscribe subject=a..b sid=3",
    ]);
    expect(client.received()).toBe("+OK\r\n");
  });

  test("a SUB in the server's own queue group is asked about in any slot", () => {
    const client = stage().client({ maxSubscriptions: 1 });
    expect(client.send("SUB b 1\r\nSUB a _sys_ 2\r\nSUB a _SYS_ 3\r\n")).toEqual([
      "subscribe subject=a queue=_sys_ sid=2",
      "tooManySubscriptions subject=a queue=_SYS_ sid=3",
    ]);
  });

  test("what the server subscribes for a slot is like what the slot subscribed", () => {
    const here = stage();
    const client = here.client({ decidesSubscriptions: true });
    client.send(
      "SUB a 9\r\nPUB a 1\r\nx\r\nUNSUB 9 2\r\nPUB a 1\r\ny\r\nPUB a 1\r\nz\r\n",
      (op) => {
        expect(op.sidLength).toBe(1);
        client.subscribe("a", "9");
      },
    );
    expect(client.received()).toBe("MSG a 9 1\r\nx\r\nMSG a 9 1\r\ny\r\n");
  });

  test("subscribing a sid again gives the present subscription", () => {
    const here = stage();
    const client = here.client();
    const first = client.subscribe("a", "1");
    expect(client.subscribe("b", "1")).toBe(first);
    expect(here.fabric.findSubscription(client.slot, "1")).toBe(first);
    expect<number>(here.fabric.findSubscription(client.slot, "2")).toBe(0);
    here.fabric.unsubscribe(first);
    expect<number>(here.fabric.findSubscription(client.slot, "1")).toBe(0);
  });

  test("texts cross the interface as bytes, one character each", () => {
    const here = stage();
    const client = here.client();
    const ref = client.subscribe("\xe9\0.*", "\xff\x80");
    expect(here.fabric.describe(ref)).toMatchObject({ subject: "\xe9\0.*", sid: "\xff\x80" });
    expect(here.fabric.hasInterest(here.account, "\xe9\0.\xfc")).toBe(true);
    expect(here.publish("\xe9\0.\xfc", "x", { reply: "\xdf" })).toBe(1);
    expect(client.received()).toBe("MSG \xe9\0.\xfc \xff\x80 \xdf 1\r\nx\r\n");
  });

  test("subscriptions are described as they are", () => {
    const here = stage();
    const client = here.client();
    client.send("SUB a.* q 77\r\nSUB b 2\r\nUNSUB 77 5\r\nPUB a.x 1\r\nx\r\n");
    const ref = here.fabric.findSubscription(client.slot, "77");
    const expected = {
      ...{ ref, slot: client.slot, account: here.account, subject: "a.*", queue: "q", sid: "77" },
      ...{ delivered: 1, max: 5, isShadow: false },
    };
    expect(here.fabric.describe(ref)).toEqual(expected);
    expect(here.fabric.subscriptionsOf(client.slot).map(({ sid }) => sid)).toEqual(["77", "2"]);
    expect(here.fabric.match(here.account, "a.q")).toEqual([expected]);
  });

  test("an account lists what is inside and outside, up to a limit", () => {
    const here = stage();
    here.client().send("SUB a 1\r\nSUB b 2\r\n");
    here.fabric.subscribeInside(here.account, "c", "", 5);
    const listed = here.fabric.subscriptionsIn(here.account, 10);
    expect(listed.map(({ subject }) => subject).sort()).toEqual(["a", "b", "c"]);
    expect(listed.find(({ subject }) => subject === "c")).toMatchObject({ slot: noSlot, sid: "" });
    expect(here.fabric.subscriptionsIn(here.account, 2).length).toBe(2);
  });

  test("match lists every member of a queue group", () => {
    const here = stage();
    here.client().send("SUB a q 1\r\nSUB a q 2\r\nSUB * r 3\r\nSUB a 4\r\nSUB b 5\r\n");
    const sids = here.fabric.match(here.account, "a").map(({ sid }) => sid);
    expect(sids.sort()).toEqual(["1", "2", "3", "4"]);
  });

  test("interest statistics count what there is, came and went", () => {
    const here = stage();
    here.client().send("SUB a 1\r\nSUB a q 2\r\nSUB b 3\r\nUNSUB 1\r\n");
    expect(here.fabric.interestStatistics()).toMatchObject({
      subscriptions: 2,
      inserts: 3,
      removes: 1,
    });
  });

  test("publishing from inside counts receivers and needs no client", () => {
    const here = stage();
    const client = here.client();
    client.send("SUB a 1\r\nSUB * 2\r\nSUB a q 3\r\nSUB a q 4\r\n");
    expect(here.publish("a", "x", { reply: "r", headers: "NATS/1.0\r\n\r\n" })).toBe(3);
    expect(client.received()).toContain("HMSG a 1 r 12 13\r\nNATS/1.0\r\n\r\nx\r\n");
    expect(here.publish("nobody.there", "x")).toBe(0);
  });

  test("publishing from inside copies what it is given", () => {
    const here = stage();
    const client = here.client();
    client.send("SUB a 1\r\n");
    const body = bytes("before");
    const { account } = here;
    const none = bytes("");
    here.fabric.publish({ account, origin: noSlot, subject: "a", reply: "", headers: none, body });
    body.fill(0);
    expect(client.received()).toBe("MSG a 1 6\r\nbefore\r\n");
  });

  test("publishing in a slot's name obeys its echo", () => {
    const here = stage();
    const client = here.client({ echo: false });
    client.send("SUB a 1\r\n");
    const message = {
      account: here.account,
      subject: "a",
      reply: "",
      headers: bytes(""),
      body: bytes("x"),
    };
    expect(here.fabric.publish({ ...message, origin: client.slot })).toBe(0);
    expect(here.fabric.publish({ ...message, origin: noSlot })).toBe(1);
  });
});
