import { describe, expect, test } from "bun:test";
import type { UpgradeRequest } from "../../../src/ports/websocket.ts";
import { cookieValues, judgeUpgrade, type UpgradeRules } from "../../../src/websocket/upgrade.ts";

const right: Readonly<Record<string, string>> = {
  host: "nats.example:8080",
  upgrade: "websocket",
  connection: "Upgrade",
  "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
  "sec-websocket-version": "13",
};

const open: UpgradeRules = {
  sameOrigin: false,
  allowedOrigins: [],
  jwtCookie: null,
  userCookie: null,
  passwordCookie: null,
  tokenCookie: null,
};

interface Asked {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string | null>>;
}

function request({ method = "GET", path = "/", headers = {} }: Asked): UpgradeRequest {
  const all = new Map<string, string | null>(Object.entries({ ...right, ...headers }));
  return {
    method,
    path,
    remoteAddress: "127.0.0.1",
    remotePort: 40_000,
    header: (name) => all.get(name.toLowerCase()) ?? null,
  };
}

/** "accepted", or status and reason. */
function verdictOn(asked: Asked, rules: UpgradeRules = open): string {
  const verdict = judgeUpgrade(request(asked), rules);
  return verdict.kind === "refused" ? `${verdict.status} ${verdict.reason}` : verdict.kind;
}

describe("the handshake", () => {
  const rows: readonly (readonly [string, Asked, string])[] = [
    ["as browsers send it", {}, "accepted"],
    ["on any path", { path: "/any/where" }, "accepted"],
    ["with tokens among others", { headers: { upgrade: "h2c, WebSocket" } }, "accepted"],
    ["that keeps alive too", { headers: { connection: "keep-alive, upgrade" } }, "accepted"],
    ["by POST", { method: "POST" }, "405 request method must be GET"],
    ["without host", { headers: { host: null } }, "400 'Host' missing in request"],
    ["without upgrade", { headers: { upgrade: null } }, "400 invalid value for header 'Upgrade'"],
    ["to HTTP 2", { headers: { upgrade: "h2c" } }, "400 invalid value for header 'Upgrade'"],
    [
      "of a connection that stays",
      { headers: { connection: "keep-alive" } },
      "400 invalid value for header 'Connection'",
    ],
    ["without key", { headers: { "sec-websocket-key": null } }, "400 key missing"],
    ["with a short key", { headers: { "sec-websocket-key": "YWJj" } }, "400 invalid websocket key"],
    [
      "with a key that is not base64",
      { headers: { "sec-websocket-key": "????????????????????????" } },
      "400 invalid websocket key",
    ],
    ["of an old version", { headers: { "sec-websocket-version": "8" } }, "400 invalid version"],
    ["without version", { headers: { "sec-websocket-version": null } }, "400 invalid version"],
    ["for a leafnode", { path: "/leafnode" }, "501 leafnode connections are not supported yet"],
    [
      "for a leafnode below",
      { path: "/a/leafnode" },
      "501 leafnode connections are not supported yet",
    ],
    ["for MQTT", { path: "/mqtt" }, "404 mqtt is not supported yet"],
  ];
  test.each(rows)("%s", (_, asked, verdict) => {
    expect(verdictOn(asked)).toBe(verdict);
  });
});

