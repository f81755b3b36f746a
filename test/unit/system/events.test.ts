import { beforeEach, expect, test } from "bun:test";
import { byteTextOf } from "../../../src/base/byte-text.ts";
import type { ClosedConnectionRecord } from "../../../src/broker/connection-record.ts";
import { SystemEvents } from "../../../src/system/events.ts";
import { addSystemImports } from "../../../src/system/system-imports.ts";
import { SystemRig, stampOf, startText, trafficOf } from "./system-rig.ts";

const second = 1_000_000_000n;
const base = 1_795_390_340n * second;

const closed: ClosedConnectionRecord = {
  id: 8,
  type: "nats",
  address: "127.0.0.1",
  port: 4000,
  startNanos: base - 10n * second,
  lastActivityNanos: base - second,
  rttNanos: 565_000,
  pendingBytes: 0,
  received: { messages: 7, bytes: 44 },
  sent: { messages: 8, bytes: 3486 },
  stalls: 0,
  subscriptions: 0,
  name: "cl-a",
  language: "nats.js",
  version: "3.4.0",
  user: "a",
  account: "A",
  mqttClient: "",
  stopNanos: base + second / 2n,
  reason: "Kicked",
  subscriptionList: [],
};

const client = {
  start: "2026-11-22T23:32:10Z",
  host: "127.0.0.1",
  id: 8,
  acc: "A",
  user: "a",
  name: "cl-a",
  lang: "nats.js",
  ver: "3.4.0",
  name_tag: "A",
  kind: "Client",
  client_type: "nats",
};
const ended = {
  type: "io.nats.server.advisory.v1.client_disconnect",
  id: expect.stringMatching(/^[0-9A-Za-z]{22}$/),
  sent: { msgs: 7, bytes: 44 },
  received: { msgs: 8, bytes: 3486 },
};

let rig: SystemRig;
let events: SystemEvents;

beforeEach(() => {
  rig = new SystemRig();
  rig.view.accounts.set("A", trafficOf("A", 1));
  rig.view.accounts.set("$G", trafficOf("$G", 1));
  events = new SystemEvents({ ...rig, clock: rig.time, serverId: "NID" });
});

test("a connection is announced after its account's new count, on both subjects", () => {
  const heard = rig.hear("$SYS.>");
  events.onConnected(closed);
  expect(heard.map(({ subject }) => subject)).toEqual([
    "$SYS.SERVER.ACCOUNT.A.CONNS",
    "$SYS.ACCOUNT.A.SERVER.CONNS",
    "$SYS.ACCOUNT.A.CONNECT",
  ]);
  expect(heard[0]?.body.id).toBe(heard[1]?.body.id);
  expect(heard[2]?.body).toEqual({
    type: "io.nats.server.advisory.v1.client_connect",
    id: expect.stringMatching(/^[0-9A-Za-z]{22}$/),
    timestamp: startText,
    server: stampOf(3),
    client,
  });
});

test("a disconnection tells when, why, and how much was said", () => {
  const heard = rig.hear("$SYS.ACCOUNT.A.DISCONNECT");
  events.onDisconnected(closed);
  expect(heard.map(({ body }) => body)).toEqual([
    {
      ...ended,
      timestamp: "2026-11-22T23:32:20.5Z",
      server: stampOf(1),
      client: { ...client, rtt: 565_000, stop: "2026-11-22T23:32:20.5Z" },
      reason: "Kicked",
    },
  ]);
});

test("a refused connection is announced to the operator, and its end to its account, without a count", () => {
  const heard = rig.hear("$SYS.>");
  const refused = { ...closed, account: "$G", reason: "Authentication Failure" };
  events.onAuthenticationFailed(refused, "Authentication Failure");
  events.onRefusedClosed(refused);
  expect(heard.map(({ subject }) => subject)).toEqual([
    "$SYS.SERVER.NID.CLIENT.AUTH.ERR",
    "$SYS.ACCOUNT.$G.DISCONNECT",
  ]);
  expect(heard[0]?.body).toEqual({
    ...ended,
    timestamp: startText,
    server: stampOf(1),
    client: { ...client, acc: "$G", name_tag: "$G", rtt: 565_000, stop: startText },
    reason: "Authentication Failure",
  });
});

test("the global account's connections are announced, its counts are not", () => {
  const heard = rig.hear("$SYS.>");
  events.onConnected({ ...closed, account: "$G" });
  expect(heard.map(({ subject }) => subject)).toEqual(["$SYS.ACCOUNT.$G.CONNECT"]);
});

test("events nobody hears are not numbered", () => {
  events.onConnected(closed);
  events.onDisconnected(closed);
  expect(rig.stamps.next().seq).toBe(1);
});

test("an account's count is repeated every half minute while it has connections", () => {
  const heard = rig.hear("$SYS.ACCOUNT.A.SERVER.CONNS");
  events.onConnected(closed);
  rig.time.advance(60_000);
  expect(heard.length).toBe(3);
  rig.view.accounts.set("A", trafficOf("A", 0));
  events.onDisconnected(closed);
  expect(heard.length).toBe(4);
  rig.time.advance(120_000);
  expect(heard.length).toBe(4);
  expect(rig.time.pending).toBe(0);
});

test("disposing the counts stops their repetition", () => {
  events.onConnected(closed);
  expect(rig.time.pending).toBe(1);
  rig.counts[Symbol.dispose]();
  expect(rig.time.pending).toBe(0);
});

test("the end of the server is announced with its stamp alone", () => {
  const heard = rig.hear("$SYS.SERVER.>");
  events.announceLameDuck();
  events.announceShutdown();
  expect(heard).toEqual([
    { subject: "$SYS.SERVER.NID.LAMEDUCK", body: stampOf(1) },
    { subject: "$SYS.SERVER.NID.SHUTDOWN", body: stampOf(2) },
  ]);
});

test("every ordinary account may ask about itself", () => {
  const added: unknown[] = [];
  addSystemImports({ addSystemImport: (...given) => added.push(given) }, "A");
  expect(added).toEqual([
    ["A", "$SYS.REQ.ACCOUNT.PING.CONNZ", "$SYS.REQ.ACCOUNT.A.CONNZ", false],
    ["A", "$SYS.REQ.SERVER.PING.CONNZ", "$SYS.REQ.ACCOUNT.A.CONNZ", false],
    ["A", "$SYS.REQ.ACCOUNT.PING.STATZ", "$SYS.REQ.ACCOUNT.A.STATZ", false],
    ["A", "$SYS.REQ.USER.INFO", "$SYS.REQ.USER.A.INFO", true],
  ]);
});

test("names beyond ASCII stand in subjects as UTF-8", () => {
  const heard = rig.hear("$SYS.>");
  events.onRefusedClosed({ ...closed, account: "Zoë" });
  expect(heard.map(({ subject, body }) => [subject, body.client])).toEqual([
    [byteTextOf("$SYS.ACCOUNT.Zoë.DISCONNECT"), expect.objectContaining({ acc: "Zoë" })],
  ]);
});
