// What the system refuses the program: a port in use, a file it may not read, file descriptors. It says so clearly and
// ends with 1, or lives on.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RawClient } from "../support/raw-client.ts";
import { runProgram, ServerProcess } from "../support/server-process.ts";
import { waitUntil } from "../support/wait-until.ts";

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "midge-limits-"));
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe("at start", () => {
  test("a port in use is named, and the exit code is 1", async () => {
    await using server = await ServerProcess.start();
    const result = await runProgram(["-a", "127.0.0.1", "-p", String(server.port)], folder);
    expect(result.code).toBe(1);
    expect(result.stderr).toContain(`[FTL] Error listening on port: 127.0.0.1:${server.port}, "`);
    expect(result.stderr).toContain("address already in use");
  }, 15_000);

  test("a monitoring port in use ends the program with 1", async () => {
    await using server = await ServerProcess.start({ monitoring: true });
    const flags = ["-a", "127.0.0.1", "-p", "-1", "-m", String(server.monitoringPort)];
    const result = await runProgram(flags, folder);
    expect(result.code).toBe(1);
    expect(result.stderr).toContain("address already in use");
  }, 15_000);

  test("a missing config is named", async () => {
    const result = await runProgram(["-c", "missing.conf"], folder);
    expect(result.code).toBe(1);
    expect(result.stderr).toContain("open missing.conf: no such file or directory");
  }, 15_000);

  test("a config that is a folder is named", async () => {
    const result = await runProgram(["-c", folder], folder);
    expect(result.code).toBe(1);
    expect(result.stderr).toContain("is a directory");
  }, 15_000);

  test("a config that may not be read is named", async () => {
    // Root may read everything; for it this says only that nothing crashes.
    const path = join(folder, "secret.conf");
    writeFileSync(path, "port: -1");
    chmodSync(path, 0);
    if (process.getuid?.() === 0) {
      expect((await runProgram(["-t", "-c", path], folder)).code).toBe(0);
      return;
    }
    const result = await runProgram(["-c", path], folder);
    expect(result.code).toBe(1);
    expect(result.stderr).toContain("permission denied");
  }, 15_000);

  test("a config that is no text is refused", async () => {
    const path = join(folder, "binary.conf");
    writeFileSync(
      path,
      Uint8Array.from({ length: 4096 }, (_, at) => (at * 37) & 0xff),
    );
    const result = await runProgram(["-c", path], folder);
    expect(result.code).toBe(1);
    expect(result.stderr.length).toBeGreaterThan(0);
  }, 15_000);

  test("a parse error names its line", async () => {
    const path = join(folder, "broken.conf");
    writeFileSync(path, "port: -1\naccounts {\n  A: {\n");
    const result = await runProgram(["-c", path], folder);
    expect(result.code).toBe(1);
    expect(result.stderr).toContain("Parse error on line 4");
  }, 15_000);
});

describe("a full table of file descriptors", () => {
  test("keeps who is there served, and lets in again when there is room", async () => {
    const limit = 80;
    await using server = await ServerProcess.start({ fileLimit: limit });
    const clients: RawClient[] = [];
    const opening: Promise<RawClient>[] = [];
    for (let at = 0; at < limit + 20; at += 1) {
      const one = RawClient.open(server.port);
      one.then(
        (client) => clients.push(client),
        () => undefined,
      );
      opening.push(one);
    }
    // Some get in, the others wait in the backlog or are closed: nobody has to be told, nobody may crash the server.
    await waitUntil("clients until the table is full", () => clients.length >= limit / 4, 8000);
    await Promise.all(clients.slice(0, 10).map((client) => client.roundTrip()));
    expect(server.isRunning).toBe(true);
    for (const client of clients) {
      client.reset();
    }
    const settled = await Promise.allSettled(opening);
    for (const one of settled) {
      if (one.status === "fulfilled") {
        one.value.reset();
      }
    }
    await waitUntil("room again", () => server.openSockets() < limit / 2, 8000);
    using later = await RawClient.open(server.port);
    later.send("SUB a 1\r\nPUB a 2\r\nok\r\n");
    expect(await later.roundTrip()).toBe("MSG a 1 2\r\nok\r\nPONG\r\n");
  }, 30_000);
});
