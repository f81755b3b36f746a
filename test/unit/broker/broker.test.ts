import { describe, expect, test } from "bun:test";
import { Authenticator } from "../../../src/auth/authenticator.ts";
import type {
  ClosedConnectionRecord,
  ConnectionRecord,
} from "../../../src/broker/connection-record.ts";
import type { ConnectionListener } from "../../../src/broker/connection-registry.ts";
import { brokerLimitsOf } from "../../../src/broker/session-surroundings.ts";
import {
  type AccountOptions,
  defaultOptions,
  noLimits,
  type Options,
  type PermissionOptions,
  type UserOptions,
} from "../../../src/config/options.ts";
import { type FakeClient, fabrics, openRig, type Rig } from "./broker-rig.ts";

function user(
  name: string,
  password: string,
  permissions: PermissionOptions | null = null,
): UserOptions {
  return { name, password, nkey: null, allowedConnectionTypes: [], permissions };
}

function account(name: string, users: readonly UserOptions[]): AccountOptions {
  const empty = { nkey: null, exports: [], imports: [], mappings: [], defaultPermissions: null };
  return { ...empty, name, users, limits: noLimits, messageTrace: null, jetStream: null };
}

function subscribeOnly(...allow: readonly string[]): PermissionOptions {
  return {
    publish: { allow: null, deny: [] },
    subscribe: { allow, deny: [] },
    responses: null,
  };
}

/** As the server does it. */
function reload(rig: Rig, changes: Partial<Options>): void {
  const next: Options = { ...defaultOptions, ...changes };
  const replaced = rig.accounts.replace(next);
  if (!replaced.ok) {
    throw new Error(replaced.refusal.join("; "));
  }
  rig.broker.applyLimits(brokerLimitsOf(next));
  rig.broker.applyTenancy(new Authenticator(next, rig.crypto), replaced.value);
  rig.time.turn();
}

class Listening implements ConnectionListener {
  readonly heard: string[] = [];

  onConnected(record: ConnectionRecord): void {
    this.heard.push(`connected ${record.account} ${record.user}`);
  }
  onDisconnected(record: ClosedConnectionRecord): void {
    this.heard.push(`disconnected ${record.account} ${record.reason}`);
  }
  onAuthenticationFailed(record: ConnectionRecord, reason: string): void {
    this.heard.push(`failed ${record.user} ${reason}`);
  }
  onRefusedClosed(record: ClosedConnectionRecord): void {
    this.heard.push(`refused ${record.account} ${record.reason}`);
  }
}

function connected(rig: Rig, options: object = {}): FakeClient {
  const client = rig.client();
  client.connect(options);
  return client;
}

function reasons(rig: Rig): readonly string[] {
  return rig.broker.connections.closed().map((record) => record.reason);
}

