import { describe, expect, test } from "bun:test";
import { closedReason } from "../../../src/protocol/closed-reason.ts";
import { type FakeClient, fabrics, openRig, type Rig } from "./broker-rig.ts";

function connected(rig: Rig, options: object = {}): FakeClient {
  const client = rig.client();
  client.connect(options);
  return client;
}

function reasons(rig: Rig): readonly string[] {
  return rig.broker.connections.closed().map((record) => record.reason);
}

describe.each(fabrics)("a connection over %s", (_name, makeFabric) => {
  test("is written to once at the end of a turn, whatever happened in it", () => {
    const rig = openRig(makeFabric);
    const listener = connected(rig);
    listener.say("SUB a 1\r\n");
    const [one, other] = [connected(rig), connected(rig)];
    const writes = listener.socket.writes;
    one.sayOnly("PUB a 1\r\nx\r\nPUB a 1\r\ny\r\n");
    other.sayOnly("PUB a 1\r\nz\r\n");
    expect(listener.socket.writes).toBe(writes);
    expect(listener.hear()).toBe("MSG a 1 1\r\nx\r\nMSG a 1 1\r\ny\r\nMSG a 1 1\r\nz\r\n");
    expect(listener.socket.writes).toBe(writes + 1);
  });

  test("takes an op in pieces of any size", () => {
    const rig = openRig(makeFabric);
    const client = connected(rig);
    const text = "SUB a 1\r\nPUB a 5\r\nhello\r\nPING\r\n";
    let heard = "";
    for (const character of text) {
      heard += client.say(character);
    }
    expect(heard).toBe("MSG a 1 5\r\nhello\r\nPONG\r\n");
  });

  test("goes on where a short write ended, and not before there is room", () => {
    const rig = openRig(makeFabric);
    const client = connected(rig);
    client.say("SUB a 1\r\n");
    client.socket.room = 4;
    expect(client.say("PUB a 5\r\nhello\r\n")).toBe("MSG ");
    expect(client.say("PUB a 5\r\nagain\r\n")).toBe("");
    client.socket.makeRoom(9);
    expect(client.hear()).toBe("a 1 5\r\nhe");
    client.socket.makeRoom(1000);
    expect(client.hear()).toBe("llo\r\nMSG a 1 5\r\nagain\r\n");
    expect(rig.broker.slowConsumers.blockedCount).toBe(0);
  });

  test("that the peer left is forgotten, with its subscriptions", () => {
    const rig = openRig(makeFabric);
    const client = connected(rig, { name: "n", lang: "ts", version: "1" });
    client.say("SUB a q 1\r\nUNSUB 1 5\r\nPUB a 2\r\nhi\r\n");
    client.socket.hangUp();
    rig.time.turn();
    expect(rig.broker.connections.openCount).toBe(0);
    expect(rig.fabric.totals().subscriptions).toBe(0);
    const [record] = rig.broker.connections.closed();
    expect(record).toMatchObject({
      id: 1,
      reason: "Client Closed",
      name: "n",
      language: "ts",
      version: "1",
      account: "$G",
      received: { messages: 1, bytes: 2 },
      sent: { messages: 1, bytes: 2 },
      subscriptions: 1,
      subscriptionList: [{ subject: "a", queue: "q", sid: "1", delivered: 1, max: 5 }],
    });
    expect(rig.log.has("Client connection closed: Client Closed")).toBeTrue();
  });

  test("that broke is closed as a read error", () => {
    const rig = openRig(makeFabric);
    connected(rig).socket.hangUp(new Error("ECONNRESET"));
    expect(reasons(rig)).toEqual(["Read Error"]);
  });

  test("whose socket turns out closed at a write is closed as a write error", () => {
    const rig = openRig(makeFabric);
    const client = connected(rig);
    client.socket.isClosed = true;
    client.say("PING\r\n");
    expect(reasons(rig)).toEqual(["Write Error"]);
  });

  test("says its last words before FIN, and ends the socket a little later", () => {
    const rig = openRig(makeFabric);
    const client = connected(rig);
    expect(client.say("PING\r\nFOO\r\n")).toBe("PONG\r\n-ERR 'Unknown Protocol Operation'\r\n");
    expect(client.socket.isShutDown).toBeTrue();
    expect(client.socket.isEnded).toBeFalse();
    expect(client.say("PUB a 1\r\nx\r\n")).toBe("");
    rig.time.advance(60);
    expect(client.socket.isEnded).toBeTrue();
    expect(reasons(rig)).toEqual(["Protocol Violation"]);
  });

  test("says its last words behind what a full socket still waits for", () => {
    const rig = openRig(makeFabric);
    const client = connected(rig);
    client.say("SUB a 1\r\n");
    client.socket.room = 4;
    expect(client.say("PUB a 5\r\nhello\r\nFOO\r\n")).toBe("MSG ");
    expect(client.socket.isShutDown).toBeFalse();
    expect(rig.broker.connections.openCount).toBe(0);
    client.socket.makeRoom(1000);
    expect(client.hear()).toBe("a 1 5\r\nhello\r\n-ERR 'Unknown Protocol Operation'\r\n");
    expect(client.socket.isShutDown).toBeTrue();
  });

  test("does not wait for ever to say its last words", () => {
    const rig = openRig(makeFabric);
    const client = connected(rig);
    client.socket.room = 0;
    client.say("FOO\r\n");
    rig.time.advance(900);
    expect(client.socket.isEnded).toBeFalse();
    rig.time.advance(200);
    expect(client.socket.isEnded).toBeTrue();
  });

  test("reads on while it says goodbye, so that unread bytes do not reset it", () => {
    const rig = openRig(makeFabric);
    const client = connected(rig);
    client.socket.isPaused = false;
    const [opened] = rig.broker.connections.open;
    opened?.connection.closeFor(closedReason.kicked);
    expect(client.socket.isPaused).toBeFalse();
    expect(client.socket.isShutDown).toBeTrue();
    client.socket.hangUp();
    expect(reasons(rig)).toEqual(["Kicked"]);
  });

  test("survives garbage of every kind", () => {
    const rig = openRig(makeFabric);
    const inputs = [
      "\0\0\0\0",
      "\xff\xfe\xfd\r\n",
      "\r\n\r\n\r\n",
      "PUB\r\n",
      "PUB a 99999999999999999999999\r\n",
      "HPUB a 5 1\r\nxxxxx\r\n",
      "SUB \t \r\n",
      "UNSUB\r\n",
      `CONNECT ${"[".repeat(3000)}\r\n`,
      "CONNECT null\r\nPING\r\n",
      "CONNECT []\r\n",
      'CONNECT {"verbose":"x"}\r\n',
      "-ERR\r\n",
      "MSG a 1 1\r\nx\r\n",
      "PUB a 3\r\nabcde\r\n",
      `SUB ${"a.".repeat(1990)}b 1\r\n`,
    ];
    for (const input of inputs) {
      for (const client of [rig.client(), connected(rig, { headers: true })]) {
        client.say(input);
        client.say(input);
        client.socket.hangUp();
        rig.time.turn();
      }
    }
    rig.time.advance(100);
    expect(rig.broker.connections.openCount).toBe(0);
    expect(rig.fabric.totals().subscriptions).toBe(0);
    expect(rig.fabric.memoryStatistics().outboxBytes).toBe(0);
  });
});
