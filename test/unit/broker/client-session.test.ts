import { describe, expect, test } from "bun:test";
import type { Options } from "../../../src/config/options.ts";
import { defaultOptions, noLimits } from "../../../src/config/options.ts";
import {
  type FakeClient,
  fabrics,
  openRig,
  type Rig,
  slowHash,
  slowPassword,
} from "./broker-rig.ts";

const withUsers: Partial<Options> = {
  authorization: {
    ...defaultOptions.authorization,
    users: [
      {
        name: "a",
        password: "pa",
        nkey: null,
        allowedConnectionTypes: [],
        permissions: {
          publish: { allow: null, deny: ["x"] },
          subscribe: { allow: ["foo", "bar q1"], deny: [] },
          responses: null,
        },
      },
      { name: "b", password: "pb", nkey: null, allowedConnectionTypes: [], permissions: null },
      { name: "h", password: slowHash, nkey: null, allowedConnectionTypes: [], permissions: null },
    ],
  },
};

function connected(rig: Rig, options: object = {}): FakeClient {
  const client = rig.client();
  expect(client.connect(options)).toBe("");
  return client;
}

describe.each(fabrics)("a client over %s", (_name, makeFabric) => {
  test("is greeted with INFO first", () => {
    const rig = openRig(makeFabric);
    const client = rig.client();
    expect(client.info).toBe(
      'INFO {"server_id":"NTEST","server_name":"test","version":"2.14.0","proto":1,"go":"bun",' +
        '"host":"0.0.0.0","port":4222,"headers":true,"max_payload":1048576,"client_id":1,' +
        '"client_ip":"127.0.0.1"} \r\n',
    );
  });

  test("needs no CONNECT when nobody must authenticate, and is then verbose and pedantic", () => {
    const client = openRig(makeFabric).client();
    expect(client.say("PUB foo 3\r\nabc\r\nPING\r\n")).toBe("+OK\r\nPONG\r\n");
    expect(client.say("PUB a.*.c 1\r\nx\r\n")).toBe("-ERR 'Invalid Publish Subject'\r\n+OK\r\n");
  });

  test("with protocol 1 gets a second INFO behind the first PONG, once", () => {
    const rig = openRig(makeFabric);
    const client = connected(rig, { protocol: 1 });
    const said = client.say("PING\r\n");
    expect(said).toStartWith("PONG\r\nINFO {");
    expect(said).toContain('"connect_info":true,"remote_account":"$G"}');
    expect(client.say("PING\r\n")).toBe("PONG\r\n");
  });

  test("with protocol 0 gets no second INFO", () => {
    const client = connected(openRig(makeFabric));
    expect(client.say("PING\r\n")).toBe("PONG\r\n");
  });

  test("is told of a bad protocol number and closed", () => {
    const rig = openRig(makeFabric);
    const client = rig.client();
    expect(client.connect({ protocol: 5 })).toBe("-ERR 'invalid client protocol'\r\n");
    expect(client.socket.isShutDown).toBeTrue();
    expect(rig.broker.connections.closed().map((record) => record.reason)).toEqual([
      "Bad Client Protocol Version",
    ]);
  });

  test("may not want 503 without headers", () => {
    const client = openRig(makeFabric).client();
    expect(client.connect({ no_responders: true })).toBe(
      "-ERR 'no responders requires headers support'\r\n",
    );
    expect(client.socket.isShutDown).toBeTrue();
  });

  test("is closed without a word when CONNECT cannot be read", () => {
    const rig = openRig(makeFabric);
    const client = rig.client();
    expect(client.say("CONNECT {bad}\r\nPING\r\n")).toBe("");
    expect(client.socket.isShutDown).toBeTrue();
    expect(rig.broker.connections.closed()[0]?.reason).toBe("Protocol Violation");
  });

  test("may not choose an account in CONNECT", () => {
    const client = openRig(makeFabric).client();
    expect(client.connect({ account: "A" })).toBe("-ERR 'Authorization Violation'\r\n");
  });

  test("loses its subscriptions with a second CONNECT", () => {
    const rig = openRig(makeFabric);
    const client = connected(rig);
    client.say("SUB foo 1\r\n");
    expect(client.connect({ verbose: true })).toBe("+OK\r\n");
    expect(client.say("PUB foo 1\r\nx\r\nPING\r\n")).toBe("+OK\r\nPONG\r\n");
  });

  test("is closed for what is no op, with the reference's words", () => {
    const rig = openRig(makeFabric);
    const client = rig.client();
    expect(client.say("FOO\r\n")).toBe("-ERR 'Unknown Protocol Operation'\r\n");
    expect(client.socket.isShutDown).toBeTrue();
    expect(client.say("PING\r\n")).toBe("");
    expect(rig.log.has("Client parser ERROR")).toBeTrue();
  });

  test("is closed without a word for missing arguments", () => {
    for (const line of ["PUB foo\r\n", "PUB foo -1\r\n", "SUB foo\r\n", "HPUB foo 3 5\r\n"]) {
      const client = openRig(makeFabric).client();
      expect(client.say(line)).toBe("");
      expect(client.socket.isShutDown).toBeTrue();
    }
  });

  test("is closed for a payload or a line that is too long", () => {
    const rig = openRig(makeFabric);
    const big = rig.client();
    expect(big.say("PUB foo 9999999\r\n")).toBe("-ERR 'Maximum Payload Violation'\r\n");
    const long = rig.client();
    expect(long.say(`SUB ${"a".repeat(5000)} 1\r\n`)).toBe(
      "-ERR 'maximum control line exceeded'\r\n",
    );
    expect(rig.broker.connections.closed().map((record) => record.reason)).toEqual([
      "Maximum Message Payload Exceeded",
      "Maximum Control Line Exceeded",
    ]);
  });

  test("may say +OK and INFO, which mean nothing, but not -ERR", () => {
    const rig = openRig(makeFabric);
    const client = rig.client();
    expect(client.say("+OK\r\nINFO {}\r\nPING\r\n")).toBe("PONG\r\n");
    expect(client.say("-ERR 'x'\r\nPING\r\n")).toBe("");
    expect(client.socket.isShutDown).toBeTrue();
    expect(rig.broker.connections.closed()[0]?.reason).toBe("Parse Error");
  });

  test("is told of an invalid subject and stays", () => {
    const client = connected(openRig(makeFabric), { pedantic: true });
    expect(client.say("SUB foo..bar 1\r\nPING\r\n")).toBe("-ERR 'Invalid Subject'\r\nPONG\r\n");
  });

  test("may not join the server's own queue groups", () => {
    const client = connected(openRig(makeFabric));
    expect(client.say("SUB foo _sys_ 2\r\n")).toBe(
      `-ERR 'Permissions Violation for Subscription to "foo" using queue "_sys_"'\r\n`,
    );
  });

  test("may not use reserved replies and subjects", () => {
    const client = connected(openRig(makeFabric));
    expect(client.say("PUB foo _R_.x 1\r\nx\r\n")).toBe(
      `-ERR 'Permissions Violation for Publish with Reply of "_R_.x"'\r\n`,
    );
    expect(client.say("PUB $NRG.a 1\r\nx\r\n")).toBe(
      `-ERR 'Permissions Violation for Publish to "$NRG.a"'\r\n`,
    );
  });

  test("beyond its subscriptions is told so and stays", () => {
    const client = connected(openRig(makeFabric, { maxSubscriptions: 1 }));
    expect(client.say("SUB a 1\r\nSUB b 2\r\nPING\r\n")).toBe(
      "-ERR 'maximum subscriptions exceeded'\r\nPONG\r\n",
    );
  });

  test("may not subscribe to subjects of too many tokens", () => {
    const client = connected(openRig(makeFabric, { maxSubscriptionTokens: 2 }));
    expect(client.say("SUB a.b 1\r\nSUB a.b.c 2\r\n")).toBe(
      `-ERR 'Permissions Violation for Subscription to "a.b.c", too many tokens'\r\n`,
    );
  });

  test("beyond max_connections is greeted, told and closed", () => {
    const rig = openRig(makeFabric, { maxConnections: 1 });
    const first = rig.client();
    const second = rig.client();
    expect(second.info).toEndWith("\r\n-ERR 'maximum connections exceeded'\r\n");
    expect(second.socket.isShutDown).toBeTrue();
    expect(first.say("PING\r\n")).toBe("PONG\r\n");
    first.socket.hangUp();
    expect(rig.client().say("PING\r\n")).toBe("PONG\r\n");
  });

  test("inside the process has no address in its record", () => {
    const rig = openRig(makeFabric);
    rig.client("in-process");
    const [opened] = rig.broker.connections.open;
    expect(opened === undefined ? null : rig.broker.recordOf(opened).address).toBe("");
  });
});

