import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { NetworkError } from "../../../src/base/server-error.ts";
import { BunNetwork } from "../../../src/host/bun-network.ts";
import { hostAndPort, plainAddress } from "../../../src/host/network-failure.ts";
import type { Socket } from "../../../src/ports/network.ts";

const silent = { data() {}, drain() {}, close() {} };

function refusal(host: string, port: number): NetworkError {
  try {
    new BunNetwork().listen({ host, port }, () => silent).stop();
  } catch (failure) {
    if (failure instanceof NetworkError) {
      return failure;
    }
    throw failure;
  }
  throw new Error("it listened");
}

describe("listening", () => {
  test("on every address is reached by IPv4 and shows such a peer without its IPv6 clothes", async () => {
    const accepted = Promise.withResolvers<Socket>();
    const listener = new BunNetwork().listen({ host: "0.0.0.0", port: 0 }, (opened) => {
      accepted.resolve(opened);
      return silent;
    });
    const client = await Bun.connect({
      hostname: "127.0.0.1",
      port: listener.port,
      socket: { data() {} },
    });
    const socket = await accepted.promise;
    expect(socket.remoteAddress).toBe("127.0.0.1");
    expect(socket.localAddress).toBe("127.0.0.1");
    expect(socket.localPort).toBe(listener.port);
    client.end();
    listener.stop();
  });

  test("on an address of another machine is refused", () => {
    expect(refusal("192.0.2.1", 0)).toMatchObject({
      code: "EADDRNOTAVAIL",
      message: "listen tcp 192.0.2.1:0: bind: cannot assign requested address",
    });
  });

  test("on a name without address is refused", () => {
    expect(refusal("no-such-host.invalid", 0)).toMatchObject({
      code: "ENOTFOUND",
      message: "listen tcp: lookup no-such-host.invalid: no such host",
    });
  });

  test("on a port that is none is refused", () => {
    expect(refusal("127.0.0.1", 70_000).message).toBe("listen tcp: address 70000: invalid port");
  });
});

describe("addresses", () => {
  test("are shown as what they are", () => {
    expect(plainAddress("::ffff:10.0.0.1")).toBe("10.0.0.1");
    expect(plainAddress("::1")).toBe("::1");
    expect(plainAddress(undefined)).toBe("");
    expect(hostAndPort("::1", 4222)).toBe("[::1]:4222");
    expect(hostAndPort("localhost", 4222)).toBe("localhost:4222");
  });
});

test("a handler that throws ends the process, whoever sent the bytes", () => {
  const network = JSON.stringify(join(import.meta.dir, "../../../src/host/bun-network.ts"));
  const program = `
    import { BunNetwork } from ${network};
    const broken = { data() { throw new Error("broken invariant"); }, drain() {}, close() {} };
    const { port } = new BunNetwork().listen({ host: "127.0.0.1", port: 0 }, () => broken);
    const client = await Bun.connect({ hostname: "127.0.0.1", port, socket: { data() {} } });
    client.write("x");
  `;
  const done = Bun.spawnSync([process.execPath, "-e", program], { timeout: 5000 });
  expect(done.exitCode).toBe(1);
  expect(done.stderr.toString()).toContain("broken invariant");
});
