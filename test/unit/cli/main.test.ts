import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const main = resolve(import.meta.dir, "../../../src/cli/main.ts");
let folder = "";

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "midge-cli-"));
  const files: Record<string, string> = {
    "good.conf": "port: -1\n",
    "unknown.conf": "port: -1\nfoo: 1\n",
    "broken.conf": "port: -1\nlisten: [\n",
    "unbuilt.conf": "port: -1\nmqtt { port: 1883 }\n",
    "accounts.conf":
      'accounts {\n A { imports: [{ stream: { account: "Z", subject: "x" } }] }\n}\n',
  };
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(join(folder, name), text);
  }
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

function run(...args: string[]): { code: number; out: string; err: string } {
  const done = Bun.spawnSync([process.execPath, main, ...args], { cwd: folder });
  return { code: done.exitCode, out: done.stdout.toString(), err: done.stderr.toString() };
}

describe("the program", () => {
  test("tells its version and its usage on stdout and is content", () => {
    for (const flag of ["-v", "--version", "version"]) {
      const { code, out, err } = run(flag);
      expect({ code, err }).toEqual({ code: 0, err: "" });
      expect(out).toMatch(/^midge: v\d+\.\d+\.\d+ \(midge \d+\.\d+\.\d+\)\n$/);
    }
    expect(run("-h")).toMatchObject({ code: 0, err: "" });
    expect(run("-h").out).toContain("--ports_file_dir");
  });

  test("answers an unknown flag with a line on stderr and the usage on stdout, without failing", () => {
    const { code, out, err } = run("-x");
    expect({ code, err }).toEqual({ code: 0, err: "flag provided but not defined: -x\n" });
    expect(out).toContain("Usage: midge");
  });

  test("fails on an unknown word", () => {
    expect(run("serve")).toEqual({
      code: 1,
      out: "",
      err: 'midge: unrecognized command: "serve"\n',
    });
  });

  test("fails on a file that is missing, broken, or says what it does not know", () => {
    expect(run("-c", "missing.conf")).toEqual({
      code: 1,
      out: "",
      err: "midge: open missing.conf: no such file or directory\n",
    });
    expect(run("-c", "unknown.conf")).toMatchObject({
      code: 1,
      err: 'midge: unknown.conf:2:1: unknown field "foo"\n',
    });
    expect(run("-c", "broken.conf").err).toStartWith("midge: Parse error on line 3: '");
  });

  test("refuses what is not built yet, by file and by flag", () => {
    const byFile = run("-c", "unbuilt.conf");
    expect(byFile.code).toBe(1);
    expect(byFile.err).toContain("unbuilt.conf:2:1");
    expect(byFile.err).toContain("not supported yet");
    expect(run("--tls")).toMatchObject({ code: 1 });
    expect(run("--tls").err).toContain("not supported yet");
  });

  test("checks a file without serving it", () => {
    const { code, out, err } = run("-t", "-c", "good.conf");
    expect({ code, out }).toEqual({ code: 0, out: "" });
    expect(err).toMatch(
      /^midge: configuration file good\.conf is valid \(sha256:[0-9a-f]{64}\)\n$/,
    );
    expect(run("-t")).toMatchObject({
      code: 1,
      err: "midge: must specify [-c, --config] option to check configuration file syntax\n",
    });
  });

  test("names the place of a fault that shows only when accounts are joined", () => {
    // On the first line of a file the reference counts columns from 0.
    const expected = 'midge: accounts.conf:1:0: "Z" account not defined for stream import\n';
    expect(run("-t", "-c", "accounts.conf")).toMatchObject({ code: 1, err: expected });
    expect(run("-c", "accounts.conf")).toMatchObject({ code: 1, err: expected });
  });

  test("fails with a fatal line when its address cannot be had", () => {
    const { code, err } = run("-a", "192.0.2.1", "-p", "-1");
    expect(code).toBe(1);
    expect(err).toContain('[FTL] Error listening on port: 192.0.2.1:0, "listen tcp 192.0.2.1:0');
  });

  test("fails when its log file cannot be opened", () => {
    expect(run("-p", "-1", "-l", "no/such/folder/log")).toMatchObject({
      code: 1,
      err: "midge: error opening file: open no/such/folder/log: no such file or directory\n",
    });
  });

  test("says why a signal could not be sent", () => {
    expect(run("-sl", "ldm=2147483646")).toMatchObject({
      code: 1,
      err: 'midge: \nsignal "ldm" 2147483646: no such process\n',
    });
  });
});