describe.each(fabrics)("authentication over %s", (_name, makeFabric) => {
  test("is announced, and lets nothing but CONNECT through", () => {
    const rig = openRig(makeFabric, withUsers);
    const client = rig.client();
    expect(client.info).toContain('"auth_required":true');
    for (const text of ["PING\r\n", "PUB foo 1\r\nx\r\n", "XX\r\n"]) {
      expect(rig.client().say(text)).toBe("-ERR 'Authorization Violation'\r\n");
    }
  });

  test("refuses wrong passwords and unknown users alike", async () => {
    const rig = openRig(makeFabric, withUsers);
    for (const user of ["a", "zz"]) {
      const client = rig.client();
      const atOnce = client.connect({ user, pass: "no" });
      // An unknown user costs the dearest check there is.
      await rig.crypto.finishBcrypt();
      expect(atOnce + client.hear()).toBe("-ERR 'Authorization Violation'\r\n");
      expect(client.socket.isShutDown).toBeTrue();
      expect(rig.log.has(`authentication error - User "${user}"`)).toBeTrue();
    }
    expect(rig.broker.connections.closed().map(({ reason, user }) => [reason, user])).toEqual([
      ["Authentication Failure", "a"],
      ["Authentication Failure", "zz"],
    ]);
  });

  test("must come within the time for it", () => {
    const rig = openRig(makeFabric, withUsers);
    const client = rig.client();
    rig.time.advance(1900);
    expect(client.hear()).toBe("");
    rig.time.advance(200);
    expect(client.hear()).toBe("-ERR 'Authentication Timeout'\r\n");
    expect(rig.broker.connections.closed()[0]?.reason).toBe("Authentication Timeout");
  });

  test("with bcrypt holds what the client said meanwhile", async () => {
    const rig = openRig(makeFabric, withUsers);
    const client = rig.client();
    expect(client.connect({ user: "h", pass: slowPassword })).toBe("");
    expect(client.socket.isPaused).toBeTrue();
    expect(client.say("PI")).toBe("");
    expect(client.say("NG\r\n")).toBe("");
    await rig.crypto.finishBcrypt();
    expect(client.hear()).toBe("PONG\r\n");
    expect(client.socket.isPaused).toBeFalse();
  });

  test("with bcrypt takes what stood behind CONNECT in the same chunk", async () => {
    const rig = openRig(makeFabric, withUsers);
    const client = rig.client();
    const connect = `CONNECT ${JSON.stringify({ user: "h", pass: slowPassword, verbose: false })}\r\n`;
    expect(client.say(`${connect}PING\r\n`)).toBe("");
    await rig.crypto.finishBcrypt();
    expect(client.hear()).toBe("PONG\r\n");
  });

  test("with a wrong bcrypt password fails later", async () => {
    const rig = openRig(makeFabric, withUsers);
    const client = rig.client();
    client.connect({ user: "h", pass: "no" });
    await rig.crypto.finishBcrypt();
    expect(client.hear()).toBe("-ERR 'Authorization Violation'\r\n");
  });

  test("that ends after the client left harms nobody", async () => {
    const rig = openRig(makeFabric, withUsers);
    const client = rig.client();
    client.connect({ user: "h", pass: slowPassword });
    client.socket.hangUp();
    await rig.crypto.finishBcrypt();
    expect(rig.broker.connections.openCount).toBe(0);
  });

  test("is not needed for the no_auth_user, who may begin with anything", () => {
    const rig = openRig(makeFabric, { ...withUsers, noAuthUser: "b" });
    const client = rig.client();
    expect(client.info).not.toContain("auth_required");
    expect(client.say("PING\r\nPUB foo 1\r\nx\r\n")).toBe("PONG\r\n+OK\r\n");
    expect(rig.client().say("XX\r\n")).toBe("-ERR 'Unknown Protocol Operation'\r\n");
  });

  test("keeps who is connected when a second CONNECT names nobody", () => {
    const rig = openRig(makeFabric, withUsers);
    const client = rig.client();
    client.connect({ user: "b", pass: "pb" });
    expect(client.connect({ verbose: true })).toBe("+OK\r\n");
    expect(client.connect({ user: "b", pass: "bad" })).toBe("-ERR 'Authorization Violation'\r\n");
  });

  test("gives permissions, with the reference's words for what they refuse", () => {
    const rig = openRig(makeFabric, withUsers);
    const client = rig.client();
    client.connect({ user: "a", pass: "pa" });
    expect(client.say("SUB bar 1\r\n")).toBe(
      `-ERR 'Permissions Violation for Subscription to "bar"'\r\n`,
    );
    expect(client.say("SUB bar q1 2\r\nPING\r\n")).toBe("PONG\r\n");
    expect(client.say("SUB bar q2 3\r\n")).toBe(
      `-ERR 'Permissions Violation for Subscription to "bar" using queue "q2"'\r\n`,
    );
    expect(client.say('SUB "x 4\r\n')).toBe(
      `-ERR 'Permissions Violation for Subscription to "\\"x"'\r\n`,
    );
    expect(client.say("PUB x 1\r\nx\r\n")).toBe(
      `-ERR 'Permissions Violation for Publish to "x"'\r\n`,
    );
    expect(client.say("SUB foo 5\r\nUNSUB 5 1\r\nPUB foo 2\r\nab\r\nPUB foo 0\r\n\r\n")).toBe(
      "MSG foo 5 2\r\nab\r\n",
    );
    expect(rig.log.has('"$G/user:a" - Subscription Violation - Subject "bar", SID 1')).toBeTrue();
    expect(rig.log.has('Subscription Violation - Subject "bar", Queue: "q2", SID 3')).toBeTrue();
    expect(rig.log.has('Publish Violation - Subject "x"')).toBeTrue();
  });

  test("fails beyond the connections of the account", () => {
    const user = { nkey: null, allowedConnectionTypes: [], permissions: null };
    const account = {
      name: "A",
      nkey: null,
      users: [{ ...user, name: "u", password: "p" }],
      exports: [],
      imports: [],
      mappings: [],
      defaultPermissions: null,
      messageTrace: null,
      jetStream: null,
      limits: { ...noLimits, maxConnections: 1 },
    };
    const rig = openRig(makeFabric, { accounts: [account] });
    const first = rig.client();
    expect(first.connect({ user: "u", pass: "p" })).toBe("");
    expect(rig.client().connect({ user: "u", pass: "p" })).toBe(
      "-ERR 'maximum account active connections exceeded'\r\n",
    );
    first.socket.hangUp();
    expect(rig.client().connect({ user: "u", pass: "p" })).toBe("");
  });
});
