import { expect, test } from "bun:test";
import { apiErrors } from "../../../../src/jetstream/api-error.ts";
import { Stage } from "./api-stage.ts";

test("each answer bears its type", () => {
  const stage = new Stage();
  expect(stage.ask("$JS.API.INFO")).toMatchObject({
    type: "io.nats.jetstream.api.v1.account_info_response",
    streams: 0,
    limits: { max_memory: -1, max_bytes_required: false },
    api: { level: 4, total: 0, errors: 0 },
  });
});

test("requests come under the name of the domain too", () => {
  const stage = new Stage("hub");
  expect(stage.ask("$JS.hub.API.STREAM.CREATE.S", '{"name":"S"}')).toMatchObject({
    did_create: true,
  });
  expect(stage.ask("$JS.API.STREAM.INFO.S")).toMatchObject({ domain: "hub" });
});

test("pulls under the name of the domain go on to the consumer", () => {
  const stage = new Stage("hub");
  stage.ask("$JS.hub.API.CONSUMER.MSG.NEXT.S.c", '{"batch":2}');
  expect(stage.account.outlet.published).toEqual([
    { subject: "$JS.API.CONSUMER.MSG.NEXT.S.c", body: '{"batch":2}' },
  ]);
});

test("pulls and direct reads are nobody's here, so that clients learn that nobody responds", () => {
  const stage = new Stage();
  expect(() => stage.ask("$JS.API.CONSUMER.MSG.NEXT.S.c")).toThrow("0 receivers");
  expect(() => stage.ask("$JS.API.DIRECT.GET.S")).toThrow("0 receivers");
});

test("what no route knows is a bad request", () => {
  const stage = new Stage();
  expect(stage.errCode("$JS.API.STREAM.TEMPLATE.NAMES")).toBe(10003);
  expect(stage.errCode("$JS.API.STREAM.CREATE.a.b")).toBe(10003);
});

test("an account without JetStream is told so", () => {
  const stage = new Stage();
  stage.account.isEnabled = false;
  expect(stage.errCode("$JS.API.INFO")).toBe(10039);
  expect(stage.errCode("$JS.API.STREAM.CREATE.S", "no JSON")).toBe(10039);
});

test("a level above ours, or none, is refused", () => {
  const stage = new Stage();
  const required = (level: string): string =>
    `NATS/1.0\r\nNats-Required-Api-Level: ${level}\r\n\r\n`;
  expect(stage.errCode("$JS.API.INFO", "", required("5"))).toBe(10185);
  expect(stage.errCode("$JS.API.INFO", "", required("many"))).toBe(10185);
  expect(stage.errCode("$JS.API.INFO", "", required("4"))).toBe(0);
});

test("unknown fields are refused by a strict server alone", () => {
  const stage = new Stage();
  expect(stage.ask("$JS.API.STREAM.CREATE.S", '{"name":"S","x":1}')?.["error"]).toEqual({
    code: 400,
    err_code: 10025,
    description: 'invalid JSON: json: unknown field "x"',
  });
  stage.settings.isStrict = false;
  expect(stage.errCode("$JS.API.STREAM.CREATE.S", '{"name":"S","x":1}')).toBe(0);
});

test("answers are counted, refusals apart", () => {
  const stage = new Stage();
  stage.ask("$JS.API.STREAM.NAMES");
  stage.ask("$JS.API.STREAM.INFO.none");
  expect(stage.account.counts).toMatchObject({ total: 2, errors: 1, inflight: 0 });
});

test("who listens for the audit is told request and response", () => {
  const stage = new Stage();
  stage.account.outlet.interest.add("$JS.EVENT.ADVISORY.API");
  stage.ask("$JS.API.STREAM.INFO.none", "{}");
  const [advisory] = stage.account.outlet.published;
  expect(JSON.parse(advisory?.body ?? "")).toMatchObject({
    type: "io.nats.jetstream.advisory.v1.api_audit",
    server: "S1",
    subject: "$JS.API.STREAM.INFO.none",
    request: "{}",
    response: expect.stringContaining("10059"),
  });
});

test("when a turn took long, later requests wait for its end, infos behind all others", () => {
  const stage = new Stage();
  stage.ask("$JS.API.INFO");
  stage.monotonicMillis = 50;
  expect(stage.ask("$JS.API.STREAM.NAMES")).toBeNull();
  expect(stage.ask("$JS.API.STREAM.CREATE.S", '{"name":"S"}')).toBeNull();
  expect(stage.account.counts.inflight).toBe(2);
  stage.endTurn();
  expect(stage.takeAnswer()?.["did_create"]).toBe(true);
  expect(stage.takeAnswer()?.["streams"]).toEqual(["S"]);
});

test("a flood is dropped at the limit, and the system account is told", () => {
  const stage = new Stage();
  const subject = "$JS.EVENT.ADVISORY.API.LIMIT_REACHED";
  stage.system.outlet.interest.add(subject);
  stage.ask("$JS.API.INFO");
  stage.monotonicMillis = 50;
  for (let i = 0; i < 10; i++) {
    stage.ask("$JS.API.STREAM.DELETE.S");
  }
  expect(stage.warnings).toEqual(["JetStream API queue limit reached, dropping 10 requests"]);
  expect(JSON.parse(stage.system.outlet.published[0]?.body ?? "")).toMatchObject({
    type: "io.nats.jetstream.advisory.v1.api_limit_reached",
    server: "S1",
    dropped: 10,
  });
  expect(stage.account.counts.inflight).toBe(0);
  stage.endTurn();
  expect(stage.takeAnswer()).toBeNull();
});

test("what needs a cluster is refused as a server alone does", () => {
  const stage = new Stage();
  for (const request of ["STREAM.LEADER.STEPDOWN.S", "STREAM.PEER.REMOVE.S"]) {
    expect(stage.errCode(`$JS.API.${request}`)).toBe(10010);
  }
  expect(stage.errCode("$JS.API.CONSUMER.LEADER.STEPDOWN.S.c")).toBe(10010);
});

test("only the system account purges accounts", () => {
  const stage = new Stage();
  stage.ask("$JS.API.STREAM.CREATE.S", '{"name":"S"}');
  expect(() => stage.ask("$JS.API.ACCOUNT.PURGE.A")).toThrow("0 receivers");
  expect(stage.askAs(stage.system, "$JS.API.ACCOUNT.PURGE.A")).toEqual({
    type: "io.nats.jetstream.api.v1.account_purge_response",
    initiated: true,
  });
  expect(stage.account.all.size).toBe(0);
});

test("in the system account, other requests have no account", () => {
  const stage = new Stage();
  expect(stage.askAs(stage.system, "$JS.API.STREAM.NAMES")?.["error"]).toMatchObject({
    err_code: apiErrors.notEnabledForAccount.errCode,
  });
});

test("a closed account is not served any more", () => {
  const stage = new Stage();
  stage.router.close(stage.account);
  expect(() => stage.ask("$JS.API.INFO")).toThrow("0 receivers");
});
