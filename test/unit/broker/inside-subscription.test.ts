import { expect, test } from "bun:test";
import { InternalClients } from "../../../src/broker/internal-clients.ts";
import { describeFabrics } from "../../contract/fabric/fabric-implementations.ts";
import { account, stream, takesStream } from "../accounts/account-options.ts";
import { AccountTable } from "./account-table.ts";

describeFabrics("streams of other accounts, inside the server", ({ create }) => {
  const exporting = account("A", { exports: [stream(">")] });

  function stage(): { readonly table: AccountTable; readonly insides: InternalClients } {
    const table = new AccountTable(create, [
      exporting,
      account("B", {
        imports: [takesStream("A", "foo.>", { prefix: "p" }), takesStream("A", "same.*")],
      }),
    ]);
    const { fabric, router, time: timers } = table;
    const random = { bytes: (length: number) => new Uint8Array(length), below: () => 0 };
    const ignore = (): void => undefined;
    const road = { fabric, router, timers, random, wantFlush: ignore, whenRoom: ignore };
    const insides = new InternalClients(road, (index, subject) =>
      table.roads.insideStandIns(index, subject),
    );
    return { table, insides };
  }

  function indexOf(table: AccountTable, name: string): number {
    const found = table.registry.find(name);
    if (found === null) {
      throw new Error(`no account ${name}`);
    }
    return found.index;
  }

  test("a subscriber inside sees them under the importer's subjects, until it goes", () => {
    const { table, insides } = stage();
    const seen: string[] = [];
    const subscription = insides.of(indexOf(table, "B") as never).subscribe(">", {
      deliver: (message) => seen.push(`${message.subject} ${message.bodyText()}`),
    });
    const publisher = table.client("A");
    publisher.send("PUB foo.a 1", "x", "PUB same.a 1", "y", "PUB other 1", "z");
    expect(seen).toEqual(["p.foo.a x", "same.a y"]);
    subscription[Symbol.dispose]();
    publisher.send("PUB foo.a 1", "x");
    expect(seen).toHaveLength(2);
    expect(table.fabric.hasInterest(indexOf(table, "A") as never, "foo.a")).toBe(false);
  });

  test("the exporting account has interest where a subscriber inside imports", () => {
    const { table, insides } = stage();
    const exporter = indexOf(table, "A") as never;
    const subscription = insides.of(indexOf(table, "B") as never).subscribe("same.a", {
      deliver: () => undefined,
    });
    expect(table.fabric.hasInterest(exporter, "same.a")).toBe(true);
    expect(table.fabric.hasInterest(exporter, "same.b")).toBe(false);
    subscription[Symbol.dispose]();
  });

  test("a reload gives other stand-ins", () => {
    const { table, insides } = stage();
    const seen: string[] = [];
    insides.of(indexOf(table, "B") as never).subscribe("foo.>", {
      deliver: (message) => seen.push(message.subject),
    });
    const publisher = table.client("A");
    publisher.send("PUB foo.a 1", "x");
    expect(seen).toEqual([]);
    const changed = table.registry.replace(
      table.optionsWith([exporting, account("B", { imports: [takesStream("A", "foo.>")] })]),
    );
    if (!changed.ok) {
      throw new Error("the accounts were refused");
    }
    table.roads.apply(changed.value, table.slots);
    insides.renewStandIns(changed.value.withOtherStreamImports);
    publisher.send("PUB foo.a 1", "x");
    expect(seen).toEqual(["foo.a"]);
  });
});
