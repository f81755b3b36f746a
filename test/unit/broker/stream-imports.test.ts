import { describe, expect, test } from "bun:test";
import { AccountRegistry } from "../../../src/accounts/account-registry.ts";
import type { StreamImport } from "../../../src/accounts/imports.ts";
import { shownSubject, standInsFor } from "../../../src/broker/stream-imports.ts";
import type { ImportOptions } from "../../../src/config/options.ts";
import {
  account,
  seededRandom,
  stream,
  takesStream,
  withAccounts,
} from "../accounts/account-options.ts";

function imports(...wanted: readonly ImportOptions[]): readonly StreamImport[] {
  const built = AccountRegistry.build(
    withAccounts([account("A", { exports: [stream(">")] }), account("B", { imports: wanted })]),
    seededRandom(),
  );
  if (!built.ok) {
    throw new Error(built.refusal.join("; "));
  }
  return built.value.find("B")?.trade.streamImports ?? [];
}

const prefixed = imports(takesStream("A", "foo.>", { prefix: "p" }));
const swapped = imports(takesStream("A", "bar.*.*", { to: "b.$2.$1" }));
const literal = imports(takesStream("A", "lit", { to: "x.lit" }));
const same = imports(takesStream("A", "same.*"));

/** Subscription, import, and the stand-in as "subject -> shown", or null. */
const cases: readonly (readonly [string, readonly StreamImport[], string | null])[] = [
  ["p.foo.>", prefixed, "foo.> -> p.foo.$1"],
  ["p.foo.*", prefixed, "foo.* -> p.foo.$1"],
  ["p.foo.a", prefixed, "foo.a -> p.foo.a"],
  ["p.>", prefixed, "foo.> -> p.foo.$1"],
  [">", prefixed, "foo.> -> p.foo.$1"],
  ["*.foo.a", prefixed, "foo.a -> p.foo.a"],
  ["p.*.a", prefixed, "foo.a -> p.foo.a"],
  ["p.*.*.b", prefixed, "foo.*.b -> p.foo.$1.b"],
  ["*.*.x.>", prefixed, "foo.x.> -> p.foo.x.$1"],
  ["foo.a", prefixed, null],
  ["q.>", prefixed, null],
  ["b.*.*", swapped, "bar.*.* -> b.$2.$1"],
  ["b.>", swapped, "bar.*.* -> b.$2.$1"],
  ["b.2.*", swapped, "bar.*.2 -> b.2.$1"],
  ["b.*.1", swapped, "bar.1.* -> b.$1.1"],
  ["b.2.1", swapped, "bar.1.2 -> b.2.1"],
  ["*.2.1", swapped, "bar.1.2 -> b.2.1"],
  ["b.*", swapped, null],
  ["x.lit", literal, "lit -> x.lit"],
  ["x.*", literal, "lit -> x.lit"],
  ["lit", literal, null],
  ["same.*", same, "same.* -> published"],
  ["same.a", same, "same.a -> published"],
  ["same.>", same, "same.* -> published"],
  ["*.a", same, "same.a -> published"],
  ["*.*.*", same, null],
];

describe("stand-ins of a subscription", () => {
  for (const [subject, wanted, expected] of cases) {
    test(`${subject} under ${wanted[0]?.from} as ${wanted[0]?.to}`, () => {
      const [standIn] = standInsFor(subject, wanted);
      const found =
        standIn === undefined ? null : `${standIn.subject} -> ${standIn.show ?? "published"}`;
      expect(found).toBe(expected);
    });
  }

  test("every import that overlaps gives one", () => {
    const both = imports(takesStream("A", "a.>"), takesStream("A", "c", { to: "a.c" }));
    expect(standInsFor("a.*", both).map(({ subject }) => subject)).toEqual(["a.*", "c"]);
  });
});

describe("what a stand-in shows", () => {
  const shows: readonly (readonly [
    subject: string,
    show: string | null,
    of: string,
    as: string,
  ])[] = [
    ["a.>", null, "a.b.c", "a.b.c"],
    ["lit", "x.lit", "lit", "x.lit"],
    ["a.*.c.*", "x.$2.$1", "a.1.c.2", "x.2.1"],
    ["a.*.>", "x.$1.$2", "a.1.2.3", "x.1.2.3"],
    ["a.*", "x.$1.$2.$y", "a.1", "x.1.$2.$y"],
    ["gr\u00fc\u00dfe.*", "\u00fc.$1", "gr\u00c3\u00bc\u00c3\u009fe.a", "\u00c3\u00bc.a"],
  ];
  test.each(shows)("%s as %s shows %s as %s", (subject, show, published, expected) => {
    const standIn = { exporter: "A", subject, show, allowsTrace: false };
    expect(shownSubject(standIn, published)).toBe(expected);
  });
});
