import { expect, test } from "bun:test";
import { SegmentTable } from "../../../src/storage/segment-table.ts";

test("a block ends where the next one begins, or with the file", () => {
  const table = new SegmentTable();
  table.add(1, 100);
  table.add(50, 400);
  table.end = 700;
  expect([table.endOf(0), table.endOf(1)]).toEqual([400, 700]);
});

test("a block that is only being filled does not hide the one before it", () => {
  const table = new SegmentTable();
  table.add(1, 100);
  table.end = 400;
  const entry = table.add(50, -1);
  expect(table.endOf(0)).toBe(400);
  table.settle(entry, 400);
  table.end = 700;
  expect(table.endOf(0)).toBe(400);
});