describe.each(fabrics)("the broker over %s", (_name, makeFabric) => {
  test("tells its listeners who came, who left and who was refused", () => {
    const rig = openRig(makeFabric, { accounts: [account("A", [user("u", "p")])] });
    const listening = new Listening();
    rig.broker.listen(listening);
    connected(rig, { user: "u", pass: "p" }).socket.hangUp();
    connected(rig, { user: "u", pass: "no" });
    rig.client().socket.hangUp();
    expect(listening.heard).toEqual([
      "connected A u",
      "disconnected A Client Closed",
      "failed u Authentication Failure",
      "refused $G Authentication Failure",
      "refused $G Client Closed",
    ]);
  });

  test("kicks one connection by its id", () => {
    const rig = openRig(makeFabric);
    const [one, other] = [connected(rig), connected(rig)];
    expect(rig.broker.kick(1)).toBeTrue();
    expect(rig.broker.kick(99)).toBeFalse();
    expect(one.socket.isShutDown).toBeTrue();
    expect(other.say("PING\r\n")).toBe("PONG\r\n");
    expect(reasons(rig)).toEqual(["Kicked"]);
  });

  test("asks one client to leave, if that client can be asked", () => {
    const rig = openRig(makeFabric);
    const asked = connected(rig, { protocol: 1 });
    connected(rig);
    const refusal =
      "client does not support Lame Duck Mode or is not ready to receive the notification";
    expect(rig.broker.sendLameDuck(1)).toBe(refusal);
    asked.say("PING\r\n");
    expect(rig.broker.sendLameDuck(1)).toBeNull();
    expect(asked.hear()).toContain('"ldm":true');
    expect(rig.broker.sendLameDuck(2)).toBe(refusal);
    expect(rig.broker.sendLameDuck(7)).toBe("no such client id");
  });

  test("tells all who can hear it when INFO changes", () => {
    const rig = openRig(makeFabric);
    const [hearing, deaf] = [connected(rig, { protocol: 1 }), connected(rig)];
    hearing.say("PING\r\n");
    deaf.say("PING\r\n");
    const { serverInfo } = rig;
    rig.broker.applyServerInfo({ ...serverInfo, connectUrls: ["10.0.0.1:4222"] });
    rig.broker.sendInfoToAll(false);
    expect(hearing.hear()).toContain('"connect_urls":["10.0.0.1:4222"]');
    expect(deaf.hear()).toBe("");
    rig.broker.sendInfoToAll(true);
    expect(hearing.hear()).toContain('"ldm":true');
  });

  test("ends everything when it stops, and no timer stays", () => {
    const rig = openRig(makeFabric);
    const client = connected(rig, { protocol: 1 });
    client.say("SUB a 1\r\nPUB a 1\r\nx\r\n");
    client.sayOnly("PUB a 1\r\ny\r\n");
    rig.broker.stop();
    expect(client.socket.take()).toBe("MSG a 1 1\r\ny\r\n");
    expect(client.socket.isEnded).toBeTrue();
    expect(reasons(rig)).toEqual(["Server Shutdown"]);
    rig.time.turn();
    expect(rig.time.armedCount).toBe(0);
  });

  test("keeps as many closed connections as it is told, the latest", () => {
    const rig = openRig(makeFabric, { maxClosedClients: 3 });
    for (let count = 0; count < 5; count++) {
      connected(rig).socket.hangUp();
    }
    const ids = (): readonly number[] => rig.broker.connections.closed().map(({ id }) => id);
    expect(ids()).toEqual([3, 4, 5]);
    expect(rig.broker.connections.totalCount).toBe(5);
    reload(rig, { maxClosedClients: 2 });
    expect(ids()).toEqual([4, 5]);
    connected(rig).socket.hangUp();
    expect(ids()).toEqual([5, 6]);
  });

  test("keeps accounts apart", () => {
    const accounts = [account("A", [user("a", "p")]), account("B", [user("b", "p")])];
    const rig = openRig(makeFabric, { accounts });
    const [a, b] = [
      connected(rig, { user: "a", pass: "p" }),
      connected(rig, { user: "b", pass: "p" }),
    ];
    b.say("SUB > 1\r\n");
    a.say("SUB > 1\r\n");
    expect(a.say("PUB x 1\r\n1\r\n")).toBe("MSG x 1 1\r\n1\r\n");
    expect(b.hear()).toBe("");
    expect(rig.accounts.find("A")?.connections).toBe(1);
  });

  test("has one voice of its own in each account", () => {
    const rig = openRig(makeFabric);
    const client = connected(rig);
    client.say("SUB news 1\r\n");
    const voice = rig.broker.internalClient(rig.accounts.global);
    expect(rig.broker.internalClient(rig.accounts.global)).toBe(voice);
    expect(voice.publish("news", "hi", { reply: "r" })).toBe(1);
    expect(client.hear()).toBe("MSG news 1 r 2\r\nhi\r\n");
  });

  test("traces those who are connected when tracing is switched on", () => {
    const rig = openRig(makeFabric);
    const client = connected(rig);
    client.say("PING\r\n");
    expect(rig.log.has("TRC")).toBeFalse();
    rig.log.isTrace = true;
    rig.broker.applyTracing();
    client.say("PING\r\n");
    expect(rig.log.lines.filter((line) => line.startsWith("TRC"))).toEqual([
      `TRC 127.0.0.1:${client.socket.remotePort} - cid:1 - <<- [PING]`,
      `TRC 127.0.0.1:${client.socket.remotePort} - cid:1 - ->> [PONG]`,
    ]);
  });
});

