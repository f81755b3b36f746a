// Runs the program in README.md as it is written there, and compares what it prints.

import { expect, test } from "bun:test";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./source-files.ts";

test("the example in README.md runs as written and prints what it says", () => {
  const text = readFileSync(join(root, "README.md"), "utf8");
  const program = /```ts\n([\s\S]*?)```/.exec(text)?.[1] ?? "";
  const printed = /```text\n([\s\S]*?)```/.exec(text)?.[1];
  const path = join(root, "build", `readme-${process.pid}.ts`);
  mkdirSync(join(root, "build"), { recursive: true });
  writeFileSync(path, program);
  try {
    const done = Bun.spawnSync([process.execPath, path], { cwd: root });
    expect(done.stderr.toString()).toBe("");
    expect(done.stdout.toString()).toBe(printed ?? "");
    expect(done.exitCode).toBe(0);
  } finally {
    rmSync(path, { force: true });
  }
});
