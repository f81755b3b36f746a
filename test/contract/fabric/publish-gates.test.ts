// What may keep a publish from being delivered: permissions, reserved subjects, mapped subjects; and allow_responses.

import { expect, test } from "bun:test";
import { describeFabrics } from "./fabric-implementations.ts";
import { Stage } from "./fabric-stage.ts";

describeFabrics("permission to publish", (implementation) => {
  const stage = (): Stage => new Stage(implementation.create(1));

  test("without permissions everything is allowed", () => {
    const client = stage().client();
    expect(client.send("PUB any.thing 0\r\n\r\n")).toEqual([]);
  });

  test("only what the list allows may be published", () => {
    const here = stage();
    const permissions = here.permissions({ publishAllow: ["a", "b.*", "c.>"] });
    const client = here.client({ permissions });
    for (const subject of ["a", "b.x", "c.x", "c.x.y"]) {
      expect(client.send(`PUB ${subject} 0\r\n\r\n`)).toEqual([]);
    }
    for (const subject of ["x", "a.b", "b", "b.x.y", "c", "A", "b..x", "b."]) {
      expect(client.send(`PUB ${subject} 0\r\n\r\n`)).toEqual([`publishDenied subject=${subject}`]);
    }
  });

  test("an empty list allows nothing", () => {
    const here = stage();
    const client = here.client({ permissions: here.permissions({ publishAllow: [] }) });
    expect(client.send("PUB a 0\r\n\r\n")).toEqual(["publishDenied subject=a"]);
  });

  test("what is denied is denied, also when it is allowed", () => {
    const here = stage();
    const both = here.permissions({ publishAllow: ["a.>"], publishDeny: ["a.secret.*", "a.x"] });
    const client = here.client({ permissions: both });
    expect(
      client.send(
        "PUB a.y 0\r\n\r\nPUB a.secret 0\r\n\r\nPUB a.x 0\r\n\r\nPUB a.secret.k 0\r\n\r\n",
      ),
    ).toEqual(["publishDenied subject=a.x", "publishDenied subject=a.secret.k"]);
    const denyOnly = here.client({ permissions: here.permissions({ publishDeny: [">"] }) });
    expect(denyOnly.send("PUB a 0\r\n\r\nPUB a..b 0\r\n\r\n")).toEqual(["publishDenied subject=a"]);
  });

  test("a denied publish reaches nobody and gets no +OK, and the client goes on", () => {
    const here = stage();
    const permissions = here.permissions({ publishAllow: ["a"] });
    const client = here.client({ permissions, verbose: true });
    expect(client.send("SUB > 1\r\nHPUB b re 10 12\r\nNATS/1.0\r\nhi\r\nPUB a 1\r\nx\r\n")).toEqual(
      ["publishDenied subject=b reply=re headers=NATS/1.0\r\n body=hi"],
    );
    expect(client.received()).toBe("+OK\r\n+OK\r\nMSG a 1 1\r\nx\r\n");
  });

  test("a wildcard subject is judged as the plain tokens it is", () => {
    const here = stage();
    const client = here.client({ permissions: here.permissions({ publishAllow: ["a.b"] }) });
    expect(client.send("PUB a.* 0\r\n\r\nPUB > 0\r\n\r\n")).toEqual([
      "publishDenied subject=a.*",
      "publishDenied subject=>",
    ]);
  });

  test("permissions are shared, changed with the options, and closed when unused", () => {
    const here = stage();
    const narrow = here.permissions({ publishAllow: ["a"] });
    const wide = here.permissions({ publishAllow: [">"] });
    const [one, two] = [here.client({ permissions: narrow }), here.client({ permissions: narrow })];
    one.set({ permissions: wide });
    expect(one.send("PUB b 0\r\n\r\n")).toEqual([]);
    expect(two.send("PUB b 0\r\n\r\n")).toEqual(["publishDenied subject=b"]);
    two.close();
    here.fabric.closePermissions(narrow);
    expect(one.send("PUB b 0\r\n\r\n")).toEqual([]);
  });

  test("many permissions can be opened and closed", () => {
    const here = stage();
    for (let round = 0; round < 200; round += 1) {
      const permissions = here.permissions({
        publishAllow: Array.from({ length: 20 }, (_, index) => `round${round}.${index}.*`),
        publishDeny: [`round${round}.3.x`],
      });
      const client = here.client({ permissions });
      const denied = client.send(`PUB round${round}.3.y 0\r\n\r\nPUB round${round}.3.x 0\r\n\r\n`);
      expect(denied).toEqual([`publishDenied subject=round${round}.3.x`]);
      client.close();
      here.fabric.closePermissions(permissions);
    }
  });

  test("deliveries of a filtered subscription leave out what is denied", () => {
    const here = stage();
    const permissions = here.permissions({ subscribeDeny: ["a.secret", "b.>"] });
    const client = here.client({ permissions });
    client.subscribe("*.*", "1", { filtersDenied: true });
    client.subscribe("a.*", "2");
    here.publish("a.secret", "1");
    here.publish("a.open", "2");
    here.publish("b.x", "3");
    expect(client.received()).toBe(
      "MSG a.secret 2 1\r\n1\r\nMSG a.open 1 1\r\n2\r\nMSG a.open 2 1\r\n2\r\n",
    );
  });
});

