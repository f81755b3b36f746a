import { describe, expect, test } from "bun:test";
import {
  defaultWebsocketOptions,
  type Options,
  type WebsocketOptions,
} from "../../../../src/config/options.ts";
import { configured, errorOf, messageOf, optionsOf } from "../loading.ts";

const enough = "port: 80, no_tls: true";
const plain = { ...defaultWebsocketOptions, host: "0.0.0.0", port: 80, noTls: true };

function websocketOf(block: string): Options["websocket"] {
  return optionsOf(`websocket { ${enough}, ${block} }`).websocket;
}

describe("the websocket block", () => {
  test("is off without a port, whatever else it says", () => {
    expect(optionsOf("debug: false").websocket).toBeNull();
    expect(optionsOf("websocket { same_origin: true }").websocket).toBeNull();
  });

  test("listens where it is told", () => {
    expect(optionsOf(`websocket { ${enough} }`).websocket).toEqual(plain);
    const elsewhere = { ...plain, host: "127.0.0.1", port: 0 };
    expect(optionsOf('ws { listen: "127.0.0.1:-1", no_tls: true }').websocket).toEqual(elsewhere);
    expect(optionsOf("ws { net: 127.0.0.1, port: -1, no_tls: true }").websocket).toEqual(elsewhere);
  });

  const keys: readonly (readonly [string, Partial<WebsocketOptions>])[] = [
    ['advertise: "a:1"', { advertise: "a:1" }],
    ["same_origin: true", { sameOrigin: true }],
    ['allowed_origins: "http://a"', { allowedOrigins: ["http://a"] }],
    ['origin: ["http://a", "https://b:9"]', { allowedOrigins: ["http://a", "https://b:9"] }],
    ["handshake_timeout: 5", { handshakeTimeoutMillis: 5000 }],
    ['handshake_timeout: "1.5s"', { handshakeTimeoutMillis: 1500 }],
    ["compression: true", { compression: true }],
    ["compress: true", { compression: true }],
    ["authorization { user: a, pass: b }", { user: "a", password: "b" }],
    ["authentication { token: t, timeout: 1.5 }", { token: "t", authTimeoutMillis: 1500 }],
    ["user_cookie: u, pass_cookie: p", { userCookie: "u", passwordCookie: "p" }],
    ["token_cookie: t", { tokenCookie: "t" }],
    ["headers { X-A: b, x-c: d }", { headers: { "X-A": "b", "x-c": "d" } }],
    ['ping_interval: "5s"', { pingIntervalMillis: 5000 }],
  ];
  test.each(keys)("%s is read", (block, change) => {
    expect(websocketOf(block)).toEqual({ ...plain, ...change });
  });

  const faults: readonly (readonly [string, string])[] = [
    ["websocket: 5", "t.conf:1:0: Expected websocket to be a map, got int64"],
    ["websocket { foo: 1 }", 't.conf:1:12: unknown field "foo"'],
    ["websocket { listen: a }", 't.conf:1:12: could not parse address string "a"'],
    [
      "websocket { no_tls: 1 }",
      "t.conf:1:12: interface conversion: interface {} is int64, not bool",
    ],
    [
      "websocket { origins: [5] }",
      "t.conf:1:22: error parsing allowed origins: unsupported type in array int64",
    ],
    [
      "websocket { origins: 5 }",
      "t.conf:1:12: error parsing allowed origins: unsupported type int64",
    ],
    [
      "websocket { handshake_timeout: true }",
      "t.conf:1:12: error parsing handshake timeout: unsupported type bool",
    ],
    ["websocket { handshake_timeout: 5x }", 't.conf:1:12: time: unknown unit "x" in duration "5x"'],
    ["websocket { headers: 5 }", "t.conf:1:12: error parsing headers: unsupported type int64"],
    [
      "websocket { headers { a: 5 } }",
      "t.conf:1:22: error parsing header key a: unsupported type int64",
    ],
    ["websocket { authorization { users: [] } }", 't.conf:1:28: unknown field "users"'],
    ["websocket { tls { cert_file: x } }", 't.conf:1:12: "tls" is not supported yet'],
  ];
  test.each(faults)("%j is refused", (text, reason) => {
    expect(errorOf(text)).toBe(reason);
  });
});

describe("the websocket block together with the rest", () => {
  const users = "authorization { users: [{user: a, password: a}] }";
  const faults: readonly (readonly [string, string, string])[] = [
    ["websocket { port: 80 }", "", "websocket requires TLS configuration"],
    [
      `websocket { ${enough}, origin: "/x" }`,
      "",
      'unable to parse allowed origin: parse "/x": invalid URI for request',
    ],
    [
      `websocket { ${enough}, origin: "ftp://a" }`,
      "",
      'unable to parse allowed origin "ftp://a": allowed origins must be absolute URLs with http or https scheme',
    ],
    [
      `websocket { ${enough}, origin: "http://" }`,
      "",
      'unable to parse allowed origin "http://": host is required',
    ],
    [
      `websocket { ${enough}, no_auth_user: a }`,
      "",
      'no_auth_user: "a" present, but users/nkeys are not defined',
    ],
    [
      `websocket { ${enough}, no_auth_user: b }`,
      users,
      'no_auth_user: "b" not present as user or nkey in authorization block or account configuration',
    ],
    [
      `websocket { ${enough}, authorization { user: x } }`,
      users,
      "websocket authentication username not compatible with presence of users/nkeys",
    ],
    [
      `websocket { ${enough}, authorization { token: x } }`,
      users,
      "websocket authentication token not compatible with presence of users/nkeys",
    ],
    [
      `websocket { ${enough}, jwt_cookie: j }`,
      "",
      'trusted operators or trusted keys configuration is required for JWT authentication via cookie "j"',
    ],
    [
      `websocket { ${enough}, headers { Host: b } }`,
      "",
      'websocket: invalid header "Host" not allowed',
    ],
    [
      `websocket { ${enough}, headers { Sec-WebSocket-X: b } }`,
      "",
      'websocket: invalid header "Sec-WebSocket-X", "Sec-WebSocket-" prefix not allowed',
    ],
  ];
  test.each(faults)("%s with %j is refused", (block, rest, reason) => {
    expect(messageOf(() => configured(`${block}\n${rest}`))).toBe(reason);
  });

  test("may name one of the users for those who give no credentials", () => {
    const text = `websocket { ${enough}, no_auth_user: a }\n${users}`;
    expect(messageOf(() => configured(text))).toBe("");
  });
});
