import { describe, expect, test } from "bun:test";
import { describeFabrics } from "../../contract/fabric/fabric-implementations.ts";
import { account } from "../accounts/account-options.ts";
import { AccountTable } from "./account-table.ts";

describeFabrics("mapped publishes", ({ create }) => {
  function mapped(
    source: string,
    ...destinations: readonly (readonly [string, number])[]
  ): AccountTable {
    return new AccountTable(create, [
      account("A", {
        mappings: [
          {
            source,
            destinations: destinations.map(([destination, weight]) => ({
              destination,
              weight,
              cluster: null,
            })),
          },
        ],
      }),
    ]);
  }

  describe("a publish to a mapped subject", () => {
    test("is delivered under the destination, its reply and body as they were", () => {
      const a = mapped("orders.*", ["shard.{{partition(1,1)}}.$1", 100]).client("A");
      a.send("SUB > 1", "PUB orders.x r 2", "hi");
      expect(a.received()).toBe("MSG shard.0.x 1 r 2\r\nhi\r\n");
    });

    test("is shared out by weight", () => {
      const a = mapped("a", ["b", 50]).client("A");
      a.send("SUB > 1");
      for (let i = 0; i < 100; i++) {
        a.send("PUB a 0", "");
      }
      const text = a.received();
      const moved = text.match(/MSG b /g)?.length ?? 0;
      expect(moved + (text.match(/MSG a /g)?.length ?? 0)).toBe(100);
      expect(moved).toBeGreaterThan(25);
      expect(moved).toBeLessThan(75);
    });

    test("that is lost reaches nobody", () => {
      const table = mapped("a", ["a", 0]);
      const a = table.client("A");
      a.send("SUB > 1", "PUB a 2", "hi");
      expect(a.received()).toBe("");
    });

    test("names the subject that a denial speaks of", () => {
      const table = mapped("a", ["b", 100]);
      table.client("A").send("PUB a 0", "");
      expect(table.roads.lastMappedSubject).toBe("b");
    });
  });
});