describeFabrics("denials of one subscription", (implementation) => {
  const stage = (): Stage => new Stage(implementation.create(1));

  test("leave out what they match, of this subscription alone", () => {
    const here = stage();
    const client = here.client();
    client.subscribe("*.*", "1", { queue: "q", alsoDenied: ["a.secret", "b.>"] });
    client.subscribe("*.*", "2");
    expect(["a.secret", "a.open", "b.x"].map((subject) => here.publish(subject, "x"))).toEqual([
      1, 2, 1,
    ]);
    expect(client.received()).toBe(
      "MSG a.secret 2 1\r\nx\r\nMSG a.open 2 1\r\nx\r\nMSG a.open 1 1\r\nx\r\nMSG b.x 2 1\r\nx\r\n",
    );
  });

  test("stand beside those of the slot", () => {
    const here = stage();
    const permissions = here.permissions({ subscribeDeny: ["a"] });
    const client = here.client({ permissions });
    client.subscribe("*", "1", { filtersDenied: true, alsoDenied: ["b"] });
    client.subscribe("*", "2", { alsoDenied: ["b"] });
    expect(["a", "b", "c"].map((subject) => here.publish(subject, "x"))).toEqual([1, 0, 2]);
  });

  test("hold for its shadows, by the subject that is shown", () => {
    const here = stage();
    const there = here.fabric.openAccount();
    const client = here.client();
    const primary = client.subscribe("in.*", "1", { alsoDenied: ["in.secret"] });
    here.fabric.addShadow(primary, there, "out.*", "in.$1");
    here.client({ account: there }).send("PUB out.secret 0\r\n\r\nPUB out.open 0\r\n\r\n");
    expect(client.received()).toBe("MSG in.open 1 0\r\n\r\n");
  });

  test("of many subscriptions need no memory when those are gone", () => {
    const here = stage();
    const rounds = Array.from({ length: 6 }, () => {
      const client = here.client();
      for (let sid = 0; sid < 200; sid += 1) {
        client.subscribe(`a.${sid}`, `${sid}`, { alsoDenied: [`a.${sid}`, `b.${sid}.>`] });
      }
      client.send("UNSUB 7\r\n");
      client.close();
      return here.fabric.memoryStatistics().arenaBytes;
    });
    expect(rounds.at(-1)).toBe(rounds[1] ?? 0);
  });
});