describe("origins", () => {
  const from = (origin: string, name = "origin"): Asked => ({ headers: { [name]: origin } });

  test("count only where something is asked of them", () => {
    expect(verdictOn(from("http://evil.example"))).toBe("accepted");
  });

  const same = { ...open, sameOrigin: true };
  const sameRows: readonly (readonly [string, string])[] = [
    ["http://nats.example:8080", "accepted"],
    ["HTTP://NATS.example:8080", "accepted"],
    ["https://nats.example:8080", "403 origin not allowed: not same origin"],
    ["http://nats.example", "403 origin not allowed: not same origin"],
    ["http://other.example:8080", "403 origin not allowed: not same origin"],
    ["null", '403 origin not allowed: parse "null": invalid URI for request'],
  ];
  test.each(sameRows)("the same one is wanted: %s", (origin, verdict) => {
    expect(verdictOn(from(origin), same)).toBe(verdict);
    expect(verdictOn(from(origin, "sec-websocket-origin"), same)).toBe(verdict);
  });

  test("a port that is not written is the scheme's own", () => {
    const asked = { headers: { host: "nats.example", origin: "http://nats.example:80" } };
    expect(verdictOn(asked, same)).toBe("accepted");
  });

  const listed = { ...open, allowedOrigins: ["http://a.example", "https://b.example:99"] };
  const listRows: readonly (readonly [string, string])[] = [
    ["http://a.example", "accepted"],
    ["http://a.example:80", "accepted"],
    ["https://b.example:99", "accepted"],
    ["https://a.example", "403 origin not allowed: not in the allowed list"],
    ["http://a.example:8080", "403 origin not allowed: not in the allowed list"],
    ["https://b.example", "403 origin not allowed: not in the allowed list"],
    ["http://nats.example:8080", "403 origin not allowed: not in the allowed list"],
  ];
  test.each(listRows)("a list is given: %s", (origin, verdict) => {
    expect(verdictOn(from(origin), listed)).toBe(verdict);
  });

  test("both rules must be met", () => {
    const both = { ...listed, sameOrigin: true };
    expect(verdictOn(from("http://a.example"), both)).toStartWith("403");
    expect(verdictOn(from("http://nats.example:8080"), both)).toStartWith("403");
    const asked = { headers: { host: "a.example", origin: "http://a.example" } };
    expect(verdictOn(asked, both)).toBe("accepted");
  });

  test("who names none is no page, and passes", () => {
    expect(verdictOn({}, same)).toBe("accepted");
    expect(verdictOn({}, listed)).toBe("accepted");
  });
});

describe("cookies", () => {
  const rules: UpgradeRules = {
    ...open,
    jwtCookie: "j",
    userCookie: "u",
    passwordCookie: "p",
    tokenCookie: "t",
  };

  test("give credentials under the names of the configuration", () => {
    const verdict = judgeUpgrade(
      request({ headers: { cookie: 'theme=dark; u=ann; p="secret"; t=tok=en; j=eyJ.x.y' } }),
      rules,
    );
    expect(verdict).toMatchObject({
      credentials: { jwt: "eyJ.x.y", user: "ann", password: "secret", token: "tok=en" },
    });
  });

  test("mean nothing where no name is configured, nor where none are sent", () => {
    const nothing = { jwt: "", user: "", password: "", token: "" };
    const cookie = "u=ann; p=secret; null=x";
    expect(judgeUpgrade(request({ headers: { cookie } }), open)).toMatchObject({
      credentials: nothing,
    });
    expect(judgeUpgrade(request({}), rules)).toMatchObject({ credentials: nothing });
  });

  test("of one name: the last counts", () => {
    expect(cookieValues("a=1; b=2; a=3").get("a")).toBe("3");
  });

  test("without a value or a name are passed over", () => {
    expect([...cookieValues("; =x; lonely; a=; b = c ;")]).toEqual([
      ["a", ""],
      ["b ", " c"],
    ]);
  });
});

describe("what else the request says of the client", () => {
  const forwarded = (address: string): unknown => {
    const verdict = judgeUpgrade(request({ headers: { "x-forwarded-for": address } }), open);
    return verdict.kind === "accepted" ? verdict.forwardedAddress : verdict;
  };

  test("a proxy may tell one address", () => {
    expect(forwarded("10.1.2.3")).toBe("10.1.2.3");
    expect(forwarded("fe80::1")).toBe("fe80::1");
    expect(forwarded("::ffff:10.1.2.3")).toBe("::ffff:10.1.2.3");
  });

  test("anything else than one address is not taken", () => {
    for (const text of ["", "10.1.2.3, 10.4.5.6", "ann", "10.1.2.3:80", "1.2.3", "999.1.2.3"]) {
      expect(forwarded(text), text).toBe("");
    }
  });

  test("browsers are known by their name", () => {
    const isBrowser = (agent: string): unknown => {
      const verdict = judgeUpgrade(request({ headers: { "user-agent": agent } }), open);
      return verdict.kind === "accepted" && verdict.isBrowser;
    };
    expect(isBrowser("Mozilla/5.0 (X11; Linux x86_64)")).toBe(true);
    expect(isBrowser("Bun/1.4.5")).toBe(false);
  });
});
