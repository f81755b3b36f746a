// NATS behind websockets, as the official client and as raw peers see it, beside clients on plain TCP.

import { describe, expect, test } from "bun:test";
import { headers, wsconnect } from "@nats-io/nats-core";
import { connect, type Msg, type NatsConnection } from "@nats-io/transport-node";
import { RawClient } from "../support/raw-client.ts";
import { frame, handshake, opcode, RawWebsocket } from "../support/raw-websocket.ts";
import { ServerProcess, type StartOptions } from "../support/server-process.ts";
import { waitUntil, within } from "../support/wait-until.ts";

interface Wanted {
  /** More keys of the websocket block. */
  readonly block?: string;
  /** More of the configuration. */
  readonly rest?: string;
  readonly options?: StartOptions;
}

function start({ block = "", rest = "", options = {} }: Wanted = {}): Promise<ServerProcess> {
  const config = `websocket { listen: "127.0.0.1:-1", no_tls: true ${block} }\n${rest}`;
  return ServerProcess.start({ monitoring: true, ...options, config });
}

function dial(
  server: ServerProcess,
  more: Readonly<Record<string, unknown>> = {},
): Promise<NatsConnection> {
  return wsconnect({ servers: server.websocketUrl, ...more });
}

async function closedReasons(server: ServerProcess): Promise<readonly unknown[]> {
  const page = (await server.page("/connz?state=closed")) as {
    connections: readonly { type: string; reason: string }[];
  };
  return page.connections.map(({ type, reason }) => [type, reason]);
}

const plainConnect = 'CONNECT {"verbose":false}\r\n';

describe("the official client", () => {
  test("publishes to others and itself, across both kinds of connections", async () => {
    await using server = await start();
    const near = await dial(server);
    const far = await connect({ servers: server.url });
    const heard: string[] = [];
    const note =
      (who: string) =>
      (_: Error | null, message: Msg): void => {
        heard.push(`${who} ${message.subject} ${message.string()}`);
      };
    near.subscribe("news.*", { callback: note("near") });
    far.subscribe("news.>", { callback: note("far") });
    await Promise.all([near.flush(), far.flush()]);
    near.publish("news.a", "one");
    await near.flush();
    far.publish("news.b", "two");
    await waitUntil("four deliveries", () => heard.length === 4);
    expect(heard.toSorted()).toEqual([
      "far news.a one",
      "far news.b two",
      "near news.a one",
      "near news.b two",
    ]);
    await Promise.all([near.close(), far.close()]);
  });

  test("asks, answers, and hears that nobody does; headers come along", async () => {
    await using server = await start();
    const near = await dial(server);
    const far = await connect({ servers: server.url });
    far.subscribe("service", {
      callback: (_, message) => {
        const reply = headers();
        reply.set("Echo", message.headers?.get("Question") ?? "");
        message.respond(message.data, { headers: reply });
      },
    });
    await far.flush();
    const question = headers();
    question.set("Question", "why?");
    const answer = await near.request("service", "hello", { headers: question, timeout: 3000 });
    expect([answer.string(), answer.headers?.get("Echo")]).toEqual(["hello", "why?"]);
    await expect(near.request("nobody", "hello", { timeout: 3000 })).rejects.toThrow(
      "no responders",
    );
    await Promise.all([near.close(), far.close()]);
  });

  test("sends and gets the largest messages, byte for byte", async () => {
    await using server = await start({ rest: "max_payload: 8MB\nmax_pending: 64MB" });
    const near = await dial(server);
    const body = new Uint8Array(8 * 1024 * 1024).map((_, at) => (at * 31) & 255);
    const sizes = [0, 1, 125, 126, 4096, 65_535, 65_536, 1_000_000, body.length];
    const got: Uint8Array[] = [];
    near.subscribe("large", { callback: (_, message) => void got.push(message.data) });
    for (const size of sizes) {
      near.publish("large", body.subarray(0, size));
    }
    await near.flush();
    await waitUntil("all", () => got.length === sizes.length, 10_000);
    expect(got.map((data) => data.length)).toEqual(sizes);
    expect(got.every((data) => Buffer.compare(data, body.subarray(0, data.length)) === 0)).toBe(
      true,
    );
    await near.close();
  });

  test("is told where websockets are listened for", async () => {
    await using server = await start();
    const near = await dial(server);
    expect(near.info).toMatchObject({
      host: "127.0.0.1",
      port: server.websocketPort,
      client_ip: "127.0.0.1",
      connect_info: true,
    });
    expect(near.info?.connect_urls).toBeUndefined();
    await near.close();
  });

  test("shows as a websocket client on the pages", async () => {
    await using server = await start();
    const near = await dial(server, { name: "near" });
    await near.flush();
    const { connections } = (await server.page("/connz")) as { connections: unknown };
    expect(connections).toMatchObject([{ type: "websocket", kind: "Client", name: "near" }]);
    const { websocket } = await server.page("/varz");
    expect(websocket).toEqual({ host: "127.0.0.1", port: server.websocketPort, no_tls: true });
    await near.close();
    await waitUntil("its end", async () => (await closedReasons(server)).length === 1);
    expect(await closedReasons(server)).toEqual([["websocket", "Client Closed"]]);
  });

  test("speaks compressed when both sides want that", async () => {
    await using server = await start({ block: ", compression: true" });
    const near = await dial(server);
    const text = "compress me ".repeat(10_000);
    const answer = within("the echo", echoed(near, text));
    expect(await answer).toBe(text);
    await near.close();
  });
});

