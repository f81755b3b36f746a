import { describe, expect, test } from "bun:test";
import { type FakeClient, fabrics, openRig, type Rig } from "./broker-rig.ts";

function connected(rig: Rig): FakeClient {
  const client = rig.client();
  client.connect();
  return client;
}

function roundTripOf(rig: Rig): number | undefined {
  const [opened] = rig.broker.connections.open;
  return opened === undefined ? undefined : rig.broker.recordOf(opened).rttNanos;
}

describe.each(fabrics)("keepalive over %s", (_name, makeFabric) => {
  test("pings soon after CONNECT, and measures the round trip", () => {
    const rig = openRig(makeFabric);
    const client = connected(rig);
    rig.time.advance(1900);
    expect(client.hear()).toBe("");
    rig.time.advance(600);
    expect(client.hear()).toBe("PING\r\n");
    rig.time.advance(7);
    client.say("PONG\r\n");
    const roundTrip = roundTripOf(rig) ?? 0;
    expect(roundTrip).toBeGreaterThanOrEqual(7_000_000);
    expect(roundTrip).toBeLessThan(600_000_000);
  });

  test("takes the time from INFO to CONNECT as the first guess", () => {
    const rig = openRig(makeFabric);
    const client = rig.client();
    rig.time.advance(12);
    client.connect();
    expect(roundTripOf(rig)).toBe(12_000_000);
  });

  test("pings a silent client in intervals, and ends one that never answers", () => {
    const rig = openRig(makeFabric, { pingIntervalMillis: 10_000, pingMax: 2 });
    const client = connected(rig);
    rig.time.advance(3000);
    client.say("PONG\r\n");
    client.hear();
    rig.time.advance(10_500);
    expect(client.hear()).toBe("PING\r\n");
    rig.time.advance(10_500);
    expect(client.hear()).toBe("PING\r\n");
    rig.time.advance(10_500);
    expect(client.hear()).toBe("-ERR 'Stale Connection'\r\n");
    expect(client.socket.isShutDown).toBeTrue();
    expect(rig.broker.status().staleConnections).toBe(1);
    expect(rig.broker.connections.closed()[0]?.reason).toBe("Stale Connection");
    expect(rig.log.has("Stale Client Connection - Closing")).toBeTrue();
  });

  test("does not ping who speaks anyway", () => {
    const rig = openRig(makeFabric, { pingIntervalMillis: 10_000 });
    const client = connected(rig);
    rig.time.advance(3000);
    client.say("PONG\r\n");
    for (let second = 0; second < 30; second += 5) {
      client.say("PUB a 1\r\nx\r\n");
      rig.time.advance(5000);
    }
    expect(client.hear()).toBe("");
    expect(rig.log.has("Delaying PING due to remote client data or ping")).toBeTrue();
  });

  test("pings who never sent CONNECT too, after a whole interval", () => {
    const rig = openRig(makeFabric, { pingIntervalMillis: 10_000 });
    const client = rig.client();
    rig.time.advance(9000);
    expect(client.hear()).toBe("");
    rig.time.advance(1500);
    expect(client.hear()).toBe("PING\r\n");
  });

  test("measures the round trip again after an hour, however busy the client is", () => {
    const rig = openRig(makeFabric, { pingIntervalMillis: 600_000 });
    const client = connected(rig);
    rig.time.advance(3000);
    client.say("PONG\r\n");
    client.hear();
    let pings = 0;
    for (let minute = 0; minute < 75; minute++) {
      client.say("PUB a 1\r\nx\r\n");
      rig.time.advance(60_000);
      pings += client.hear() === "PING\r\n" ? 1 : 0;
    }
    expect(pings).toBe(1);
  });

  test("has one timer for any number of connections, and none for none", () => {
    const rig = openRig(makeFabric);
    const clients = Array.from({ length: 50 }, () => connected(rig));
    expect(rig.time.armedCount).toBe(1);
    for (const client of clients) {
      client.socket.hangUp();
    }
    rig.time.advance(5000);
    expect(rig.time.armedCount).toBe(0);
  });
});
