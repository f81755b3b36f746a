// The examples in docs/ are what they claim to be: configurations that load, accounts that join, programs that run and
// print what stands below them.

import { describe, expect, test } from "bun:test";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { configure } from "../../src/config/load.ts";
import { BunRandom } from "../../src/host/bun-random.ts";
import { accountFaults } from "../../src/server/account-faults.ts";
import { fileName, memoryPorts } from "../unit/config/loading.ts";
import { filesBelow, root } from "./source-files.ts";

interface Example {
  readonly name: string;
  readonly text: string;
  /** The block of plain text that follows a program: what it prints. */
  readonly printed: string | null;
}

const block = /```(\w+)\n([\s\S]*?)```/g;

function examplesIn(language: string): readonly Example[] {
  return filesBelow("docs", ".md").flatMap(({ path, text }) => {
    const blocks = [...text.matchAll(block)];
    return blocks.flatMap((found, index) => {
      const next = blocks[index + 1];
      const isOutput = next?.[1] === "text" && next.index - found.index - found[0].length < 40;
      const line = text.slice(0, found.index).split("\n").length;
      const example = {
        name: `${path}:${line}`,
        text: found[2] ?? "",
        printed: isOutput ? (next[2] ?? "") : null,
      };
      return found[1] === language ? [example] : [];
    });
  });
}

describe("a configuration in the documents", () => {
  test.each(examplesIn("conf"))("loads without a warning: $name", ({ text }) => {
    const ports = memoryPorts({ [fileName]: text });
    const { options, warnings } = configure({ config: fileName }, ports);
    expect(warnings).toEqual([]);
    expect(accountFaults(options, new BunRandom())).toEqual([]);
  });
});

describe("a program in the documents", () => {
  test.each(examplesIn("ts"))("runs and prints what it says: $name", ({ text, printed }) => {
    const path = join(root, "build", `example-${process.pid}.ts`);
    mkdirSync(join(root, "build"), { recursive: true });
    writeFileSync(path, text);
    try {
      const done = Bun.spawnSync([process.execPath, path], { cwd: root });
      expect(done.stderr.toString()).toBe("");
      expect(done.stdout.toString()).toBe(printed ?? "");
      expect(done.exitCode).toBe(0);
    } finally {
      rmSync(path, { force: true });
    }
  });
});