async function echoed(connection: NatsConnection, text: string): Promise<string> {
  const subscription = connection.subscribe("echo", { max: 1 });
  connection.publish("echo", text);
  for await (const message of subscription) {
    return message.string();
  }
  return "";
}

describe("who a client is", () => {
  const users = `authorization { users: [
    {user: ann, password: secret}
    {user: web, password: web, allowed_connection_types: [WEBSOCKET]}
    {user: std, password: std, allowed_connection_types: [STANDARD]}
  ] }`;

  async function userOf(
    server: ServerProcess,
    cookie: string,
    connectText: string,
  ): Promise<string> {
    const upgrade = handshake(cookie === "" ? {} : { cookie });
    using peer = await RawWebsocket.request(server.websocketPort, upgrade);
    peer.say(`CONNECT ${connectText}\r\nPING\r\n`);
    await waitUntil("an answer", () => /PONG|-ERR/.test(peer.text));
    if (peer.text.includes("-ERR")) {
      expect(await peer.untilClosed()).toBe("1008 Authentication Failure");
      return "refused";
    }
    const page = (await server.page("/connz?auth=1")) as {
      connections: readonly { authorized_user?: string }[];
    };
    return page.connections.map((one) => one.authorized_user ?? "").join();
  }

  test("may stand in cookies, for what CONNECT leaves out", async () => {
    await using server = await start({ block: ", user_cookie: u, pass_cookie: p", rest: users });
    const cases: readonly (readonly [string, string, string])[] = [
      ["u=ann; p=secret", "{}", "ann"],
      ['x=y; u="ann"; p="secret"', "{}", "ann"],
      ["u=ann; p=wrong", "{}", "refused"],
      ["", "{}", "refused"],
      ["u=ann; p=secret", '{"user":"web","pass":"web"}', "web"],
      ["u=ann; p=secret", '{"pass":"wrong"}', "refused"],
    ];
    for (const [cookie, text, who] of cases) {
      expect(await userOf(server, cookie, text), `${cookie} ${text}`).toBe(who);
      await waitUntil(
        "its end",
        async () => (await server.page("/connz"))["num_connections"] === 0,
      );
    }
  });

  test("is known to the official client's connection by its cookies too", async () => {
    await using server = await start({ block: ", user_cookie: u, pass_cookie: p", rest: users });
    const withCookie = (cookie: string): Promise<NatsConnection> =>
      dial(server, {
        reconnect: false,
        wsFactory: async (url: string) => ({
          socket: new WebSocket(url, { headers: { cookie } }),
          encrypted: false,
        }),
      });
    const near = await withCookie("u=ann; p=secret");
    expect((await server.page("/connz?auth=1"))["connections"]).toMatchObject([
      { type: "websocket", authorized_user: "ann" },
    ]);
    await near.close();
    await expect(withCookie("u=ann; p=wrong")).rejects.toThrow("Authorization Violation");
  });

  test("may be a token in a cookie", async () => {
    const rest = "authorization { token: letmein }";
    await using server = await start({ block: ", token_cookie: t", rest });
    expect(await userOf(server, "t=letmein", "{}")).not.toBe("refused");
    expect(await userOf(server, "t=wrong", "{}")).toBe("refused");
  });

  test("holds for the kinds of connections that the user may use", async () => {
    await using server = await start({ rest: users });
    const near = await dial(server, { user: "web", pass: "web", reconnect: false });
    await near.close();
    await expect(dial(server, { user: "std", pass: "std", reconnect: false })).rejects.toThrow();
    const tcp = { servers: server.url, reconnect: false };
    await expect(connect({ ...tcp, user: "web", pass: "web" })).rejects.toThrow();
    const far = await connect({ ...tcp, user: "std", pass: "std" });
    await far.close();
  });

  test("is asked by the block's own secrets if it has any", async () => {
    await using server = await start({
      block: ", authorization { user: x, pass: y, timeout: 0.2 }",
    });
    const far = await connect({ servers: server.url });
    expect(far.info?.auth_required ?? false).toBe(false);
    await expect(dial(server, { reconnect: false })).rejects.toThrow();
    const near = await dial(server, { user: "x", pass: "y" });
    using silent = await RawWebsocket.request(server.websocketPort);
    expect(await silent.untilClosed()).toBe("1008 Authentication Timeout");
    expect(silent.text).toContain('"auth_required":true');
    expect(silent.text).toEndWith("-ERR 'Authentication Timeout'\r\n");
    await Promise.all([near.close(), far.close()]);
  });

  test("is the block's no_auth_user without credentials", async () => {
    await using server = await start({ block: ", no_auth_user: web", rest: users });
    expect(await userOf(server, "", "{}")).toBe("web");
    using tcp = await RawClient.open(server.port, null);
    tcp.send("CONNECT {}\r\n");
    expect(await tcp.untilClosed()).toContain("Authorization Violation");
  });
});

