import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { matches } from "../../../src/subjects/overlap.ts";
import { SubjectTree } from "../../../src/subjects/subject-tree.ts";

type Entry = readonly [string, number];

function allOf(tree: SubjectTree): readonly Entry[] {
  const found: Entry[] = [];
  tree.each((handle, subject) => {
    found.push([subject.text, tree.messages(handle)]);
    return true;
  });
  return found;
}

function matching(tree: SubjectTree, ...patterns: readonly string[]): readonly string[] {
  const found: string[] = [];
  tree.match(patterns, (_, subject) => {
    found.push(subject.text);
    return true;
  });
  return found;
}

function sorted(plain: ReadonlyMap<string, number>): readonly Entry[] {
  return [...plain].sort(([one], [other]) => (one < other ? -1 : 1));
}

function treeOf(...subjects: readonly string[]): SubjectTree {
  const tree = new SubjectTree();
  for (const subject of subjects) {
    tree.set(tree.insert(subject), 1, 1, 1);
  }
  return tree;
}

const letters = fc.constantFrom("a", "b", "ab", "abc", "*", ">", "a*", "\xff", "0");
const token = fc.oneof(
  letters,
  fc
    .integer({ min: 0, max: 255 })
    .map((byte) => `k${String.fromCharCode(byte === 46 ? 47 : byte)}`),
);
const subjectText = fc.array(token, { minLength: 1, maxLength: 4 }).map((all) => all.join("."));
const patternText = fc
  .tuple(
    fc.array(fc.oneof(letters, fc.constant("*")), { minLength: 0, maxLength: 3 }),
    fc.boolean(),
  )
  .filter(([tokens, isOpen]) => tokens.length > 0 || isOpen)
  .map(([tokens, isOpen]) => {
    const fixed = tokens.map((one) => (one === ">" ? "*" : one));
    return [...fixed, ...(isOpen ? [">"] : [])].join(".");
  });

describe("a tree of subjects", () => {
  test("holds what a map would, in order of bytes, after any inserts and removes", () => {
    const step = fc.record({ subject: subjectText, removes: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        const tree = new SubjectTree();
        const plain = new Map<string, number>();
        for (const [index, { subject, removes }] of steps.entries()) {
          if (removes) {
            expect(tree.remove(subject)).toBe(plain.delete(subject));
          } else {
            tree.set(tree.insert(subject), index, index, index);
            plain.set(subject, index);
          }
        }
        expect(tree.size).toBe(plain.size);
        expect(allOf(tree)).toEqual(sorted(plain));
        for (const { subject } of steps) {
          expect(tree.find(subject) !== 0).toBe(plain.has(subject));
        }
        const loaded = new SubjectTree();
        expect(loaded.load(tree.dump())).toBe(true);
        expect(allOf(loaded)).toEqual(sorted(plain));
      }),
      { numRuns: 150 },
    );
  });

  test("matches what the rule of patterns says, each subject once and in order", () => {
    fc.assert(
      fc.property(
        fc.array(subjectText, { maxLength: 60 }),
        fc.array(patternText, { minLength: 1, maxLength: 3 }),
        (subjects, patterns) => {
          const expected = [...new Set(subjects)]
            .filter((subject) => patterns.some((pattern) => matches(pattern, subject)))
            .sort((one, other) => (one < other ? -1 : 1));
          expect(matching(treeOf(...subjects), ...patterns)).toEqual(expected);
        },
      ),
      { numRuns: 300 },
    );
  });

  test("a subject may begin another", () => {
    const tree = treeOf("orders.1", "orders", "orders.12.new", "orders.12");
    expect(matching(tree, ">")).toEqual(["orders", "orders.1", "orders.12", "orders.12.new"]);
    expect(matching(tree, "orders.*")).toEqual(["orders.1", "orders.12"]);
    expect(matching(tree, "orders.>")).toEqual(["orders.1", "orders.12", "orders.12.new"]);
    expect(matching(tree, "orders")).toEqual(["orders"]);
    expect(tree.remove("orders")).toBe(true);
    expect(tree.remove("orders.12")).toBe(true);
    expect(matching(tree, ">")).toEqual(["orders.1", "orders.12.new"]);
  });

  test("numbers keep their 53 bits, and marks change nothing else", () => {
    const tree = new SubjectTree();
    const handle = tree.insert("a.b");
    const most = Number.MAX_SAFE_INTEGER;
    tree.set(handle, 2 ** 40 + 3, most - 1, most);
    tree.setDoubts(handle, true, false);
    expect([tree.messages(handle), tree.first(handle), tree.last(handle)]).toEqual([
      2 ** 40 + 3,
      most - 1,
      most,
    ]);
    expect([tree.isFirstDoubtful(handle), tree.isLastDoubtful(handle)]).toEqual([true, false]);
    tree.insert("a.c");
    expect(tree.isFirstDoubtful(tree.find("a.b"))).toBe(true);
    expect(tree.last(tree.find("a.b"))).toBe(most);
  });

  test("is found by bytes within others", () => {
    const tree = treeOf("abc.d", "abc.e");
    const bytes = new TextEncoder().encode("..abc.e..");
    expect(tree.findAt(bytes, 2, 5)).toBe(tree.find("abc.e"));
    expect(tree.removeAt(bytes, 2, 5)).toBe(true);
    expect(tree.findAt(bytes, 2, 5)).toBe(0);
    expect(tree.size).toBe(1);
  });

  test("is not found where it lay before: when it moved, went, or all went", () => {
    const tree = treeOf("abc.d");
    tree.set(tree.find("abc.d"), 1, 7, 7);
    tree.insert("abc.dd");
    expect(tree.last(tree.find("abc.d"))).toBe(7);
    expect(tree.remove("abc.dd")).toBe(true);
    expect(tree.find("abc.dd")).toBe(0);
    expect(tree.last(tree.find("abc.d"))).toBe(7);
    expect(tree.findAt(new TextEncoder().encode("abc.e"), 0, 5)).toBe(0);
    tree.clear();
    expect(tree.find("abc.d")).toBe(0);
  });

  test("very long subjects are kept whole", () => {
    const long = `x.${"y".repeat(70_000)}`;
    const tree = treeOf(long, `${long}.z`, `${long}q`);
    expect(tree.find(long)).not.toBe(0);
    expect(matching(tree, "x.*")).toEqual([long, `${long}q`]);
  });

  test("a visit may end the walk", () => {
    const seen: string[] = [];
    const visit = (_: number, subject: { readonly text: string }): boolean => {
      seen.push(subject.text);
      return seen.length % 2 !== 0;
    };
    treeOf("a", "b", "c").each(visit);
    treeOf("a.1", "a.2", "a.3").match(["a.*"], visit);
    expect(seen).toEqual(["a", "b", "a.1", "a.2"]);
  });

  test("two hundred thousand subjects take less than 100 bytes each, and all of it comes back", () => {
    const tree = new SubjectTree();
    const count = 200_000;
    for (let index = 0; index < count; index++) {
      tree.insert(`orders.${(index * 7919) % 1_000_003}.shipped.eu`);
    }
    expect(tree.size).toBe(count);
    expect(tree.memoryBytes / count).toBeLessThan(100);
    for (let index = 0; index < count - 1000; index++) {
      tree.remove(`orders.${(index * 7919) % 1_000_003}.shipped.eu`);
    }
    expect(tree.size).toBe(1000);
    expect(tree.memoryBytes).toBeLessThan(2_100_000);
    expect(matching(tree, "orders.*.shipped.*").length).toBe(1000);
    tree.clear();
    expect(tree.memoryBytes).toBeLessThan(1000);
  });
});
