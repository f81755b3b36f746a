// The bans of STYLE.md that a linter cannot hold: the outside world, file names, file openings, lengths, documents.

import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { codeLines, filesBelow, root, type SourceFile } from "./source-files.ts";

const sources: readonly SourceFile[] = filesBelow("src", ".ts");
const everything: readonly SourceFile[] = [
  ...sources,
  ...filesBelow("assembly", ".ts"),
  ...filesBelow("test", ".ts"),
  ...filesBelow("bench", ".ts"),
  ...filesBelow(".ci", ".ts"),
];

/** Biome refuses the plain names by scope; these are the forms that it cannot see. */
const outsideWorld: readonly RegExp[] = [
  /\bMath\s*\.\s*random\b/,
  /\bglobalThis\b/,
  /\bnew\s+Date\b/,
  /(?<![.\w#$])Date\s*\./,
  /(?<![.\w#$])Bun\s*\./,
  /(?<![.\w#$])Buffer\b/,
  /(?<![.\w#$])(?:setTimeout|setInterval|setImmediate|queueMicrotask)\s*\(/,
  /\brequire\s*\(/,
];

const deniedGlobals: readonly string[] = [
  "Bun",
  "Buffer",
  "Date",
  "crypto",
  "performance",
  "process",
  "setImmediate",
  "setInterval",
  "setTimeout",
];

const forbiddenNames: ReadonlySet<string> = new Set([
  "utils",
  "util",
  "helpers",
  "helper",
  "common",
  "misc",
  "manager",
  "types",
  "constants",
]);

const lineLimit = 500;

function findLines(files: readonly SourceFile[], pattern: RegExp): readonly string[] {
  return files.flatMap((file) =>
    codeLines(file).flatMap((line, index) =>
      pattern.test(line) ? `${file.path}:${index + 1}: ${line.trim()}` : [],
    ),
  );
}

describe("tidiness", () => {
  test("only host touches the outside world", () => {
    const inside = sources.filter((file) => !file.path.startsWith("src/host/"));
    const faults = outsideWorld.flatMap((pattern) => findLines(inside, pattern));
    expect(faults).toEqual([]);
  });

  test("only the program's main file reads process.argv", () => {
    const readers = sources.filter(
      (file) => file.path !== "src/cli/main.ts" && !file.path.startsWith("src/host/"),
    );
    expect(findLines(readers, /\bprocess\s*\.\s*argv\b/)).toEqual([]);
  });

  test("the linter denies the globals of the outside world in every other room", () => {
    const config = readFileSync(join(root, "biome.json"), "utf8");
    const missing = deniedGlobals.filter((name) => !config.includes(`"${name}":`));
    expect(missing).toEqual([]);
    expect(config).toContain('"!src/host/**"');
  });

  test("files are named for what they hold, in kebab-case", () => {
    const faults = everything
      .map((file) => file.path)
      .filter((path) => {
        const stem = basename(path).replace(/(?:\.(?:test|d))*\.ts$/, "");
        return !/^[a-z0-9]+(?:-[a-z0-9]+)*$/.test(stem) || forbiddenNames.has(stem);
      });
    expect(faults).toEqual([]);
  });

  test("no file is longer than the limit", () => {
    const faults = everything.flatMap((file) => {
      const lines = file.text.split("\n").length - 1;
      return lines > lineLimit ? `${file.path}: ${lines} lines` : [];
    });
    expect(faults).toEqual([]);
  });

  test("every file opens by saying what it is", () => {
    // A unit test is named after the file it proves, and needs no other opening.
    const faults = everything
      .filter((file) => !file.path.startsWith("test/unit/"))
      .filter((file) => !/^(?:#![^\n]*\n)?\/\/ \S/.test(file.text))
      .map((file) => file.path);
    expect(faults).toEqual([]);
  });

  test("nothing is left to be done later", () => {
    // Built from parts so that this file does not find itself.
    const words = new RegExp(`\\b(?:${["TO" + "DO", "FIX" + "ME", "X" + "XX"].join("|")})\\b`);
    const faults = everything.flatMap((file) =>
      file.text
        .split("\n")
        .flatMap((line, index) => (words.test(line) ? `${file.path}:${index + 1}` : [])),
    );
    expect(faults).toEqual([]);
  });

  test("there is no default export and no enum", () => {
    const typescript = everything.filter((file) => !file.path.endsWith(".d.ts"));
    expect(findLines(typescript, /^\s*export\s+default\b/)).toEqual([]);
    const erasable = typescript.filter((file) => !file.path.startsWith("assembly/"));
    expect(findLines(erasable, /^\s*(?:export\s+)?(?:const\s+)?enum\s+\w/)).toEqual([]);
  });

  test("documents name files that exist", () => {
    const documents = [
      ...["README.md", "STYLE.md", "ARCHITECTURE.md"]
        .filter((name) => existsSync(join(root, name)))
        .map((name) => ({ path: name, text: readFileSync(join(root, name), "utf8") })),
      ...filesBelow("docs", ".md"),
    ];
    const named = /(?<![\w/.-])(?:src|test|assembly|bench|docs|\.ci)\/[\w./-]*\w/g;
    const faults = documents.flatMap((document) =>
      [...document.text.matchAll(named)]
        .map((match) => match[0])
        .filter((path) => !existsSync(join(root, path)))
        .map((path) => `${document.path} names ${path}`),
    );
    expect(faults).toEqual([]);
  });
});
