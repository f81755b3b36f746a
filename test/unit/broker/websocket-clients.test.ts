import { describe, expect, test } from "bun:test";
import { NetworkError } from "../../../src/base/server-error.ts";
import type { Entrance } from "../../../src/broker/entrance.ts";
import {
  defaultOptions,
  defaultWebsocketOptions,
  type Options,
  type UserOptions,
  type WebsocketOptions,
} from "../../../src/config/options.ts";
import { closedReason } from "../../../src/protocol/closed-reason.ts";
import { fabrics, openRig } from "./broker-rig.ts";

function entrance(given: Partial<Entrance["credentials"]> = {}, forwardedAddress = ""): Entrance {
  return {
    credentials: { jwt: "", user: "", password: "", token: "", ...given },
    forwardedAddress,
  };
}

function withBlock(
  block: Partial<WebsocketOptions>,
  rest: Partial<Options> = {},
): Partial<Options> {
  return { ...rest, websocket: { ...defaultWebsocketOptions, noTls: true, ...block } };
}

function user(name: string, given: Partial<UserOptions> = {}): UserOptions {
  return {
    ...{ name, password: name, nkey: null, permissions: null, allowedConnectionTypes: [] },
    ...given,
  };
}

function withUsers(...users: UserOptions[]): Partial<Options> {
  return { authorization: { ...defaultOptions.authorization, users } };
}

const violation = "-ERR 'Authorization Violation'\r\n";

describe.each(fabrics)("clients behind websockets over %s", (_name, makeFabric) => {
  test("are told of their own listener, and logged by their own kind", () => {
    const rig = openRig(makeFabric);
    const forWebsockets = { ...rig.serverInfo, host: "10.9.9.9", port: 8080 };
    rig.broker.applyServerInfo(rig.serverInfo, forWebsockets);
    expect(rig.client().info).toContain('"host":"0.0.0.0","port":4222');
    const near = rig.client("websocket", entrance({}, "fe80::1"));
    expect(near.info).toContain('"host":"10.9.9.9","port":8080');
    const from = `[fe80::1]/127.0.0.1:${near.socket.remotePort} - wid:2`;
    expect(rig.log.has(`${from} - Client connection created`)).toBe(true);
    const types = Array.from(rig.broker.connections.open, (one) => rig.broker.recordOf(one).type);
    expect(types).toEqual(["nats", "websocket"]);
  });

  test("may bring credentials along, which CONNECT overrides", () => {
    const rig = openRig(makeFabric, withUsers(user("ann"), user("bob")));
    const ann = entrance({ user: "ann", password: "ann" });
    expect(rig.client("websocket", ann).connect()).toBe("");
    expect(rig.client("websocket", ann).connect({ user: "bob", pass: "bob" })).toBe("");
    expect(rig.client("websocket", ann).connect({ user: "bob" })).toBe(violation);
    expect(rig.client("websocket", entrance()).connect()).toBe(violation);
    const users = Array.from(rig.broker.connections.open, (one) => rig.broker.recordOf(one).user);
    expect(users).toEqual(["ann", "bob"]);
  });

  test("come as users that may come so", () => {
    const rig = openRig(
      makeFabric,
      withUsers(
        user("web", { allowedConnectionTypes: ["WEBSOCKET"] }),
        user("std", { allowedConnectionTypes: ["STANDARD"] }),
      ),
    );
    const web = { user: "web", pass: "web" };
    const std = { user: "std", pass: "std" };
    expect(rig.client("websocket").connect(web)).toBe("");
    expect(rig.client("websocket").connect(std)).toBe(violation);
    expect(rig.client().connect(web)).toBe(violation);
    expect(rig.client().connect(std)).toBe("");
  });

  test("obey the secrets of their block, and are told that they must authenticate", () => {
    const rig = openRig(
      makeFabric,
      withBlock({ user: "x", password: "y", authTimeoutMillis: 500 }),
    );
    expect(rig.client().info).not.toContain("auth_required");
    const right = rig.client("websocket");
    expect(right.info).toContain('"auth_required":true');
    expect(right.connect({ user: "x", pass: "y" })).toBe("");
    expect(rig.client("websocket").connect({ user: "x", pass: "z" })).toBe(violation);
    const silent = rig.client("websocket");
    rig.time.advance(600);
    expect(silent.hear()).toBe("-ERR 'Authentication Timeout'\r\n");
    expect(silent.socket.endReason).toBe(closedReason.authenticationTimeout);
  });

  test("without credentials are the block's user for that, even without CONNECT", () => {
    const rig = openRig(makeFabric, withBlock({ noAuthUser: "web" }, withUsers(user("web"))));
    expect(rig.client("websocket").connect()).toBe("");
    expect(rig.client("websocket").say("PING\r\n")).toBe("PONG\r\n");
    expect(rig.client().say("PING\r\n")).toBe(violation);
  });

  test("are pinged in the interval of their block", () => {
    const rig = openRig(makeFabric, withBlock({ pingIntervalMillis: 1000 }));
    const near = rig.client("websocket");
    const far = rig.client();
    near.connect();
    far.connect();
    rig.time.advance(1500);
    expect([near.hear(), far.hear()]).toEqual(["PING\r\n", ""]);
  });

  test("need no PROXY header", () => {
    const rig = openRig(makeFabric, { proxyProtocol: true });
    const near = rig.client("websocket");
    expect(near.info).toContain('"client_ip":"127.0.0.1"');
    expect(near.connect()).toBe("");
    expect(near.say("PING\r\n")).toBe("PONG\r\n");
  });

  test("hear why they are closed", () => {
    const rig = openRig(makeFabric);
    const kicked = rig.client("websocket");
    kicked.connect();
    rig.broker.kick(1);
    rig.time.turn();
    expect(kicked.socket.endReason).toBe(closedReason.kicked);
  });

  test("whose frames break the rules end by a read error, which is logged", () => {
    const rig = openRig(makeFabric);
    const near = rig.client("websocket");
    near.socket.hangUp(new NetworkError("EPROTO", "mask missing"));
    expect(rig.log.has("wid:1 - read error: mask missing")).toBe(true);
    const far = rig.client();
    far.socket.hangUp(new NetworkError("ECONNRESET", "reset"));
    expect(rig.log.has("cid:2 - read error")).toBe(false);
    const reasons = rig.broker.connections.closed().map(({ reason }) => reason);
    expect(reasons).toEqual([closedReason.readError, closedReason.readError]);
  });
});
