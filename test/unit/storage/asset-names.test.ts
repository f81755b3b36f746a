import { expect, test } from "bun:test";
import fc from "fast-check";
import { folderName, nameOfFolder } from "../../../src/storage/asset-names.ts";

test("any name comes back from its folder, and two names never share one", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 40 }), (name) => {
      const folder = folderName(name);
      expect(nameOfFolder(folder)).toBe(name);
      expect(folder).toMatch(/^[\w$=@+,~.%-]*$/);
      expect(folder.startsWith(".")).toBe(false);
    }),
  );
});

test("ordinary names stay as they are, others are written by number", () => {
  expect(folderName("ORDERS_2-eu")).toBe("ORDERS_2-eu");
  expect(folderName("$G")).toBe("$G");
  expect(folderName("..")).toBe("%2E.");
  expect(folderName("a/b*c")).toBe("a%2Fb%2Ac");
  expect(folderName("\u20ac")).toBe("%u20AC");
  expect(folderName("100%")).toBe("100%25");
});

test("folders of somebody else have no name here", () => {
  for (const folder of [".gone-1", "a b", "%2e", "lost+found/"]) {
    expect(nameOfFolder(folder)).toBeNull();
  }
});
