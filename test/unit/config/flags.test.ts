import { describe, expect, test } from "bun:test";
import { applyFlags, type Flags, flagDefinitions } from "../../../src/config/flags.ts";
import { defaultOptions } from "../../../src/config/options.ts";
import { configured, messageOf } from "./loading.ts";

describe("the command line", () => {
  test("overrides the file, and leaves alone what it does not name", () => {
    const options = configured(
      "port: 4333, host: 127.0.0.1, debug: true, log_file: f, server_name: a, max_payload: 5",
      { port: 4444, debug: false, serverName: "b" },
    );
    expect(options.client).toEqual({ host: "127.0.0.1", port: 4444 });
    expect(options.log.isDebug).toBe(false);
    expect(options.log.file).toBe("f");
    expect(options.serverName).toBe("b");
    expect(options.maxPayload).toBe(5);
  });

  test("sets every field it has a flag for", () => {
    const flags: Flags = {
      host: "h",
      port: 1,
      serverName: "n",
      clientAdvertise: "c",
      httpPort: 2,
      user: "u",
      password: "p",
      token: "t",
      debug: true,
      trace: true,
      traceVerbose: true,
      logTime: false,
      logTimeUtc: true,
      logFile: "f",
      logSizeLimit: 3,
      maxTracedMessageLength: 4,
      pidFile: "i",
      portsFileDir: "d",
      clusterName: "k",
    };
    const options = applyFlags(defaultOptions, flags);
    expect(options).toMatchObject({
      client: { host: "h", port: 1 },
      http: { host: "h", port: 2 },
      serverName: "n",
      clientAdvertise: "c",
      pidFile: "i",
      portsFileDir: "d",
      clusterName: "k",
      authorization: { user: "u", password: "p", token: "t" },
      log: {
        isDebug: true,
        isTrace: true,
        isTraceVerbose: true,
        logTime: false,
        logTimeUtc: true,
        file: "f",
        sizeLimit: 3,
        maxTracedMessageLength: 4,
      },
    });
  });

  test("asks for any port with -1 and for the default with 0", () => {
    expect(configured("port: 4333", { port: -1 }).client.port).toBe(0);
    expect(configured("port: 4333", { port: 0 }).client.port).toBe(4222);
    expect(configured("http: 8222", { httpPort: -1 }).http?.port).toBe(0);
    expect(configured("http: 8222", { httpPort: 0 }).http).toBeNull();
  });

  test("takes a value back with an empty text", () => {
    expect(configured("log_file: f", { logFile: "" }).log.file).toBeNull();
    expect(configured("host: 127.0.0.1", { host: "" }).client.host).toBe("0.0.0.0");
  });

  test("moves monitoring with the client host, unless that has a host of its own", () => {
    expect(configured("http: 8222", { host: "::1" }).http?.host).toBe("::1");
    expect(configured("http: 127.0.0.1:8222", { host: "::1" }).http?.host).toBe("127.0.0.1");
  });

  test("is refused for features that are not built", () => {
    expect(messageOf(() => configured("port: 1", { unsupported: ["syslog"] }))).toBe(
      'flag "-syslog" is not supported yet',
    );
  });

  test("has each name once", () => {
    const names = flagDefinitions.flatMap((definition) => definition.names);
    expect(new Set(names).size).toBe(names.length);
    for (const name of "a p n P m ms c t sl l T s r D V VV DV DVV js sd h v".split(" ")) {
      expect(names).toContain(name);
    }
  });
});
