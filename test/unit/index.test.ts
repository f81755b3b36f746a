import { describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer, type EmbeddedServer, ServerError } from "../../src/index.ts";

/** What was thrown, as its message; "" when nothing was. */
async function refusal(starting: Promise<EmbeddedServer>): Promise<string> {
  try {
    await (await starting).stop();
    return "";
  } catch (failure) {
    expect(failure).toBeInstanceOf(ServerError);
    return failure instanceof ServerError ? failure.message : "";
  }
}

describe("a server inside a program", () => {
  test("listens on a free port of this machine unless told otherwise", async () => {
    await using first = await createServer();
    await using second = await createServer({ config: "max_payload: 64KB" });
    for (const { url, host, port } of [first, second]) {
      expect(host).toBe("127.0.0.1");
      expect(port).not.toBe(4222);
      expect(url).toBe(`nats://127.0.0.1:${port}`);
    }
    expect(second.port).not.toBe(first.port);
  });

  test("listens where its configuration says", async () => {
    await using server = await createServer({ config: 'listen: "localhost:-1"' });
    expect(server.host).toBe("localhost");
    await using other = await createServer({ config: 'host: "localhost"', port: 0 });
    expect(other.host).toBe("localhost");
  });

  test("has what stands beside the configuration before what stands in it", async () => {
    const config = 'server_name: one, http: "127.0.0.1:-1"';
    await using server = await createServer({ config, name: "two" });
    expect(server.name).toBe("two");
    const answer = await fetch(`${server.monitorUrl}/varz`);
    expect(await answer.json()).toMatchObject({ server_name: "two" });
  });

  test("says what is wrong", async () => {
    await using server = await createServer();
    expect(await refusal(createServer({ port: server.port }))).toContain("address already in use");
    expect(await refusal(createServer({ config: "porta: 1" }))).toContain('unknown field "porta"');
    expect(await refusal(createServer({ config: "max_payload: 1GB" }))).toContain("max_pending");
    expect(await refusal(createServer({ configFile: "/nowhere.conf" }))).toContain("no such file");
  });

  test("reads its file again, or stays as it was", async () => {
    const folder = mkdtempSync(join(tmpdir(), "midge-embedded-"));
    try {
      const configFile = join(folder, "my.conf");
      writeFileSync(configFile, "max_payload: 1000");
      await using server = await createServer({ configFile, httpPort: 0 });
      const payload = async (): Promise<number> => {
        const answer = await fetch(`${server.monitorUrl}/varz`);
        return ((await answer.json()) as { readonly max_payload: number }).max_payload;
      };
      writeFileSync(configFile, "max_payload: 2000");
      server.reload();
      expect(await payload()).toBe(2000);
      writeFileSync(configFile, "max_payload: 3000, max_pending: 5000");
      expect(() => server.reload()).toThrow("MaxPending");
      expect(await payload()).toBe(2000);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test("can be talked to without a socket", async () => {
    await using server = await createServer({ user: "u", password: "p" });
    await using connection = server.connect();
    const writer = connection.writable.getWriter();
    await writer.write(
      new TextEncoder().encode(
        'CONNECT {"user":"u","pass":"p"}\r\nSUB a 1\r\nPUB a 2\r\nhi\r\nPING\r\n',
      ),
    );
    let text = "";
    for await (const chunk of connection.readable) {
      text += new TextDecoder().decode(chunk);
      if (text.includes("PONG")) {
        break;
      }
    }
    expect(text).toStartWith("INFO {");
    expect(text).toContain("MSG a 1 2\r\nhi\r\nPONG\r\n");
  });
});
