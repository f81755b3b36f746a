// The table of limits in ARCHITECTURE.md says what the source says: each name is declared in the file beside it, with
// that value.

import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./source-files.ts";

interface Limit {
  readonly name: string;
  readonly file: string;
  readonly shown: string;
}

const units: Readonly<Record<string, number>> = {
  "": 1,
  ms: 1,
  s: 1000,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
};

function read(path: string): string {
  return readFileSync(join(root, path), "utf8");
}

function limitsShown(): readonly Limit[] {
  const chapter = read("ARCHITECTURE.md").split("\n## Limits\n")[1]?.split("\n## ")[0] ?? "";
  let file = "";
  return chapter.split("\n").flatMap((line) => {
    const [, names = "", where = "", values = ""] = line.split("|").map((cell) => cell.trim());
    file = where === "the same" ? file : where.replaceAll("`", "");
    const shown = values.split("; ");
    return [...names.matchAll(/`(\w+)`/g)].map(([, name = ""], index) => ({
      name,
      file,
      shown: shown[index] ?? "",
    }));
  });
}

/** "256 KiB", "1,024" or "15 ms" as a number; NaN for anything else. */
function numberShown(text: string): number {
  const [digits = "", unit = ""] = text.split(" ");
  return Number(digits.replaceAll(",", "")) * (units[unit] ?? Number.NaN);
}

/** Of whole numbers joined by `-`, `*` and `<<`, as limits are written. */
function evaluated(expression: string): number {
  const apply = (sign: string, combine: (one: number, other: number) => number): number | null => {
    const at = expression.lastIndexOf(sign);
    return at < 0
      ? null
      : combine(evaluated(expression.slice(0, at)), evaluated(expression.slice(at + sign.length)));
  };
  return (
    apply("<<", (one, other) => one * 2 ** other) ??
    apply("-", (one, other) => one - other) ??
    apply("*", (one, other) => one * other) ??
    Number(expression.replaceAll("_", ""))
  );
}

test.each(limitsShown())(
  "ARCHITECTURE.md shows $name of $file as it is",
  ({ name, file, shown }) => {
    const declared = new RegExp(`^(?:export )?const ${name}(?:: \\w+)? = ([^;]+);`, "m");
    const [, expression = ""] = declared.exec(read(file)) ?? [];
    expect(expression).not.toBe("");
    expect(numberShown(shown)).toBe(evaluated(expression));
  },
);
