// Reads the project's files for the architecture tests: names, text, import lines and the text without comments.

import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";

export const root: string = resolve(import.meta.dir, "../..");

export interface SourceFile {
  /** From the project's root, with slashes. */
  readonly path: string;
  readonly text: string;
}

/** All files below a folder of the project whose names end so. */
export function filesBelow(folder: string, ending: string): readonly SourceFile[] {
  let names: string[];
  try {
    names = readdirSync(join(root, folder), { recursive: true, encoding: "utf8" });
  } catch {
    return [];
  }
  return names
    .filter((name) => name.endsWith(ending))
    .sort()
    .map((name) => ({
      path: `${folder}/${name}`,
      text: readFileSync(join(root, folder, name), "utf8"),
    }));
}

const importPattern: RegExp =
  /^\s*(?:import|export)\b[^"'`;]*?\bfrom\s*"([^"]+)"|^\s*import\s*"([^"]+)"|\bimport\(\s*"([^"]+)"/gm;

/** What a file imports, as written. Read as text: Bun's own scanner leaves out imports of types. */
export function importsOf(file: SourceFile): readonly string[] {
  return [...file.text.matchAll(importPattern)].map(
    (match) => match[1] ?? match[2] ?? match[3] ?? "",
  );
}

/** The project path that a relative import means. */
export function resolveImport(file: SourceFile, specifier: string): string {
  return relative(root, resolve(root, dirname(file.path), specifier)).replaceAll("\\", "/");
}

/** The lines of a file without strings and comments, so that words in prose are not taken for code. */
export function codeLines(file: SourceFile): readonly string[] {
  const withoutBlocks = file.text.replace(/\/\*[\s\S]*?\*\//g, (block) =>
    block.replace(/[^\n]/g, " "),
  );
  return withoutBlocks
    .split("\n")
    .map((line) => line.replace(/"(?:[^"\\]|\\.)*"/g, '""').replace(/\/\/.*$/, ""));
}
