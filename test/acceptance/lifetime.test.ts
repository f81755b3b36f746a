// How connections begin and end, as the official client sees it: limits, drain, lame duck, reconnecting, errors.

import { describe, expect, test } from "bun:test";
import { connect, type NatsConnection, type Status } from "@nats-io/transport-node";
import { RawClient } from "../support/raw-client.ts";
import { ServerProcess } from "../support/server-process.ts";
import { waitUntil, within } from "../support/wait-until.ts";

/** Notes the kinds of status events as they come. */
function watch(connection: NatsConnection): Status[] {
  const seen: Status[] = [];
  void (async () => {
    for await (const status of connection.status()) {
      seen.push(status);
    }
  })();
  return seen;
}

const kindsOf = (seen: readonly Status[]): readonly string[] => seen.map((status) => status.type);

describe("limits", () => {
  test("the client is told max_payload and refuses above it; so does the server", async () => {
    await using server = await ServerProcess.start({ config: "max_payload: 1000" });
    const connection = await connect({ servers: server.url });
    expect(connection.info?.max_payload).toBe(1000);
    expect(() => connection.publish("a", new Uint8Array(1001))).toThrow();
    connection.publish("a", new Uint8Array(1000));
    await connection.flush();
    await connection.close();
  });

  test("max_connections turns the next one away", async () => {
    await using server = await ServerProcess.start({ config: "max_connections: 2" });
    const first = await connect({ servers: server.url });
    const second = await connect({ servers: server.url });
    using third = await RawClient.open(server.port, null);
    expect(await third.untilClosed()).toBe("-ERR 'maximum connections exceeded'\r\n");
    await first.close();
    await waitUntil("room", async () => {
      try {
        const again = await connect({ servers: server.url, reconnect: false });
        await again.close();
        return true;
      } catch {
        return false;
      }
    });
    await second.close();
  });
});

describe("INFO", () => {
  test("says what a client needs", async () => {
    await using server = await ServerProcess.start({ config: "server_name: named" });
    const connection = await connect({ servers: server.url });
    const { info } = connection;
    expect(info?.server_name).toBe("named");
    expect(info?.server_id).toMatch(/^N[A-Z2-7]{55}$/);
    expect(info?.version).toMatch(/^2\.\d+\.\d+$/);
    expect(info?.headers).toBe(true);
    expect(info?.proto).toBe(1);
    expect(info?.client_id).toBeGreaterThan(0);
    expect(info?.client_ip).toBe("127.0.0.1");
    expect(await connection.rtt()).toBeGreaterThanOrEqual(0);
    await connection.close();
  });
});

describe("drain", () => {
  test("a drained connection handles what is under way and closes", async () => {
    await using server = await ServerProcess.start();
    const sender = await connect({ servers: server.url });
    const receiver = await connect({ servers: server.url });
    let count = 0;
    receiver.subscribe("drained", {
      callback: () => {
        count += 1;
      },
    });
    await receiver.flush();
    for (let at = 0; at < 1000; at += 1) {
      sender.publish("drained");
    }
    await sender.flush();
    await receiver.drain();
    expect(count).toBe(1000);
    expect(receiver.isClosed()).toBe(true);
    sender.publish("drained");
    await sender.drain();
  });
});

describe("the end of a server", () => {
  test("lame duck: clients are told, new ones are kept out, and it ends with 0", async () => {
    await using server = await ServerProcess.start({
      config: 'lame_duck_grace_period: "200ms"\nlame_duck_duration: "30s"',
    });
    const connection = await connect({ servers: server.url, reconnect: false });
    const seen = watch(connection);
    server.signal("SIGUSR2");
    await waitUntil("the lame duck event", () => kindsOf(seen).includes("ldm"));
    const late = await connect({ servers: server.url, reconnect: false, timeout: 500 }).then(
      () => "let in",
      () => "kept out",
    );
    expect(late).toBe("kept out");
    await connection.close();
    expect(await server.exited(10_000)).toBe(0);
  }, 20_000);

  test("a client goes on at the other server when its own ends", async () => {
    await using first = await ServerProcess.start();
    await using second = await ServerProcess.start();
    const connection = await connect({
      servers: [first.url, second.url],
      noRandomize: true,
      reconnectTimeWait: 20,
    });
    const seen = watch(connection);
    let count = 0;
    connection.subscribe("moved", {
      callback: () => {
        count += 1;
      },
    });
    await connection.flush();
    first.signal("SIGTERM");
    expect(await first.exited()).toBe(0);
    await waitUntil("the reconnect", () => kindsOf(seen).includes("reconnect"));
    connection.publish("moved");
    await connection.flush();
    await waitUntil("the message at the new place", () => count === 1);
    expect(connection.getServer()).toContain(String(second.port));
    await connection.close();
  }, 20_000);

  test("a forced reconnect subscribes again", async () => {
    await using server = await ServerProcess.start();
    const connection = await connect({ servers: server.url, reconnectTimeWait: 20 });
    const seen = watch(connection);
    let count = 0;
    connection.subscribe("forced", {
      callback: () => {
        count += 1;
      },
    });
    await connection.flush();
    await connection.reconnect();
    await waitUntil("the reconnect", () => kindsOf(seen).includes("reconnect"));
    connection.publish("forced");
    await waitUntil("the message", () => count === 1);
    await connection.close();
  }, 20_000);

  test("a server that goes for good closes a client that does not reconnect", async () => {
    await using server = await ServerProcess.start();
    const connection = await connect({ servers: server.url, reconnect: false });
    server.signal("SIGINT");
    expect(await server.exited()).toBe(0);
    await within("the close", connection.closed());
  });
});