describeFabrics("reserved subjects", (implementation) => {
  const stage = (): Stage => new Stage(implementation.create(1));

  for (const subject of ["_GR_.x", "_GR_.a.b.c", "$GR.x", "$NRG.x", "$NRG.a.b", "$NRG."]) {
    test(`${subject} may not be published to`, () => {
      const client = stage().client();
      expect(client.send(`SUB > 1\r\nPUB ${subject} 0\r\n\r\n`)).toEqual([
        `publishDenied subject=${subject}`,
      ]);
      expect(client.received()).toBe("");
    });
  }

  test("raft groups may be spoken to in the system account", () => {
    const client = stage().client({ isSystem: true });
    expect(client.send("PUB $NRG.x 0\r\n\r\nPUB _GR_.x 0\r\n\r\n")).toEqual([
      "publishDenied subject=_GR_.x",
    ]);
  });

  for (const reply of ["_R_.x", "_R_.", "$JS.ACK.s.c.1", "_GR_.x.y", "$GR.x"]) {
    test(`${reply} may not be a reply`, () => {
      const client = stage().client({ verbose: true });
      expect(client.send(`SUB a 1\r\nPUB a ${reply} 1\r\nx\r\n`)).toEqual([
        `replyDenied subject=a reply=${reply} body=x`,
      ]);
      expect(client.received()).toBe("+OK\r\n");
    });
  }

  for (const subject of [
    "$SYS.x",
    "$JS.API.x",
    "_R_.x",
    "$JS.ACK.s.c.1",
    "_GR_",
    "$NRG",
    "_INBOX.x",
  ]) {
    test(`${subject} may be published to`, () => {
      const client = stage().client();
      expect(client.send(`SUB > 1\r\nPUB ${subject} 0\r\n\r\n`)).toEqual([]);
      expect(client.received()).toBe(`MSG ${subject} 1 0\r\n\r\n`);
    });
  }

  test("a prefix alone is not reserved yet, as in the reference", () => {
    const client = stage().client();
    for (const subject of ["_GR_.", "$GR.", "_R_."]) {
      expect(client.send(`PUB ${subject} 0\r\n\r\n`)).toEqual([]);
    }
    for (const reply of ["_GR_.", "$GR.", "$JS.ACK.", "_R_", "_GR_", "$JS.ACK"]) {
      expect(client.send(`PUB a ${reply} 0\r\n\r\n`)).toEqual([]);
    }
  });

  test("permissions are asked before the reply is", () => {
    const here = stage();
    const client = here.client({ permissions: here.permissions({ publishAllow: ["b"] }) });
    expect(client.send("PUB a _R_.x 0\r\n\r\n")).toEqual(["publishDenied subject=a reply=_R_.x"]);
  });
});

describeFabrics("allow_responses", (implementation) => {
  const stage = (
    max: number,
    millis: number,
  ): { here: Stage; responder: ReturnType<Stage["client"]> } => {
    const here = new Stage(implementation.create(1));
    const permissions = here.permissions({ publishAllow: ["open"], responses: { max, millis } });
    const responder = here.client({ permissions });
    responder.send("SUB service 1\r\n");
    return { here, responder };
  };
  const answer = "PUB inbox.1 1\r\nx\r\n";
  const denied = ["publishDenied subject=inbox.1 body=x"];

  test("a reply one was sent may be answered so many times", () => {
    const { here, responder } = stage(2, 60_000);
    expect(responder.send(answer)).toEqual(denied);
    here.publish("service", "", { reply: "inbox.1" });
    expect(responder.send(answer + answer)).toEqual([]);
    expect(responder.send(answer + answer)).toEqual([...denied, ...denied]);
    expect(responder.send("PUB inbox.2 0\r\n\r\n")).toEqual(["publishDenied subject=inbox.2"]);
  });

  test("a reply may be answered for so long", () => {
    const { here, responder } = stage(10, 100);
    here.client().send("PUB service inbox.1 0\r\n\r\n");
    here.now += 100;
    expect(responder.send(answer)).toEqual([]);
    here.now += 1;
    expect(responder.send(answer)).toEqual(denied);
  });

  test("being sent the reply again begins anew", () => {
    const { here, responder } = stage(1, 60_000);
    here.publish("service", "", { reply: "inbox.1" });
    expect(responder.send(answer)).toEqual([]);
    here.publish("service", "", { reply: "inbox.1" });
    expect(responder.send(answer)).toEqual([]);
    expect(responder.send(answer)).toEqual(denied);
  });

  test("no number is no limit in number", () => {
    const { here, responder } = stage(0, 60_000);
    here.publish("service", "", { reply: "inbox.1" });
    expect(responder.send(answer.repeat(50))).toEqual([]);
  });

  test("no time is no limit in time", () => {
    const { here, responder } = stage(1, 0);
    here.publish("service", "", { reply: "inbox.1" });
    here.now += 1_000_000_000;
    expect(responder.send(answer)).toEqual([]);
  });

  test("a reply that was not sent to this slot is no help to it", () => {
    const { here, responder } = stage(1, 60_000);
    here.client().send("SUB other 1\r\n");
    here.publish("other", "", { reply: "inbox.1" });
    expect(responder.send(answer)).toEqual(denied);
  });

  test("what the lists allow anyway uses nothing up", () => {
    const { here, responder } = stage(1, 60_000);
    here.publish("service", "", { reply: "open" });
    expect(responder.send("PUB open 0\r\n\r\n".repeat(5))).toEqual([]);
  });

  test("what the deny list forbids may be answered as well", () => {
    const here = new Stage(implementation.create(1));
    const responses = { max: 1, millis: 60_000 };
    const permissions = here.permissions({ publishDeny: ["inbox.*"], responses });
    const responder = here.client({ permissions });
    responder.send("SUB service 1\r\n");
    here.publish("service", "", { reply: "inbox.1" });
    expect(responder.send(answer)).toEqual([]);
    expect(responder.send(answer)).toEqual(denied);
  });

  test("other permissions forget the replies", () => {
    const { here, responder } = stage(5, 60_000);
    here.publish("service", "", { reply: "inbox.1" });
    const responses = { max: 5, millis: 60_000 };
    responder.set({ permissions: here.permissions({ publishAllow: [], responses }) });
    expect(responder.send(answer)).toEqual(denied);
  });
});

