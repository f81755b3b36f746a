import { describe, expect, test } from "bun:test";
import { describeFabrics } from "../../contract/fabric/fabric-implementations.ts";
import { account, stream, takesStream } from "../accounts/account-options.ts";
import { AccountTable } from "./account-table.ts";

describeFabrics("streams of other accounts", ({ create }) => {
  function table(): AccountTable {
    return new AccountTable(create, [
      account("A", { exports: [stream(">")] }),
      account("B", {
        imports: [
          takesStream("A", "foo.>", { prefix: "p" }),
          takesStream("A", "bar.*.*", { to: "b.$2.$1" }),
          takesStream("A", "lit", { to: "x.lit" }),
          takesStream("A", "same.*"),
        ],
      }),
    ]);
  }

  /** What a subscriber in B sees of what is published in A; as the reference delivered it. */
  const cases: readonly (readonly [string, readonly string[], readonly string[]])[] = [
    ["p.foo.>", ["foo.a", "foo.a.b", "bar.1.2"], ["p.foo.a", "p.foo.a.b"]],
    ["p.foo.*", ["foo.a", "foo.a.b"], ["p.foo.a"]],
    ["p.*.*.b", ["foo.a.b", "foo.a.c"], ["p.foo.a.b"]],
    [
      ">",
      ["foo.a.b", "bar.1.2", "lit", "same.q", "other"],
      ["p.foo.a.b", "b.2.1", "x.lit", "same.q"],
    ],
    ["*.*", ["foo.a", "bar.1.2", "lit", "same.q", "other"], ["x.lit", "same.q"]],
    ["b.*.1", ["bar.1.2", "bar.2.1"], ["b.2.1"]],
    ["b.2.*", ["bar.1.2", "bar.2.1"], ["b.2.1"]],
    ["x.*", ["lit"], ["x.lit"]],
    ["lit", ["lit"], []],
    ["same.>", ["same.a", "same.b.c"], ["same.a"]],
    ["*.>", ["foo.a", "lit"], ["p.foo.a", "x.lit"]],
  ];

  describe("streams of another account", () => {
    for (const [subject, published, seen] of cases) {
      test(`${subject} sees ${seen.join(", ") || "nothing"}`, () => {
        const accounts = table();
        const [a, b] = [accounts.client("A"), accounts.client("B")];
        b.send(`SUB ${subject} 1`);
        for (const one of published) {
          a.send(`PUB ${one} r 1`, "x");
        }
        expect(b.received()).toBe(seen.map((one) => `MSG ${one} 1 r 1\r\nx\r\n`).join(""));
      });
    }

    test("a queue group shares them as it shares its own", () => {
      const accounts = table();
      const [a, one, other] = [accounts.client("A"), accounts.client("B"), accounts.client("B")];
      one.send("SUB p.> q 1");
      other.send("SUB p.> q 1");
      for (let i = 0; i < 20; i++) {
        a.send("PUB foo.a 1", "x");
      }
      const [first, second] = [one.received().length, other.received().length];
      expect(first + second).toBe(20 * "MSG p.foo.a 1 1\r\nx\r\n".length);
      expect(Math.min(first, second)).toBeGreaterThan(0);
    });

    test("come no more after UNSUB, and a limit counts them", () => {
      const accounts = table();
      const [a, b] = [accounts.client("A"), accounts.client("B")];
      b.send("SUB p.foo.* 1", "UNSUB 1 2");
      for (let i = 0; i < 3; i++) {
        a.send(`PUB foo.a 1`, String(i));
      }
      expect(b.received()).toBe("MSG p.foo.a 1 1\r\n0\r\nMSG p.foo.a 1 1\r\n1\r\n");
      b.send("SUB p.foo.* 2", "UNSUB 2");
      a.send("PUB foo.a 1", "x");
      expect(b.received()).toBe("");
    });

    test("do not go back: what is published in B stays in B", () => {
      const accounts = table();
      const [a, b] = [accounts.client("A"), accounts.client("B")];
      a.send("SUB > 1");
      b.send("SUB p.> 1", "PUB p.foo.a 1", "x");
      expect(a.received()).toBe("");
      expect(b.received()).toBe("MSG p.foo.a 1 1\r\nx\r\n");
    });
  });
});
