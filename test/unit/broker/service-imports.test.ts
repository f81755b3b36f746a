import { describe, expect, test } from "bun:test";
import type { AccountOptions } from "../../../src/config/options.ts";
import { describeFabrics } from "../../contract/fabric/fabric-implementations.ts";
import {
  account,
  service,
  stream,
  takesService,
  takesStream,
} from "../accounts/account-options.ts";
import { AccountTable, replyIn, withoutTokens } from "./account-table.ts";

describeFabrics("services of other accounts", ({ create }) => {
  const info = (requester: string): string =>
    `NATS/1.0\r\nNats-Request-Info: {"acc":"${requester}","rtt":1000}\r\n\r\n`;

  function request(sid: string, subject: string, requester: string, body: string): string {
    const block = info(requester);
    return `HMSG ${subject} ${sid} _R_ ${block.length} ${block.length + body.length}\r\n${block}${body}\r\n`;
  }

  function tableOf(
    exported: Parameters<typeof service>[1] = {},
    imported: Parameters<typeof takesService>[2] = {},
  ): AccountTable {
    return new AccountTable(create, [
      account("A", { exports: [service("svc.>", exported)] }),
      account("B", { imports: [takesService("A", "svc.x", { to: "b.x", ...imported })] }),
    ]);
  }

  describe("a request into another account", () => {
    test("arrives under the exported subject and is answered to its reply", () => {
      const table = tableOf();
      const [a, b] = [table.client("A"), table.client("B")];
      a.send("SUB svc.> 1");
      b.send("SUB inbox 5", "PUB b.x inbox 2", "hi");
      const got = a.received();
      expect(withoutTokens(got)).toBe(request("1", "svc.x", "B", "hi"));
      expect(replyIn(got)).toMatch(/^_R_\.[0-9A-Za-z]{6}\.[0-9A-Za-z]{8}$/);
      a.send(`PUB ${replyIn(got)} 3`, "ans");
      expect(b.received()).toBe("MSG inbox 5 3\r\nans\r\n");
    });

    test("is answered once", () => {
      const table = tableOf();
      const [a, b] = [table.client("A"), table.client("B")];
      a.send("SUB svc.x 1");
      b.send("SUB inbox 5", "PUB b.x inbox 2", "hi");
      const reply = replyIn(a.received());
      a.send(`PUB ${reply} 1`, "1", `PUB ${reply} 1`, "2");
      expect(b.received()).toBe("MSG inbox 5 1\r\n1\r\n");
      expect(table.roads.services.pending.count).toBe(0);
    });

    test("without a reply leaves nothing behind", () => {
      const table = tableOf();
      const [a, b] = [table.client("A"), table.client("B")];
      a.send("SUB svc.x 1");
      b.send("PUB b.x 2", "hi");
      expect(a.received()).toContain("HMSG svc.x 1 ");
      expect(table.roads.services.pending.count).toBe(0);
    });

    test("is refused with 503 when nobody listens there", () => {
      const table = tableOf();
      const b = table.client("B");
      b.send("SUB inbox 5", "PUB b.x inbox 2", "hi");
      expect(b.received()).toBe(
        "HMSG inbox 5 35 35\r\nNATS/1.0 503\r\nNats-Subject: b.x\r\n\r\n\r\n",
      );
      expect(table.roads.services.pending.count).toBe(0);
    });

    test("that somebody at home heard is not refused", () => {
      const table = tableOf();
      const [b, other] = [table.client("B"), table.client("B")];
      other.send("SUB b.x 1");
      b.send("SUB inbox 5", "PUB b.x inbox 2", "hi");
      expect(b.received()).toBe("");
      expect(other.received()).toBe("MSG b.x 1 inbox 2\r\nhi\r\n");
    });

    test("is not refused twice to who hears all subjects", () => {
      const table = tableOf();
      const b = table.client("B");
      b.send("SUB > 5", "UNSUB 5", "SUB inbox.> 5", "PUB b.x inbox.1 2", "hi");
      expect(b.received().match(/503/g)?.length).toBe(1);
      const all = table.client("B", { echo: false });
      all.send("SUB > 1");
      all.received();
      all.send("PUB b.x inbox.1 2", "hi");
      expect(all.received()).not.toContain("_R_");
    });

    test("keeps its headers and gets one line more", () => {
      const table = tableOf();
      const [a, b] = [table.client("A"), table.client("B")];
      a.send("SUB svc.x 1");
      b.send("HPUB b.x 22 24", "NATS/1.0\r\nFoo: bar\r\n\r\nhi");
      expect(a.received()).toBe(
        'HMSG svc.x 1 65 67\r\nNATS/1.0\r\nFoo: bar\r\nNats-Request-Info: {"acc":"B","rtt":1000}\r\n\r\nhi\r\n',
      );
    });

    test("of a fast batch tells its own reply, which says what is sent", () => {
      const table = tableOf();
      const [a, b] = [table.client("A"), table.client("B")];
      a.send("SUB svc.x 1");
      b.send("PUB b.x in.id.1.ok.1.0.$FI 2", "hi", "PUB b.x in.id 2", "ho");
      const got = a.received();
      expect(got).toContain(
        'Nats-Request-Info: {"acc":"B","rtt":1000,"reply":"in.id.1.ok.1.0.$FI"}\r\n\r\nhi',
      );
      expect(got).toContain('Nats-Request-Info: {"acc":"B","rtt":1000}\r\n\r\nho');
    });

    test("cannot bring its own Nats-Request-Info", () => {
      const table = tableOf();
      const [a, b] = [table.client("A"), table.client("B")];
      a.send("SUB svc.x 1");
      const block = 'NATS/1.0\r\nNats-Request-Info: {"acc":"A"}\r\n\r\n';
      b.send(`HPUB b.x ${block.length} ${block.length + 2}`, `${block}hi`);
      const got = a.received();
      expect(got.match(/Nats-Request-Info/g)?.length).toBe(1);
      expect(got).toContain('{"acc":"B","rtt":1000}');
    });

    test("tells who asks when the import shares it", () => {
      const table = tableOf({}, { share: true });
      const [a, b] = [table.client("A"), table.client("B")];
      a.send("SUB svc.x 1");
      b.send("PUB b.x 2", "hi");
      expect(a.received()).toContain(
        'Nats-Request-Info: {"start":"1970-01-01T00:00:00Z","host":"127.0.0.1","id":2,"acc":"B",' +
          '"user":"user-B","lang":"ts","ver":"1","rtt":1000,"server":"S1","kind":"Client","client_type":"nats"}',
      );
    });

    test("keeps an acknowledgement subject as its reply", () => {
      const table = tableOf();
      const a = table.client("A");
      a.send("SUB svc.x 1");
      const from = table.registry.find("B");
      if (from !== null) {
        const empty = new Uint8Array(0);
        const parts = { subject: "b.x", reply: "$JS.ACK.s.c.1", headers: empty, body: empty };
        table.fabric.publish({ account: from.index, origin: 0 as never, ...parts });
        table.router.route();
      }
      expect(a.received()).toBe("MSG svc.x 1 $JS.ACK.s.c.1 0\r\n\r\n");
    });
  });

  describe("subjects of imports", () => {
    function targets(
      to: string,
      subject: string,
      ...published: readonly string[]
    ): readonly string[] {
      const table = new AccountTable(create, [
        account("A", { exports: [service(">")] }),
        account("B", { imports: [takesService("A", subject, { to })] }),
      ]);
      const [a, b] = [table.client("A"), table.client("B")];
      a.send("SUB > 1");
      for (const one of published) {
        b.send(`PUB ${one} 0`, "");
      }
      return [...a.received().matchAll(/HMSG (\S+) /g)].map((found) => found[1] ?? "");
    }

    test("wildcards are carried over", () => {
      expect(targets("w.*", "svc.w.*", "w.1", "w.2", "w.1.2")).toEqual(["svc.w.1", "svc.w.2"]);
      expect(targets("s.>", "svc.>", "s.1.2", "s")).toEqual(["svc.1.2"]);
    });

    test("wildcards may change places", () => {
      expect(targets("b.$2.$1", "a.*.*", "b.1.2")).toEqual(["a.2.1"]);
    });

    test("the same pattern on both sides keeps the subject", () => {
      expect(targets("svc.*", "svc.*", "svc.1")).toEqual(["svc.1"]);
    });

    test("a pattern may become one literal", () => {
      expect(targets("x.*", "one", "x.1", "x.2")).toEqual(["one", "one"]);
    });

    test("mappings hold on both sides", () => {
      const mapped = (source: string, destination: string): AccountOptions["mappings"] => [
        { source, destinations: [{ destination, weight: 100, cluster: null }] },
      ];
      const table = new AccountTable(create, [
        account("A", { exports: [service("svc.>")], mappings: mapped("svc.m", "real.m") }),
        account("B", {
          imports: [takesService("A", "svc.m", { to: "b.m" })],
          mappings: mapped("mm", "b.m"),
        }),
      ]);
      const [a, b] = [table.client("A"), table.client("B")];
      a.send("SUB > 1");
      b.send("SUB inbox 5", "PUB mm inbox 2", "hi");
      const got = a.received();
      expect(withoutTokens(got)).toBe(request("1", "real.m", "B", "hi"));
      a.send(`PUB ${replyIn(got)} 3`, "ans");
      expect(b.received()).toBe("MSG inbox 5 3\r\nans\r\n");
    });

    test("a mapping that loses the request refuses it", () => {
      const destinations = [{ destination: "svc.x", weight: 0, cluster: null }];
      const table = new AccountTable(create, [
        account("A", {
          exports: [service("svc.x")],
          mappings: [{ source: "svc.x", destinations }],
        }),
        account("B", { imports: [takesService("A", "svc.x")] }),
      ]);
      const [a, b] = [table.client("A"), table.client("B")];
      a.send("SUB svc.x 1");
      b.send("SUB inbox 5", "PUB svc.x inbox 2", "hi");
      expect(b.received()).toContain("NATS/1.0 503");
      expect(a.received()).toBe("");
    });
  });

  describe("several hops", () => {
    function chain(): AccountTable {
      return new AccountTable(create, [
        account("A", { exports: [service("svc.>")] }),
        account("B", {
          exports: [service("b.>")],
          imports: [takesService("A", "svc.x", { to: "b.x" })],
        }),
        account("C", { imports: [takesService("B", "b.x", { to: "c.x" })] }),
      ]);
    }

    test("carry the request, who asked and through whom, and the answer back", () => {
      const table = chain();
      const [a, c] = [table.client("A"), table.client("C")];
      a.send("SUB svc.x 1");
      c.send("SUB inbox 5", "PUB c.x inbox 2", "hi");
      const got = a.received();
      expect(got).toContain('Nats-Request-Info: {"acc":"C","svc":"B","rtt":1000}');
      expect(table.roads.services.pending.count).toBe(2);
      a.send(`PUB ${replyIn(got)} 3`, "ans");
      expect(c.received()).toBe("MSG inbox 5 3\r\nans\r\n");
      expect(table.roads.services.pending.count).toBe(0);
    });

    test("say 503 with the subject that was asked first", () => {
      const table = chain();
      const c = table.client("C");
      c.send("SUB inbox 5", "PUB c.x inbox 2", "hi");
      expect(c.received()).toBe(
        "HMSG inbox 5 35 35\r\nNATS/1.0 503\r\nNats-Subject: c.x\r\n\r\n\r\n",
      );
      expect(table.roads.services.pending.count).toBe(0);
    });

    test("that reached somebody on the way do not fail", () => {
      const table = chain();
      const [b, c] = [table.client("B"), table.client("C")];
      b.send("SUB b.x 1");
      c.send("SUB inbox 5", "PUB c.x inbox 2", "hi");
      expect(c.received()).toBe("");
      const got = b.received();
      b.send(`PUB ${replyIn(got)} 3`, "ans");
      expect(c.received()).toBe("MSG inbox 5 3\r\nans\r\n");
    });
  });

  describe("an account's own services", () => {
    test("an import from itself passes its export once", () => {
      const table = new AccountTable(create, [
        account("A", { exports: [service("svc.self")], imports: [takesService("A", "svc.self")] }),
      ]);
      const a = table.client("A");
      a.send("SUB svc.self 1", "PUB svc.self r 2", "hi");
      expect(withoutTokens(a.received())).toBe(
        `MSG svc.self 1 r 2\r\nhi\r\n${request("1", "svc.self", "A", "hi")}`,
      );
    });

    test("one that nobody serves is refused, not repeated", () => {
      const table = new AccountTable(create, [
        account("A", { exports: [service("svc.self")], imports: [takesService("A", "svc.self")] }),
      ]);
      const a = table.client("A");
      a.send("SUB r 1", "PUB svc.self r 2", "hi");
      expect(a.received()).toBe(
        "HMSG r 1 40 40\r\nNATS/1.0 503\r\nNats-Subject: svc.self\r\n\r\n\r\n",
      );
    });
  });

  describe("several imports of one subject", () => {
    function twice(): AccountTable {
      return new AccountTable(create, [
        account("A", { exports: [service("svc.>")] }),
        account("D", { exports: [service("svc.>")] }),
        account("B", {
          imports: [
            takesService("A", "svc.>", { to: "s.>" }),
            takesService("D", "svc.>", { to: "s.>" }),
          ],
        }),
      ]);
    }

    test("reach all exporters", () => {
      const table = twice();
      const [a, d, b] = [table.client("A"), table.client("D"), table.client("B")];
      a.send("SUB svc.> 1");
      d.send("SUB svc.> 1");
      b.send("PUB s.z inbox 0", "");
      expect(a.received()).toContain("svc.z");
      expect(d.received()).toContain("svc.z");
    });

    test("are refused once when nobody listens anywhere", () => {
      const b = twice().client("B");
      b.send("SUB inbox 5", "PUB s.z inbox 0", "");
      expect(b.received().match(/503/g)?.length).toBe(1);
    });

    test("are not refused when one is served", () => {
      const table = twice();
      const [d, b] = [table.client("D"), table.client("B")];
      d.send("SUB svc.> 1");
      b.send("SUB inbox 5", "PUB s.z inbox 0", "");
      expect(b.received()).toBe("");
    });
  });

  describe("the system's own services", () => {
    test("are there for every account and name it", () => {
      const table = new AccountTable(create, [account("B")]);
      table.roads.addSystemImport("B", "$SYS.REQ.USER.INFO", "$SYS.REQ.USER.B.INFO", true);
      const [system, b] = [table.client("$SYS"), table.client("B")];
      system.send("SUB $SYS.REQ.USER.*.INFO 1");
      b.send("SUB inbox 5", "PUB $SYS.REQ.USER.INFO inbox 0", "");
      const got = system.received();
      expect(got).toContain("HMSG $SYS.REQ.USER.B.INFO 1 _R_.");
      expect(got).toContain('"acc":"B","user":"user-B"');
      system.send(`PUB ${replyIn(got)} 3`, "ans");
      expect(b.received()).toBe("MSG inbox 5 3\r\nans\r\n");
    });

    test("learn the server's name though the rest is not shared", () => {
      const table = new AccountTable(create, [account("B")]);
      table.roads.addSystemImport("B", "ping", "$SYS.PING", false);
      const [system, b] = [table.client("$SYS"), table.client("B")];
      system.send("SUB $SYS.PING 1");
      b.send("PUB ping 0", "");
      expect(system.received()).toContain('{"acc":"B","rtt":1000,"server":"S1"}');
    });
  });

  describe("a reload", () => {
    test("opens new imports, closes old ones and lets answers on their way arrive", () => {
      const before = [
        account("A", { exports: [service("svc.>"), stream("st.>")] }),
        account("B", { imports: [takesService("A", "svc.x", { to: "b.x" })] }),
      ];
      const table = new AccountTable(create, before);
      const [a, b] = [table.client("A"), table.client("B")];
      a.send("SUB svc.> 1");
      b.send("SUB inbox 5", "SUB st.* 6", "PUB b.x inbox 2", "hi");
      const reply = replyIn(a.received());
      const replaced = table.registry.replace({
        ...table.optionsWith([
          account("A", { exports: [service("svc.>"), stream("st.>")] }),
          account("B", {
            imports: [takesService("A", "svc.y", { to: "b.y" }), takesStream("A", "st.>")],
          }),
        ]),
      });
      if (!replaced.ok) {
        throw new Error(replaced.refusal.join("; "));
      }
      table.roads.apply(replaced.value, table.slots);
      a.send(`PUB ${reply} 3`, "ans");
      a.send("PUB st.1 1", "s");
      expect(b.received()).toBe("MSG inbox 5 3\r\nans\r\nMSG st.1 6 1\r\ns\r\n");
      b.send("PUB b.x inbox 2", "hi", "PUB b.y inbox 2", "yo");
      expect(withoutTokens(a.received())).toBe(request("1", "svc.y", "B", "yo"));
    });

    test("brings what an exporter changed to those who import it, and keeps the system's imports", () => {
      const importer = account("B", { imports: [takesService("A", "svc.x")] });
      const table = new AccountTable(create, [
        account("A", { exports: [service("svc.x", { thresholdMillis: 1000 })] }),
        importer,
      ]);
      table.roads.addSystemImport("B", "ping", "$SYS.PING", false);
      const replaced = table.registry.replace(
        table.optionsWith([
          account("A", { exports: [service("svc.x", { thresholdMillis: 200 })] }),
          importer,
        ]),
      );
      if (!replaced.ok) {
        throw new Error(replaced.refusal.join("; "));
      }
      table.roads.apply(replaced.value, table.slots);
      const [a, b, system] = [table.client("A"), table.client("B"), table.client("$SYS")];
      a.send("SUB svc.x 1");
      system.send("SUB $SYS.PING 1");
      b.send("SUB inbox 5", "PUB svc.x inbox 2", "hi", "PUB ping 0", "");
      expect(system.received()).toContain("HMSG $SYS.PING 1 ");
      expect(a.received().match(/HMSG/g)?.length).toBe(1);
      table.time.pass(200);
      expect(table.roads.services.pending.count).toBe(0);
    });
  });
});