describe("who may connect", () => {
  test("is decided by origin, and a refusal is logged", async () => {
    await using server = await start({
      block: ', same_origin: false, allowed_origins: ["http://good.example"]',
    });
    const good = await RawWebsocket.request(
      server.websocketPort,
      handshake({ origin: "http://good.example" }),
    );
    expect(good.isUpgraded).toBe(true);
    good[Symbol.dispose]();
    using bad = await RawWebsocket.request(
      server.websocketPort,
      handshake({ origin: "http://evil.example" }),
    );
    expect(bad.head).toStartWith("http/1.1 403 forbidden");
    expect(bad.head).toContain("sec-websocket-version: 13");
    await waitUntil("the body", () => bad.body === "Forbidden\n");
    expect(server.log()).toContain(
      "websocket handshake error: origin not allowed: not in the allowed list",
    );
  });

  test("is not a leafnode nor MQTT, yet", async () => {
    await using server = await start();
    const rows = [
      ["/leafnode", "http/1.1 501 not implemented"],
      ["/mqtt", "http/1.1 404 not found"],
    ] as const;
    for (const [path, status] of rows) {
      using peer = await RawWebsocket.request(server.websocketPort, handshake({}, path));
      expect(peer.head).toStartWith(status);
    }
    expect(server.log()).toContain("leafnode connections are not supported yet");
    expect(server.log()).toContain("mqtt is not supported yet");
  });

  test("gets the headers of the configuration", async () => {
    await using server = await start({ block: ", headers { X-Frame: deny, Set-Cookie: a }" });
    using peer = await RawWebsocket.request(server.websocketPort);
    expect(peer.head).toContain("x-frame: deny\r\n");
    expect(peer.head).toContain("set-cookie: a\r\n");
  });

  test("may come by a proxy that tells for whom; log lines say it", async () => {
    await using server = await start({ options: { flags: ["-D"] } });
    const forwarded = handshake({ "x-forwarded-for": "10.1.2.3" });
    using peer = await RawWebsocket.request(server.websocketPort, forwarded);
    await peer.until("INFO");
    expect(server.log()).toMatch(
      /10\.1\.2\.3\/127\.0\.0\.1:\d+ - wid:1 - Client connection created/,
    );
  });
});

