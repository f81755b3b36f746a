import { describe, expect, test } from "bun:test";
import { stuckGraceMillis } from "../../../src/broker/slow-consumer.ts";
import type { Options } from "../../../src/config/options.ts";
import { type FakeClient, fabrics, openRig, type Rig } from "./broker-rig.ts";

/** Long enough to be called stuck, whatever the probe's rhythm. */
const untilStuck = stuckGraceMillis + 20;

const body = "x".repeat(64 * 1024);
const publish = `PUB a ${body.length}\r\n${body}\r\n`;

interface Scene {
  readonly rig: Rig;
  readonly publisher: FakeClient;
  readonly slow: FakeClient;
  readonly healthy: FakeClient;
}

/** One publisher, a receiver whose socket is full, and one that takes everything. */
function openScene(
  makeFabric: Parameters<typeof openRig>[0],
  changes: Partial<Options> = {},
): Scene {
  const rig = openRig(makeFabric, changes);
  const [publisher, slow, healthy] = [rig.client(), rig.client(), rig.client()];
  for (const client of [publisher, slow, healthy]) {
    client.connect();
  }
  slow.say("SUB a 1\r\n");
  healthy.say("SUB a 1\r\n");
  slow.socket.room = 0;
  return { rig, publisher, slow, healthy };
}

/** Publishes until it is made to wait, at most so often; gives how often it could. */
function publishUntilHeld({ publisher }: Scene, max: number): number {
  for (let count = 0; count < max; count++) {
    if (publisher.socket.isPaused) {
      return count;
    }
    publisher.say(publish);
  }
  return max;
}

describe.each(fabrics)("a slow consumer over %s", (_name, makeFabric) => {
  test("makes its publisher wait, and lets it go on when it has read", () => {
    const scene = openScene(makeFabric);
    const held = publishUntilHeld(scene, 100);
    expect(held).toBeGreaterThan(10);
    expect(held).toBeLessThan(30);
    expect(scene.rig.broker.status().stalledClients).toBe(1);
    // The publisher's next words wait with it.
    expect(scene.publisher.say("PING\r\n")).toBe("");
    scene.slow.socket.makeRoom(Number.POSITIVE_INFINITY);
    expect(scene.publisher.hear()).toBe("PONG\r\n");
    expect(scene.publisher.socket.isPaused).toBeFalse();
    expect(scene.slow.socket.take().length).toBeGreaterThan(held * body.length);
    expect(scene.rig.broker.connections.openCount).toBe(3);
  });

  test("that takes nothing at all slows nobody for long", () => {
    const scene = openScene(makeFabric);
    publishUntilHeld(scene, 100);
    expect(scene.publisher.socket.isPaused).toBeTrue();
    scene.rig.time.advance(stuckGraceMillis - 5);
    expect(scene.publisher.socket.isPaused).toBeTrue();
    scene.rig.time.advance(untilStuck);
    expect(scene.publisher.socket.isPaused).toBeFalse();
    // It is stuck, so publishing more does not wait for it.
    expect(publishUntilHeld(scene, 50)).toBe(50);
    expect(scene.healthy.socket.take().length).toBeGreaterThan(50 * body.length);
  });

  test("that makes progress again slows its publishers again", () => {
    const scene = openScene(makeFabric);
    publishUntilHeld(scene, 100);
    scene.rig.time.advance(untilStuck);
    expect(scene.publisher.socket.isPaused).toBeFalse();
    scene.slow.socket.room = 1000;
    scene.rig.time.advance(15);
    expect(publishUntilHeld(scene, 50)).toBeLessThan(5);
  });

  test("with slow but steady progress is never called stuck", () => {
    const scene = openScene(makeFabric);
    publishUntilHeld(scene, 100);
    for (let round = 0; round < 20; round++) {
      scene.slow.socket.room += 1000;
      scene.rig.time.advance(stuckGraceMillis - 5);
      expect(scene.publisher.socket.isPaused).toBeTrue();
    }
    expect(scene.rig.broker.connections.openCount).toBe(3);
  });

  test("is cut when more than max_pending waits", () => {
    const scene = openScene(makeFabric, { maxPending: 2 * 1024 * 1024 });
    publishUntilHeld(scene, 100);
    scene.rig.time.advance(untilStuck);
    publishUntilHeld(scene, 40);
    expect(scene.slow.socket.isEnded).toBeTrue();
    expect(scene.rig.broker.connections.closed().map((record) => record.reason)).toEqual([
      "Slow Consumer (Pending Bytes)",
    ]);
    expect(scene.rig.broker.status().slowConsumers).toBe(1);
    expect(scene.rig.log.has("Slow Consumer Detected: MaxPending of 2097152 Exceeded")).toBeTrue();
    expect(scene.publisher.say("PING\r\n")).toBe("PONG\r\n");
  });

  test("is cut when it takes nothing until the write deadline", () => {
    const scene = openScene(makeFabric, { writeDeadlineMillis: 500 });
    scene.publisher.say(publish);
    scene.rig.time.advance(450);
    expect(scene.slow.socket.isEnded).toBeFalse();
    scene.rig.time.advance(100);
    expect(scene.slow.socket.isEnded).toBeTrue();
    expect(scene.rig.broker.connections.closed().map((record) => record.reason)).toEqual([
      "Slow Consumer (Write Deadline)",
    ]);
    expect(scene.rig.log.has("Slow Consumer Detected: WriteDeadline of 500ms exceeded")).toBeTrue();
  });

  test("that is cut frees who waited for it", () => {
    const scene = openScene(makeFabric);
    publishUntilHeld(scene, 100);
    scene.slow.socket.hangUp();
    scene.rig.time.turn();
    expect(scene.publisher.socket.isPaused).toBeFalse();
    expect(scene.publisher.say("PING\r\n")).toBe("PONG\r\n");
  });

  test("slows nobody where no_fast_producer_stall is set", () => {
    const scene = openScene(makeFabric, { noFastProducerStall: true });
    expect(publishUntilHeld(scene, 60)).toBe(60);
    expect(scene.rig.broker.status().stalledClients).toBe(0);
  });

  test("with write_timeout close must take what waits within the deadline, progress or not", () => {
    const scene = openScene(makeFabric, { writeDeadlineMillis: 300, writeTimeout: "close" });
    scene.publisher.say(publish);
    for (let round = 0; round < 20 && !scene.slow.socket.isEnded; round++) {
      scene.slow.socket.room += 10;
      scene.rig.time.advance(30);
    }
    expect(scene.slow.socket.isEnded).toBeTrue();
  });

  test("whose publisher leaves while it waits harms nobody", () => {
    const scene = openScene(makeFabric);
    publishUntilHeld(scene, 100);
    scene.publisher.socket.hangUp();
    scene.slow.socket.makeRoom(Number.POSITIVE_INFINITY);
    scene.rig.time.advance(100);
    expect(scene.rig.broker.connections.openCount).toBe(2);
    expect(scene.rig.broker.slowConsumers.blockedCount).toBe(0);
  });

  test("that publishes to itself is not held for ever", () => {
    const rig = openRig(makeFabric);
    const client = rig.client();
    client.connect();
    client.say("SUB a 1\r\n");
    client.socket.room = 0;
    for (let count = 0; count < 100 && !client.socket.isPaused; count++) {
      client.say(publish);
    }
    expect(client.socket.isPaused).toBeTrue();
    rig.time.advance(untilStuck);
    expect(client.socket.isPaused).toBeFalse();
  });
});
