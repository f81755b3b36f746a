// The command line of both: what they print where, and how they end. Names, versions and digests may differ.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { serverCommand } from "../support/server-process.ts";
import { hasReference, referenceCommand, skipNote } from "./both-servers.ts";

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "midge-compare-"));
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

interface End {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function run(command: readonly string[], flags: readonly string[]): Promise<End> {
  const child = Bun.spawn([...command, ...flags], {
    cwd: folder,
    stdio: ["ignore", "pipe", "pipe"],
    timeout: 4000,
    killSignal: "SIGKILL",
  });
  const [stdout, stderr, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { code, stdout: comparable(stdout), stderr: comparable(stderr) };
}

/** Without what is allowed to differ: our name, times, digests, versions; the usage's own words. */
function comparable(text: string): string {
  return text
    .replaceAll(/\bmidge\b/g, "nats-server")
    .replaceAll(/\[\d+\] \d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d\.\d+/g, "[pid] time")
    .replaceAll(/sha256:[0-9a-f]{64}/g, "sha256:digest")
    .replaceAll(/v2\.\d+\.\d+.*/g, "version")
    .replaceAll(/\s*Usage: [\s\S]*/g, "usage")
    .trimEnd();
}

const configs: Readonly<Record<string, string>> = {
  "good.conf": "port: 4222\nmax_payload: 1MB\n",
  "unknown.conf": "port: 4222\nfoo: bar\n",
  "unknown-deep.conf": "authorization {\n  user: a\n  foo: bar\n}\n",
  "broken.conf": "accounts {\n  A {\n",
  "wrong-kind.conf": "port: hello\n",
  "wrong-size.conf": "max_payload: 1XB\n",
  "missing-include.conf": "include nothing.conf\n",
  "variable.conf": "port: $NOT_THERE_AT_ALL\n",
  "twice.conf":
    "authorization {\n  users: [\n    {user: a, password: b}\n    {user: a, password: c}\n  ]\n}\n",
  "no-auth-user.conf":
    "no_auth_user: nobody\nauthorization { users: [ {user: a, password: b} ] }\n",
  "cycle.conf":
    "accounts {\n A { exports: [ {service: a} ], imports: [ {service: {account: B, subject: b}, to: a} ] }\n B { exports: [ {service: b} ], imports: [ {service: {account: A, subject: a}, to: b} ] }\n}\n",
  "bad-import.conf": "accounts {\n A { imports: [ {service: {account: NOPE, subject: b}} ] }\n}\n",
  "bad-mapping.conf": 'mappings { "a.*": "b.$2" }\n',
  "bad-pending.conf": "max_payload: 1MB\nmax_pending: 100KB\n",
};

/** What the reference finds only when it starts; Midge finds it with -t too. */
const checkedAtStart: ReadonlySet<string> = new Set(["no-auth-user.conf", "bad-pending.conf"]);

const commandLines: readonly (readonly string[])[] = [
  ["-v"],
  ["--version"],
  ["-h"],
  ["--help"],
  ["--nonsense"],
  ["nonsense"],
  ["-p", "x"],
  ["-p"],
  ["-c", "missing.conf"],
  ["-t", "-c", "missing.conf"],
  ["-t"],
  ...Object.keys(configs).map((name) => [...(checkedAtStart.has(name) ? [] : ["-t"]), "-c", name]),
  ["-sl", "reload=999999"],
  ["-sl", "nonsense=999999"],
  ["--signal", "ldm=999999"],
  ["--signal"],
];

describe.skipIf(!hasReference)(`the command line${skipNote}`, () => {
  for (const flags of commandLines) {
    test(flags.join(" "), async () => {
      for (const [name, text] of Object.entries(configs)) {
        writeFileSync(join(folder, name), text);
      }
      const [mine, theirs] = await Promise.all([
        run(serverCommand(), flags),
        run(referenceCommand, flags),
      ]);
      expect(mine).toEqual(theirs);
    }, 10_000);
  }
});