describe("frames", () => {
  test("of text, in pieces, and cut anywhere are all one stream", async () => {
    await using server = await start();
    using peer = await RawWebsocket.request(server.websocketPort);
    peer.send(frame(opcode.text, plainConnect), frame(opcode.text, "SUB a 1\r\nPUB a 5\r\nhe"));
    peer.send(
      frame(opcode.binary, "ll", { isFinal: false }),
      frame(opcode.continuation, "o\r\nPI"),
      frame(opcode.binary, "NG\r\n"),
    );
    await peer.until("PONG\r\n");
    expect(peer.text).toEndWith("MSG a 1 5\r\nhello\r\nPONG\r\n");
  });

  test("that break the rules end the connection with the reason", async () => {
    await using server = await start();
    using peer = await RawWebsocket.request(server.websocketPort);
    peer.send(frame(opcode.binary, "PING\r\n", { isMasked: false }));
    expect(await peer.untilClosed()).toStartWith("1002 ");
    expect(await closedReasons(server)).toEqual([["websocket", "Read Error"]]);
    expect(server.log()).toMatch(/wid:1 - read error: /);
  });

  test("with what is no NATS end it too, behind the error", async () => {
    await using server = await start({ rest: "max_payload: 1000" });
    const cases: readonly (readonly [string, string, string])[] = [
      ["FOO\r\n", "-ERR 'Unknown Protocol Operation'\r\n", "1002"],
      ["PUB a 1001\r\n", "-ERR 'Maximum Payload Violation'\r\n", "1009"],
    ];
    for (const [text, error, code] of cases) {
      using peer = await RawWebsocket.request(server.websocketPort);
      peer.say(plainConnect);
      peer.say(text);
      expect(await peer.untilClosed()).toStartWith(code);
      expect(peer.text).toEndWith(error);
    }
  });

  test("wait for a peer that does not read, until it is too slow", async () => {
    await using server = await start({ rest: "max_pending: 4MB\nmax_payload: 1MB" });
    using peer = await RawWebsocket.request(server.websocketPort);
    peer.say(`${plainConnect}SUB flood 1\r\nPING\r\n`);
    await peer.until("PONG\r\n");
    const before = peer.text.length;
    peer.stopReading();
    const far = await connect({ servers: server.url });
    const body = new Uint8Array(100_000).fill(120);
    const one = "MSG flood 1 100000\r\n".length + body.length + 2;
    for (let count = 0; count < 30; count++) {
      far.publish("flood", body);
    }
    await far.flush();
    peer.readAgain();
    await waitUntil("all that waited", () => peer.text.length === before + 30 * one);
    peer.stopReading();
    await waitUntil("a slow consumer", async () => {
      far.publish("flood", body);
      await far.flush();
      return (await closedReasons(server)).length === 1;
    });
    expect(await closedReasons(server)).toEqual([["websocket", "Slow Consumer (Pending Bytes)"]]);
    await far.close();
  });
});

