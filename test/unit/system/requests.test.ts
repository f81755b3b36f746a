import { beforeEach, describe, expect, test } from "bun:test";
import { byteTextOf } from "../../../src/base/byte-text.ts";
import { headerBlock } from "../../../src/protocol/headers.ts";
import type { OptionReader } from "../../../src/system/option-reader.ts";
import type { PageName, PageReply, PageSource } from "../../../src/system/page-source.ts";
import { SystemRequests } from "../../../src/system/requests.ts";
import type { SystemControls } from "../../../src/system/system-view.ts";
import { idle, SystemRig, stampOf, startText, trafficOf } from "./system-rig.ts";

class FakePages implements PageSource {
  reply: PageReply = { kind: "data", data: { page: true } };
  readonly rendered: [PageName, string | null, number][] = [];

  render(page: PageName, options: OptionReader, account: string | null): PageReply {
    this.rendered.push([page, account, options.integer("limit")]);
    return this.reply;
  }
}

class FakeControls implements SystemControls {
  outcome: string | null = null;
  readonly done: string[] = [];

  reload(): string | null {
    this.done.push("reload");
    return this.outcome;
  }

  kick(connection: number): string | null {
    this.done.push(`kick ${connection}`);
    return this.outcome;
  }

  sendLameDuck(connection: number): string | null {
    this.done.push(`lame duck ${connection}`);
    return this.outcome;
  }
}

let rig: SystemRig;
let pages: FakePages;
let controls: FakeControls;
let requests: SystemRequests;

beforeEach(() => {
  rig = new SystemRig();
  pages = new FakePages();
  controls = new FakeControls();
  requests = new SystemRequests({ ...rig, controls, pages });
});

const serverPages: readonly PageName[] = [
  "VARZ",
  "SUBSZ",
  "CONNZ",
  "ROUTEZ",
  "GATEWAYZ",
  "LEAFZ",
  "ACCOUNTZ",
  "JSZ",
  "HEALTHZ",
  "PROFILEZ",
  "EXPVARZ",
  "IPQUEUESZ",
  "RAFTZ",
];

describe("requests for pages", () => {
  for (const page of serverPages) {
    test(`${page} is answered for all servers and for this one`, () => {
      expect(rig.askJson(`$SYS.REQ.SERVER.PING.${page}`)).toEqual({
        server: stampOf(1),
        data: { page: true },
      });
      expect(rig.askJson(`$SYS.REQ.SERVER.NID.${page}`, { limit: 5 })).toEqual({
        server: stampOf(2),
        data: { page: true },
      });
      expect(rig.askJson(`$SYS.REQ.SERVER.OTHER.${page}`)).toBeNull();
      expect(pages.rendered).toEqual([
        [page, null, 0],
        [page, null, 5],
      ]);
    });
  }

  for (const page of ["SUBSZ", "CONNZ", "LEAFZ", "JSZ", "INFO", "STATZ"] as const) {
    test(`${page} of one account names that account`, () => {
      rig.askJson(`$SYS.REQ.ACCOUNT.A.${page}`);
      expect(pages.rendered).toEqual([[page, "A", 0]]);
    });
  }

  test("account statistics of all accounts are asked for in the name of PING", () => {
    rig.askJson("$SYS.REQ.ACCOUNT.PING.STATZ");
    expect(pages.rendered).toEqual([["STATZ", null, 0]]);
  });

  test("a refusal of a page stands beside empty data", () => {
    pages.reply = { kind: "refused", description: "no" };
    expect(rig.askJson("$SYS.REQ.SERVER.PING.CONNZ")).toEqual({
      server: stampOf(1),
      data: null,
      error: { code: 500, description: "no" },
    });
  });

  test("a silent page is not answered", () => {
    pages.reply = { kind: "silent" };
    expect(rig.askJson("$SYS.REQ.SERVER.PING.JSZ")).toBeNull();
  });

  test("without a reply subject nothing is rendered", () => {
    rig.operator.publish("$SYS.REQ.SERVER.PING.VARZ", "");
    expect(pages.rendered).toEqual([]);
  });

  test("a body that is no JSON is refused in the words of Go", () => {
    expect(rig.askJson("$SYS.REQ.SERVER.PING.VARZ", "{x")).toEqual({
      server: stampOf(1),
      error: {
        code: 400,
        description: "invalid character 'x' looking for beginning of object key string",
      },
    });
    expect(pages.rendered).toEqual([]);
  });

  test("an option of a wrong type is refused in the words of Go", () => {
    expect(rig.askJson("$SYS.REQ.SERVER.PING.CONNZ", { limit: "x" })).toEqual({
      server: stampOf(1),
      error: {
        code: 400,
        description:
          "json: cannot unmarshal string into Go struct field ConnzEventOptions.limit of type int",
      },
    });
  });

  test("disposing ends all answers", () => {
    requests[Symbol.dispose]();
    expect(rig.askJson("$SYS.REQ.SERVER.PING.VARZ")).toBeNull();
    expect(rig.askJson("$SYS.REQ.SERVER.PING")).toBeNull();
  });
});