describe.each(fabrics)("a reload over %s", (_name, makeFabric) => {
  test("closes who is no longer a user, or whose password is another", () => {
    const users = [user("gone", "1"), user("other", "2"), user("same", "3")];
    const rig = openRig(makeFabric, { accounts: [account("A", users)] });
    const [gone, other, same] = users.map(({ name, password }) =>
      connected(rig, { user: name, pass: password }),
    );
    reload(rig, { accounts: [account("A", [user("other", "new"), user("same", "3")])] });
    expect(gone?.hear()).toBe("-ERR 'Authorization Violation'\r\n");
    expect(other?.hear()).toBe("-ERR 'Authorization Violation'\r\n");
    expect(same?.say("PING\r\n")).toBe("PONG\r\n");
    expect(reasons(rig)).toEqual(["Authentication Failure", "Authentication Failure"]);
  });

  test("closes who belongs to another account now, and closes accounts that are gone", () => {
    const rig = openRig(makeFabric, {
      accounts: [account("A", [user("u", "p")]), account("B", [user("v", "p")])],
    });
    const moved = connected(rig, { user: "u", pass: "p" });
    moved.say("SUB a 1\r\n");
    reload(rig, { accounts: [account("B", [user("v", "p"), user("u", "p")])] });
    expect(moved.hear()).toBe("");
    expect(moved.socket.isShutDown).toBeTrue();
    expect(reasons(rig)).toEqual(["Client Closed"]);
    expect(rig.broker.indexOf("A")).toBeUndefined();
    const again = connected(rig, { user: "u", pass: "p" });
    expect(again.say("SUB a 1\r\nPUB a 1\r\nx\r\n")).toBe("MSG a 1 1\r\nx\r\n");
    expect(rig.accounts.find("B")?.connections).toBe(1);
  });

  test("takes away subscriptions that are no longer allowed, and tells the client", () => {
    const rig = openRig(makeFabric, {
      accounts: [account("A", [user("u", "p", subscribeOnly("a", "b", "c"))])],
    });
    const client = connected(rig, { user: "u", pass: "p" });
    client.say("SUB a 1\r\nSUB b q 2\r\nSUB c 3\r\n");
    reload(rig, { accounts: [account("A", [user("u", "p", subscribeOnly("c"))])] });
    expect(client.hear()).toBe(
      `-ERR 'Permissions Violation for Subscription to "a" (sid "1")'\r\n` +
        `-ERR 'Permissions Violation for Subscription to "b" using queue "q" (sid "2")'\r\n`,
    );
    expect(client.say("PUB a 1\r\nx\r\nPUB b 1\r\nx\r\nPUB c 1\r\nx\r\n")).toBe(
      "MSG c 3 1\r\nx\r\n",
    );
    expect(rig.log.has('Removed sub "a" (sid "1") for User "u" - not authorized')).toBeTrue();
  });

  test("filters what a wide subscription is sent from now on", () => {
    const rig = openRig(makeFabric, { accounts: [account("A", [user("u", "p")])] });
    const client = connected(rig, { user: "u", pass: "p" });
    client.say("SUB > 1\r\n");
    const denying: PermissionOptions = {
      publish: { allow: null, deny: [] },
      subscribe: { allow: null, deny: ["secret"] },
      responses: null,
    };
    reload(rig, { accounts: [account("A", [user("u", "p", denying)])] });
    expect(client.say("PUB secret 1\r\nx\r\nPUB open 1\r\nx\r\n")).toBe("MSG open 1 1\r\nx\r\n");
  });

  test("changes what may be published", () => {
    const rig = openRig(makeFabric, { accounts: [account("A", [user("u", "p")])] });
    const client = connected(rig, { user: "u", pass: "p" });
    const denying: PermissionOptions = {
      publish: { allow: null, deny: ["x"] },
      subscribe: { allow: null, deny: [] },
      responses: null,
    };
    reload(rig, { accounts: [account("A", [user("u", "p", denying)])] });
    expect(client.say("PUB x 1\r\nx\r\n")).toContain("Permissions Violation for Publish");
    reload(rig, { accounts: [account("A", [user("u", "p")])] });
    expect(client.say("PUB x 1\r\nx\r\nPING\r\n")).toBe("PONG\r\n");
  });

  test("that begins to ask for authentication closes who gave none", () => {
    const rig = openRig(makeFabric);
    const [greeted, spoke] = [rig.client(), connected(rig)];
    reload(rig, { accounts: [account("A", [user("u", "p")])] });
    expect(greeted.hear()).toBe("-ERR 'Authorization Violation'\r\n");
    expect(spoke.hear()).toBe("-ERR 'Authorization Violation'\r\n");
    expect(rig.client().info).toContain('"auth_required":true');
  });

  test("with fewer connections allowed closes the latest", () => {
    const rig = openRig(makeFabric);
    const [first, second] = [connected(rig), connected(rig)];
    reload(rig, { maxConnections: 1 });
    expect(second.hear()).toBe("-ERR 'maximum connections exceeded'\r\n");
    expect(first.say("PING\r\n")).toBe("PONG\r\n");
  });

  test("changes limits for those who are connected", () => {
    const rig = openRig(makeFabric);
    const client = connected(rig);
    reload(rig, { maxPayload: 10, maxSubscriptions: 1 });
    expect(client.say("SUB a 1\r\nSUB b 2\r\n")).toBe("-ERR 'maximum subscriptions exceeded'\r\n");
    expect(client.say(`PUB a 11\r\n${"x".repeat(11)}\r\n`)).toBe(
      "-ERR 'Maximum Payload Violation'\r\n",
    );
  });
});
