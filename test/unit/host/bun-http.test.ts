import { describe, expect, test } from "bun:test";
import { NetworkError } from "../../../src/base/server-error.ts";
import { BunHttp } from "../../../src/host/bun-http.ts";
import type { HttpRequest } from "../../../src/ports/http.ts";

const anyPort = { host: "127.0.0.1", port: 0 };

describe("HTTP", () => {
  test("hands over path, query and peer, and sends back what was answered", async () => {
    const seen: HttpRequest[] = [];
    using listener = new BunHttp().serve(anyPort, (request) => {
      seen.push(request);
      return {
        status: 404,
        contentType: "application/json",
        body: '{"a":1}',
        headers: { "access-control-allow-origin": "*" },
      };
    });
    const response = await fetch(
      `http://127.0.0.1:${listener.port}/a%20b/connz?sort=cid&limit=2&limit=3`,
    );
    expect(response.status).toBe(404);
    expect(response.headers.get("content-type")).toBe("application/json");
    expect(response.headers.get("access-control-allow-origin")).toBe("*");
    expect(await response.text()).toBe('{"a":1}');
    const [first] = seen;
    expect(first?.method).toBe("GET");
    expect(first?.path).toBe("/a b/connz");
    expect(first?.query.getAll("limit")).toEqual(["2", "3"]);
    expect(first?.remoteAddress).toBe("127.0.0.1");
  });

  test("reaches a listener on every address by IPv4, and shows the peer so", async () => {
    let remote = "";
    using listener = new BunHttp().serve({ host: "0.0.0.0", port: 0 }, (request) => {
      remote = request.remoteAddress;
      return { status: 200, contentType: "text/plain", body: "" };
    });
    expect(listener.host).toBe("0.0.0.0");
    await fetch(`http://127.0.0.1:${listener.port}/`);
    expect(remote).toBe("127.0.0.1");
  });

  test("a taken port is refused with a code and in the system's words", () => {
    const answer = () => ({ status: 200, contentType: "text/plain", body: "" });
    using first = new BunHttp().serve(anyPort, answer);
    let failure: unknown;
    try {
      new BunHttp().serve({ host: "127.0.0.1", port: first.port }, answer);
    } catch (thrown) {
      failure = thrown;
    }
    expect(failure).toBeInstanceOf(NetworkError);
    expect((failure as NetworkError).code).toBe("EADDRINUSE");
    expect((failure as NetworkError).message).toContain("address already in use");
  });
});