describe("filters", () => {
  const cases: readonly (readonly [object, boolean])[] = [
    [{ server_name: "ear" }, true],
    [{ server_name: "nope" }, false],
    [{ server_name: "ear", exact_match: true }, false],
    [{ server_name: "ears", exact_match: true }, true],
    [{ host: "127" }, true],
    [{ host: "127", exact_match: true }, false],
    [{ cluster: "c" }, false],
    [{ cluster: "" }, true],
    [{ tags: ["A:B", "c:d"] }, true],
    [{ tags: ["a:b", "zz"] }, false],
    [{ domain: "d" }, false],
  ];
  for (const [filter, isAnswered] of cases) {
    test(`${JSON.stringify(filter)} is ${isAnswered ? "answered" : "left to others"}`, () => {
      const answer = rig.askJson("$SYS.REQ.SERVER.PING.HEALTHZ", filter);
      expect(answer !== null).toBe(isAnswered);
      expect(rig.askJson("$SYS.REQ.SERVER.PING", filter) !== null).toBe(isAnswered);
    });
  }

  test("identity is told to everybody, without an envelope", () => {
    const answer = rig.askJson("$SYS.REQ.SERVER.PING.IDZ", { server_name: "nope" });
    expect(answer).toEqual({ name: "ears", host: "127.0.0.1", id: "NID" });
  });
});

describe("compressed replies", () => {
  const ask = (encoding: string): ReturnType<SystemRig["ask"]> =>
    rig.ask("$SYS.REQ.SERVER.PING.VARZ", "", headerBlock([["Accept-Encoding", encoding]]));
  const text = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes);

  test("gzip is spoken", () => {
    const answer = ask("GZIP");
    expect(text(answer?.headers)).toBe("NATS/1.0\r\nContent-Encoding: gzip\r\n\r\n");
    const plain = Bun.gunzipSync(new Uint8Array(answer?.body ?? []));
    expect(JSON.parse(text(plain))).toEqual({ server: stampOf(1), data: { page: true } });
  });

  test("gzip is taken where others are wanted too", () => {
    expect(text(ask("snappy, gzip")?.headers)).toContain("Content-Encoding: gzip");
  });

  test("other encodings are told that the reply is plain", () => {
    const answer = ask("snappy");
    expect(text(answer?.headers)).toBe("NATS/1.0\r\nContent-Encoding: identity\r\n\r\n");
    expect(JSON.parse(text(answer?.body))).toEqual({ server: stampOf(1), data: { page: true } });
  });

  test("errors are never compressed", () => {
    pages.reply = { kind: "refused", description: "no" };
    expect(ask("gzip")?.headers.length).toBe(0);
  });
});

describe("control", () => {
  test("reload answers with the bare envelope when it went well", () => {
    expect(rig.askJson("$SYS.REQ.SERVER.NID.RELOAD")).toEqual({ server: stampOf(1) });
    expect(controls.done).toEqual(["reload"]);
  });

  test("reload tells why it was refused", () => {
    controls.outcome = "bad file";
    expect(rig.askJson("$SYS.REQ.SERVER.NID.RELOAD")).toEqual({
      server: stampOf(1),
      error: { code: 500, description: "bad file" },
    });
  });

  test("a reload with a body that is no JSON does not happen", () => {
    expect(rig.askJson("$SYS.REQ.SERVER.NID.RELOAD", "{z")).toMatchObject({ error: { code: 400 } });
    expect(controls.done).toEqual([]);
  });

  test("kick and lame duck act on one connection", () => {
    expect(rig.askJson("$SYS.REQ.SERVER.NID.KICK", { cid: 8 })).toEqual({ server: stampOf(1) });
    expect(rig.askJson("$SYS.REQ.SERVER.NID.LDM", { cid: 9 })).toEqual({ server: stampOf(2) });
    expect(controls.done).toEqual(["kick 8", "lame duck 9"]);
  });

  test("kicking nobody is refused", () => {
    controls.outcome = "no such client or leafnode id";
    expect(rig.askJson("$SYS.REQ.SERVER.NID.KICK", { cid: 99 })).toEqual({
      server: stampOf(1),
      error: { code: 500, description: "no such client or leafnode id" },
    });
  });

  test("a request without a body or with a broken one is not answered", () => {
    expect(rig.askJson("$SYS.REQ.SERVER.NID.KICK")).toBeNull();
    expect(rig.askJson("$SYS.REQ.SERVER.NID.LDM", "{x")).toBeNull();
    expect(controls.done).toEqual([]);
  });

  test("control is only asked of one server", () => {
    expect(rig.askJson("$SYS.REQ.SERVER.PING.KICK", { cid: 1 })).toBeNull();
    expect(rig.askJson("$SYS.REQ.SERVER.PING.RELOAD")).toBeNull();
  });
});