describeFabrics("mapped subjects", (implementation) => {
  const stage = (): Stage => {
    const here = new Stage(implementation.create(1));
    here.fabric.setMappedSubjects(here.account, ["old.*", "gone"]);
    return here;
  };

  test("a publish on one is handed up, counted and not delivered", () => {
    const here = stage();
    const client = here.client({ verbose: true });
    expect(
      client.send("SUB > 1\r\nHPUB old.a re 10 12\r\nNATS/1.0\r\nhi\r\nPUB other 0\r\n\r\n"),
    ).toEqual(["mapped subject=old.a reply=re headers=NATS/1.0\r\n body=hi"]);
    expect(client.received()).toBe("+OK\r\n+OK\r\nMSG other 1 0\r\n\r\n");
    expect(here.fabric.slotCounters(client.slot)).toMatchObject({ inMessages: 2, inBytes: 12 });
  });

  test("publishMapped delivers it under the other subject, with +OK, headers and reply", () => {
    const here = stage();
    const client = here.client({ verbose: true });
    let receivers = 0;
    client.send("SUB > 1\r\nHPUB old.a re 10 12\r\nNATS/1.0\r\nhi\r\n", () => {
      receivers = here.fabric.publishMapped(client.slot, "new.a");
    });
    expect(receivers).toBe(1);
    expect(client.received()).toBe("+OK\r\n+OK\r\nHMSG new.a 1 re 10 12\r\nNATS/1.0\r\nhi\r\n");
  });

  test("it may be mapped onto itself", () => {
    const here = stage();
    const client = here.client();
    client.send("SUB > 1\r\nPUB gone 1\r\nx\r\n", () => {
      expect(here.fabric.publishMapped(client.slot, "gone")).toBe(1);
    });
    expect(client.received()).toBe("MSG gone 1 1\r\nx\r\n");
  });

  test("permissions are asked about the mapped subject, not the published one", () => {
    const here = stage();
    const permissions = here.permissions({ publishAllow: ["new.a"] });
    const client = here.client({ permissions, verbose: true });
    const results: number[] = [];
    const map = (subject: string) => (): void => {
      results.push(here.fabric.publishMapped(client.slot, subject));
    };
    client.send("PUB old.a 0\r\n\r\n", map("new.a"));
    client.send("PUB old.a 0\r\n\r\n", map("new.b"));
    client.send("PUB old.a _R_.x 0\r\n\r\n", map("new.a"));
    client.send("PUB old.a 0\r\n\r\n", map("_GR_.a"));
    expect(results).toEqual([0, -1, -2, -1]);
    expect(client.received()).toBe("+OK\r\n");
  });

  test("nobody at the mapped subject is a 503 that names it", () => {
    const here = stage();
    const client = here.client();
    client.send("SUB inbox 1\r\nPUB gone inbox 0\r\n\r\n", () => {
      here.fabric.publishMapped(client.slot, "nobody");
    });
    expect(client.received()).toBe(
      "HMSG inbox 1 38 38\r\nNATS/1.0 503\r\nNats-Subject: nobody\r\n\r\n\r\n",
    );
  });

  test("the set is replaced whole, and is the account's own", () => {
    const here = stage();
    const account = here.fabric.openAccount();
    const [client, stranger] = [here.client(), here.client({ account })];
    expect(stranger.send("PUB gone 0\r\n\r\n")).toEqual([]);
    here.fabric.setMappedSubjects(here.account, ["a.>"]);
    expect(client.send("PUB gone 0\r\n\r\nPUB a.b.c 0\r\n\r\n")).toEqual(["mapped subject=a.b.c"]);
    here.fabric.setMappedSubjects(here.account, []);
    expect(client.send("PUB gone 0\r\n\r\nPUB a.b.c 0\r\n\r\n")).toEqual([]);
  });

  test("messages from inside are not mapped", () => {
    const here = stage();
    const client = here.client();
    client.send("SUB gone 1\r\n");
    expect(here.publish("gone", "x")).toBe(1);
  });
});
