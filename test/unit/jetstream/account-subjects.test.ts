import { expect, test } from "bun:test";
import fc from "fast-check";
import { AccountSubjects } from "../../../src/jetstream/account-subjects.ts";
import { collide } from "../../../src/subjects/overlap.ts";

const token = fc.constantFrom("a", "b", "c", "*");
const pattern = fc
  .tuple(fc.array(token, { minLength: 0, maxLength: 3 }), fc.constantFrom("a", "b", "*", ">"))
  .map(([tokens, last]) => [...tokens, last].join("."));

test("patterns collide when some subject is wanted by both", () => {
  fc.assert(
    fc.property(fc.array(pattern, { maxLength: 4 }), pattern, (taken, wanted) => {
      const subjects = new AccountSubjects();
      subjects.add(taken);
      expect(subjects.collides([wanted])).toBe(taken.some((other) => collide(other, wanted)));
    }),
  );
});

test("what was removed collides no more, what was taken twice still does", () => {
  const subjects = new AccountSubjects();
  subjects.add(["a.*", "b.>"]);
  subjects.add(["a.*"]);
  subjects.remove(["b.>", "a.*"]);
  expect(subjects.collides(["b.x"])).toBe(false);
  expect(subjects.collides(["a.x"])).toBe(true);
  subjects.remove(["a.*"]);
  expect(subjects.collides([">"])).toBe(false);
});
