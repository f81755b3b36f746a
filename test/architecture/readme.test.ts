// Runs the programs in README.md as they are written there, against a server as its main command starts one with -js, and
// compares what they print.

import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ServerProcess } from "../support/server-process.ts";
import { root } from "./source-files.ts";

interface Program {
  readonly name: string;
  readonly text: string;
  readonly printed: string;
}

let server: ServerProcess;
beforeAll(async () => {
  server = await ServerProcess.start({ config: 'jetstream { store_dir: "js" }\n' });
});
afterAll(() => server[Symbol.asyncDispose]());

function programs(): readonly Program[] {
  const readme = readFileSync(join(root, "README.md"), "utf8");
  const blocks = [...readme.matchAll(/```(\w+)\n([\s\S]*?)```/g)];
  return blocks.flatMap(([, language, text = ""], index) => {
    const next = blocks[index + 1];
    const line = readme.slice(0, blocks[index]?.index).split("\n").length;
    const printed = next?.[1] === "text" ? (next[2] ?? "") : "";
    return language === "ts" ? [{ name: `line ${line}`, text, printed }] : [];
  });
}

test.each(programs())("the program in README.md at $name prints what it says", async (program) => {
  const path = join(root, "build", `readme-${process.pid}.ts`);
  mkdirSync(join(root, "build"), { recursive: true });
  writeFileSync(path, program.text);
  try {
    const env = { ...process.env, NATS_URL: server.url };
    const run = Bun.spawn([process.execPath, path], { cwd: root, env, stderr: "pipe" });
    const printed = await new Response(run.stdout).text();
    expect(await new Response(run.stderr).text()).toBe("");
    expect(printed).toBe(program.printed);
    expect(await run.exited).toBe(0);
  } finally {
    rmSync(path, { force: true });
  }
});
