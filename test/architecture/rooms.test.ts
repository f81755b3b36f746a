// Holds src/ to the table in rooms.ts: who may import whom, which modules come from outside, no road upward.

import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { outsideFiles, type Room, rooms, secondTables } from "./rooms.ts";
import { filesBelow, importsOf, resolveImport, root, type SourceFile } from "./source-files.ts";

const sources: readonly SourceFile[] = filesBelow("src", ".ts");

function roomOf(path: string): string {
  return path.split("/")[1] ?? "";
}

function moduleAllowed(room: Room, specifier: string): boolean {
  return (room.modules ?? []).some((allowed) =>
    allowed.endsWith("*") ? specifier.startsWith(allowed.slice(0, -1)) : specifier === allowed,
  );
}

function fault(room: Room, file: SourceFile, specifier: string): string | null {
  const what = `${file.path} imports ${specifier}`;
  if (!specifier.startsWith(".")) {
    return moduleAllowed(room, specifier) ? null : `${what}: not a module of ${room.name}/`;
  }
  const target = resolveImport(file, specifier);
  if (!target.startsWith("src/")) {
    return (outsideFiles[room.name] ?? []).includes(target) ? null : `${what}: outside src/`;
  }
  const other = roomOf(target);
  if (other !== room.name) {
    return room.mayImport.includes(other) ? null : `${what}: ${room.name} may not import ${other}`;
  }
  const table = secondTables[room.name];
  const from = file.path.split("/")[2] ?? "";
  const to = target.split("/")[2] ?? "";
  const floors = table?.[from];
  const upward =
    floors !== undefined && table?.[to] !== undefined && to !== from && !floors.includes(to);
  return upward ? `${what}: ${room.name}/${from} may not import ${room.name}/${to}` : null;
}

describe("the rooms of the house", () => {
  test("a room in the table imports only rooms that stand above it", () => {
    rooms.forEach((room, index) => {
      const above = rooms.slice(0, index).map((other) => other.name);
      for (const name of room.mayImport) {
        expect(above, `${room.name} imports ${name}`).toContain(name);
      }
    });
  });

  test("every folder of src is a room of the table", () => {
    const names = new Set(rooms.map((room) => room.name));
    const strangers = new Set(
      sources.map((file) => roomOf(file.path)).filter((name) => !names.has(name)),
    );
    expect([...strangers]).toEqual([]);
  });

  for (const room of rooms) {
    test(`${room.name} imports only what its row allows`, () => {
      const own = sources.filter((file) => roomOf(file.path) === room.name);
      const faults = own.flatMap((file) =>
        importsOf(file).flatMap((specifier) => fault(room, file, specifier) ?? []),
      );
      expect(faults).toEqual([]);
    });
  }

  test("the assembly folder imports nothing outside itself", () => {
    const faults = filesBelow("assembly", ".ts").flatMap((file) =>
      importsOf(file)
        .filter((specifier) => !resolveImport(file, specifier).startsWith("assembly/"))
        .map((specifier) => `${file.path} imports ${specifier}`),
    );
    expect(faults).toEqual([]);
  });

  // The table in the document is for readers; this keeps it true once the document stands.
  test.if(existsSync(join(root, "ARCHITECTURE.md")))("ARCHITECTURE.md shows the same rows", () => {
    const lines = readFileSync(join(root, "ARCHITECTURE.md"), "utf8").split("\n");
    for (const room of rooms) {
      const title = room.name.endsWith(".ts") ? room.name : `${room.name}/`;
      const row = lines.find((line) => line.startsWith(`| \`${title}\` |`));
      expect(row, `the row of ${title}`).toBeDefined();
      const cell = (row?.split("|")[2] ?? "").trim();
      const shown =
        cell === "nothing" || cell === "every room above" ? cell : cell.split(/,\s*/).sort();
      const everything = room.name === "server" && shown === "every room above";
      const expected = room.mayImport.length === 0 ? "nothing" : [...room.mayImport].sort();
      expect(everything ? expected : shown, `the row of ${title}`).toEqual(expected);
    }
  });
});