describe("statistics on demand", () => {
  const statsz = {
    start: startText,
    mem: 1000,
    cores: 2,
    cpu: 1.5,
    connections: 3,
    total_connections: 5,
    active_accounts: 2,
    subscriptions: 7,
    sent: { msgs: 20, bytes: 200 },
    sent_to_clients: { msgs: 20, bytes: 200 },
    received: { msgs: 10, bytes: 100 },
    received_from_clients: { msgs: 10, bytes: 100 },
    slow_consumers: 0,
    active_servers: 1,
    gomaxprocs: 2,
  };

  for (const subject of [
    "$SYS.REQ.SERVER.PING",
    "$SYS.REQ.SERVER.PING.STATSZ",
    "$SYS.REQ.SERVER.NID.STATSZ",
  ]) {
    test(`${subject} is answered`, () => {
      expect(rig.askJson(subject)).toEqual({ server: stampOf(1), statsz });
    });
  }

  test("troubles are shown when there were some", () => {
    rig.view.now = { ...idle, slowConsumers: 2, staleConnections: 1, stalledClients: 4 };
    expect(rig.askJson("$SYS.REQ.SERVER.PING")).toEqual({
      server: stampOf(1),
      statsz: {
        ...statsz,
        slow_consumers: 2,
        slow_consumer_stats: { clients: 2, routes: 0, gateways: 0, leafs: 0 },
        stale_connections: 1,
        stale_connection_stats: { clients: 1, routes: 0, gateways: 0, leafs: 0 },
        stalled_clients: 4,
      },
    });
  });

  test("a broken body is refused", () => {
    expect(rig.askJson("$SYS.REQ.SERVER.PING.STATSZ", "[1")).toEqual({
      server: stampOf(1),
      error: { code: 400, description: "unexpected end of JSON input" },
    });
  });
});

describe("connection counts on demand", () => {
  test("an account with connections is counted", () => {
    rig.view.accounts.set("A", trafficOf("A", 2));
    expect(rig.askJson("$SYS.REQ.ACCOUNT.A.CONNS")).toEqual({
      type: "io.nats.server.advisory.v1.account_connections",
      id: expect.any(String),
      timestamp: startText,
      server: stampOf(1),
      acc: "A",
      name: "A",
      conns: 2,
      leafnodes: 0,
      total_conns: 2,
      num_subscriptions: 4,
      sent: {
        msgs: 3,
        bytes: 4,
        gateways: { msgs: 0, bytes: 0 },
        routes: { msgs: 0, bytes: 0 },
        leafs: { msgs: 0, bytes: 0 },
      },
      received: {
        msgs: 1,
        bytes: 2,
        gateways: { msgs: 0, bytes: 0 },
        routes: { msgs: 0, bytes: 0 },
        leafs: { msgs: 0, bytes: 0 },
      },
      slow_consumers: 0,
    });
  });

  test("an idle, an unknown and a wrongly named account are passed over", () => {
    rig.view.accounts.set("A", trafficOf("A", 0));
    rig.view.accounts.set("B", trafficOf("B", 1));
    expect(rig.askJson("$SYS.REQ.ACCOUNT.A.CONNS")).toBeNull();
    expect(rig.askJson("$SYS.REQ.ACCOUNT.nobody.CONNS")).toBeNull();
    expect(rig.askJson("$SYS.REQ.ACCOUNT.B.CONNS", { acc: "C" })).toBeNull();
    expect(rig.askJson("$SYS.REQ.ACCOUNT.B.CONNS", { acc: "B" })).toMatchObject({ acc: "B" });
  });
});

test("an account named beyond ASCII is asked about by its readable name", () => {
  rig.askJson(byteTextOf("$SYS.REQ.ACCOUNT.Zoë.INFO"));
  expect(pages.rendered).toEqual([["INFO", "Zoë", 0]]);
});