describe("keeping alive", () => {
  test("pings in the block's own interval, and ends who never answers", async () => {
    await using server = await start({ block: ', ping_interval: "100ms"', rest: "ping_max: 2" });
    using tcp = await RawClient.open(server.port);
    using peer = await RawWebsocket.request(server.websocketPort);
    peer.say(plainConnect);
    expect(await peer.untilClosed()).toBe("1001 Stale Connection");
    expect(peer.text).toEndWith("PING\r\nPING\r\n-ERR 'Stale Connection'\r\n");
    expect(tcp.received).toBe("");
  });
});

describe("the end of the server", () => {
  test("in lame duck mode: nobody new, the others are told, then closed", async () => {
    await using server = await start({
      rest: 'lame_duck_duration: "30s"\nlame_duck_grace_period: "100ms"',
    });
    using peer = await RawWebsocket.request(server.websocketPort);
    peer.say('CONNECT {"verbose":false,"protocol":1}\r\nPING\r\n');
    await peer.until("PONG\r\n");
    server.signal("SIGUSR2");
    await peer.until('"ldm":true');
    await expect(dial(server, { reconnect: false })).rejects.toThrow();
    expect(await peer.untilClosed()).toBe("1001 Server Shutdown");
    expect(await server.exited()).toBe(0);
  });

  test("by a signal closes websockets with the reason", async () => {
    await using server = await start();
    using peer = await RawWebsocket.request(server.websocketPort);
    peer.say(`${plainConnect}PING\r\n`);
    await peer.until("PONG\r\n");
    server.signal("SIGTERM");
    expect(await peer.untilClosed()).toBe("1001 Server Shutdown");
    expect(await server.exited()).toBe(0);
  });

  test("by force is survived by a client that reconnects to the next", async () => {
    const first = await start();
    const port = first.websocketPort;
    const near = await dial(first, { reconnectTimeWait: 50, maxReconnectAttempts: -1 });
    const kinds: string[] = [];
    void (async (): Promise<void> => {
      for await (const status of near.status()) {
        kinds.push(status.type);
      }
    })();
    const heard: string[] = [];
    near.subscribe("after", { callback: (_, message) => void heard.push(message.string()) });
    await near.flush();
    first.signal("SIGKILL");
    await waitUntil("the disconnect", () => kinds.includes("disconnect"));
    await first[Symbol.asyncDispose]();
    await using second = await ServerProcess.start({
      config: `websocket { listen: "127.0.0.1:${port}", no_tls: true }`,
    });
    await waitUntil("the reconnect", () => kinds.includes("reconnect"), 8000);
    const far = await connect({ servers: second.url });
    far.publish("after", "again");
    await waitUntil("the message", () => heard.length === 1);
    await Promise.all([near.close(), far.close()]);
  }, 20_000);
});

describe("leafnodes", () => {
  test("are refused with a word, and nobody is told they would work", async () => {
    await using server = await start({ rest: 'leafnodes { listen: "127.0.0.1:-1" }' });
    const port = /Listening for leafnode connections on 127\.0\.0\.1:(\d+)/.exec(server.log())?.[1];
    expect(server.log()).toContain(
      `[WRN] Leafnodes are not supported yet: connections to 127.0.0.1:${port} are refused`,
    );
    let text = "";
    const closed = Promise.withResolvers<void>();
    const socket = await Bun.connect({
      hostname: "127.0.0.1",
      port: Number(port),
      socket: {
        data: (_, chunk) => {
          text += chunk.toString();
        },
        close: () => closed.resolve(),
      },
    });
    socket.write("CONNECT {}\r\nPING\r\n");
    await within("the end", closed.promise);
    expect(text).toBe("-ERR 'leafnode connections are not supported yet'\r\n");
  });
});
