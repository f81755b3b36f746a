import { describe, expect, test } from "bun:test";
import { splitHostPort } from "../../../../src/config/sections/listen.ts";
import { errorOf, optionsOf } from "../loading.ts";

describe("where to listen", () => {
  const clients: readonly (readonly [string, string, number])[] = [
    ["debug: false", "0.0.0.0", 4222],
    ["port: 4333", "0.0.0.0", 4333],
    ["port: -1", "0.0.0.0", 0],
    ["port: 0", "0.0.0.0", 4222],
    ["host: localhost", "localhost", 4222],
    ["net: 127.0.0.1, port: 1", "127.0.0.1", 1],
    ["listen: 4333", "0.0.0.0", 4333],
    ["listen: 127.0.0.1:4333", "127.0.0.1", 4333],
    ["listen: localhost:-1", "localhost", 0],
    ['listen: "[::1]:4333"', "::1", 4333],
    ['listen: ":4333"', "0.0.0.0", 4333],
  ];
  test.each(clients)("%j is %s and %d for clients", (text, host, port) => {
    expect(optionsOf(text).client).toEqual({ host, port });
  });

  const monitors: readonly (readonly [string, unknown])[] = [
    ["port: 1", null],
    ["http: 8222", { host: "0.0.0.0", port: 8222 }],
    ["http_port: 8222, host: 127.0.0.1", { host: "127.0.0.1", port: 8222 }],
    ["monitor_port: 8222", { host: "0.0.0.0", port: 8222 }],
    ["http: 127.0.0.1:-1", { host: "127.0.0.1", port: 0 }],
    ["http_port: 0", null],
  ];
  test.each(monitors)("%j is %j for monitoring", (text, http) => {
    expect(optionsOf(text).http as unknown).toEqual(http);
  });

  test("monitoring follows the client host only when it has none of its own", () => {
    expect(optionsOf("http: 8222").httpFollowsClientHost).toBe(true);
    expect(optionsOf("http: 0.0.0.0:8222").httpFollowsClientHost).toBe(false);
  });

  const faults: readonly (readonly [string, string])[] = [
    ["listen: foo", 'could not parse address string "foo"'],
    ['listen: "::1:99"', 'could not parse address string "::1:99"'],
    ["listen: a:b", 'could not parse port "b"'],
    ["listen: true", "expected port or host:port, got bool"],
    ['port: "a"', "interface conversion: interface {} is string, not int64"],
  ];
  test.each(faults)("%j is refused", (text, reason) => {
    expect(errorOf(text)).toBe(`t.conf:1:0: ${reason}`);
  });

  test("a host and a port part at the last colon, brackets around a host with colons", () => {
    expect(splitHostPort("a:1")).toEqual({ host: "a", port: "1" });
    expect(splitHostPort("[::1]:1")).toEqual({ host: "::1", port: "1" });
    expect(splitHostPort("a")).toBeNull();
    expect(splitHostPort("[::1]")).toBeNull();
  });

  test("files and advertised address are taken; an empty text is none", () => {
    const options = optionsOf(
      'pid_file: p, ports_file_dir: d, client_advertise: "h:1", http_base_path: /x, proxy_protocol: true',
    );
    expect(options.pidFile).toBe("p");
    expect(options.portsFileDir).toBe("d");
    expect(options.clientAdvertise).toBe("h:1");
    expect(options.httpBasePath).toBe("/x");
    expect(options.proxyProtocol).toBe(true);
    expect(optionsOf('pidfile: ""').pidFile).toBeNull();
  });
});
