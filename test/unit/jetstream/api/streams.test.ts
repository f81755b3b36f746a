import { expect, test } from "bun:test";
import { apiErrors } from "../../../../src/jetstream/api-error.ts";
import { Stage } from "./api-stage.ts";

function withStream(more = ""): Stage {
  const stage = new Stage();
  stage.ask("$JS.API.STREAM.CREATE.S", `{"name":"S","subjects":["s.*"]${more}}`);
  return stage;
}

test("a stream's name stands in subject and body", () => {
  const stage = new Stage();
  expect(stage.errCode("$JS.API.STREAM.CREATE.S", '{"name":"T"}')).toBe(10056);
  expect(stage.errCode("$JS.API.STREAM.CREATE.S", "")).toBe(10056);
  expect(stage.errCode("$JS.API.STREAM.CREATE.S/T", '{"name":"S/T"}')).toBe(10128);
});

test("a creation is answered with the configuration, level and version", () => {
  const stage = new Stage();
  const answer = stage.ask("$JS.API.STREAM.CREATE.S", '{"name":"S","allow_msg_counter":true}');
  expect(answer).toMatchObject({
    type: "io.nats.jetstream.api.v1.stream_create_response",
    config: {
      name: "S",
      metadata: { "_nats.level": "4", "_nats.req.level": "2", "_nats.ver": "2.14.0" },
    },
    created: "2023-11-14T22:13:20.123456789Z",
    state: { messages: 0, first_ts: "0001-01-01T00:00:00Z", consumer_count: 0 },
    did_create: true,
  });
  expect(answer).not.toHaveProperty("cluster");
});

test("only the required level is kept in the metadata", () => {
  const stage = new Stage();
  const metadata = '{"a":"b","_nats.ver":"1","_nats.level":"9","_nats.req.level":"9"}';
  stage.ask("$JS.API.STREAM.CREATE.S", `{"name":"S","metadata":${metadata}}`);
  expect(stage.account.stream("S")?.access.config.metadata).toEqual({
    a: "b",
    "_nats.req.level": "0",
  });
});

test("what cannot be created is refused before the engine hears of it", () => {
  const stage = new Stage();
  expect(stage.errCode("$JS.API.STREAM.CREATE.S", '{"name":"S","sealed":true}')).toBe(10052);
  expect(stage.errCode("$JS.API.STREAM.CREATE.S", '{"name":"S","mirror_direct":true}')).toBe(10052);
  expect(stage.account.all.size).toBe(0);
});

test("the engine's refusal is the answer", () => {
  const stage = new Stage();
  stage.account.refusal = apiErrors.streamNameExist;
  expect(stage.errCode("$JS.API.STREAM.CREATE.S", '{"name":"S"}')).toBe(10058);
});

test("an update needs the stream", () => {
  const stage = withStream();
  expect(stage.errCode("$JS.API.STREAM.UPDATE.T", '{"name":"T"}')).toBe(10059);
  expect(stage.ask("$JS.API.STREAM.UPDATE.S", '{"name":"S"}')).not.toHaveProperty("did_create");
});

test("an info names the leader, and lists what was asked for", () => {
  const stage = withStream();
  const stream = stage.account.stream("S");
  if (stream !== null) {
    stream.subjects = [
      ["s.a", 2],
      ["s.b", 1],
      ["s.c", 7],
    ];
  }
  const answer = stage.ask(
    "$JS.API.STREAM.INFO.S",
    '{"offset":1,"subjects_filter":">","deleted_details":true}',
  );
  expect(answer).toMatchObject({
    total: 3,
    offset: 1,
    limit: 100_000,
    cluster: { leader: "S1" },
    state: { subjects: { "s.b": 1, "s.c": 7 }, deleted: [3, 4, 5, 9] },
  });
  expect(stage.ask("$JS.API.STREAM.INFO.S")).toMatchObject({ total: 0, offset: 0, limit: 0 });
});

test("an info is answered when what it counts is durable", () => {
  const stage = withStream();
  const waiting: (() => void)[] = [];
  const stream = stage.account.stream("S");
  if (stream !== null) {
    stream.waiting = waiting;
  }
  expect(stage.ask("$JS.API.STREAM.INFO.S")).toBeNull();
  waiting[0]?.();
  expect(stage.takeAnswer()).toMatchObject({ config: { name: "S" } });
});

test("names come in order, page by page, filtered by subject", () => {
  const stage = withStream();
  stage.ask("$JS.API.STREAM.CREATE.R", '{"name":"R","subjects":["r"]}');
  expect(stage.ask("$JS.API.STREAM.NAMES")?.["streams"]).toEqual(["R", "S"]);
  expect(stage.ask("$JS.API.STREAM.NAMES", '{"offset":1}')).toMatchObject({
    total: 2,
    offset: 1,
    limit: 1024,
    streams: ["S"],
  });
  expect(stage.ask("$JS.API.STREAM.NAMES", '{"subject":"s.>"}')?.["streams"]).toEqual(["S"]);
  expect(stage.ask("$JS.API.STREAM.NAMES", '{"offset":9}')).toMatchObject({
    offset: 2,
    streams: [],
  });
});

test("a list says which streams are offline, and why", () => {
  const stage = withStream();
  stage.ask("$JS.API.STREAM.CREATE.R", '{"name":"R"}');
  const stream = stage.account.stream("R");
  if (stream !== null) {
    stream.offlineReason = "damaged";
  }
  const answer = stage.ask("$JS.API.STREAM.LIST");
  expect(answer).toMatchObject({ total: 2, missing: ["R"], offline: { R: "damaged" } });
  expect(answer?.["streams"]).toHaveLength(1);
});

test("a stream that is offline is answered late, but can be deleted", () => {
  const stage = withStream();
  const stream = stage.account.stream("S");
  if (stream !== null) {
    stream.offlineReason = "damaged";
  }
  expect(stage.ask("$JS.API.STREAM.INFO.S")).toBeNull();
  stage.fireTimers();
  expect(stage.takeAnswer()?.["error"]).toMatchObject({
    err_code: 10194,
    description: "stream is offline: damaged",
  });
  expect(stage.ask("$JS.API.STREAM.DELETE.S")).toMatchObject({ success: true });
});

test("a deletion takes no body", () => {
  const stage = withStream();
  expect(stage.errCode("$JS.API.STREAM.DELETE.S", '{"x":1}')).toBe(10038);
  expect(stage.errCode("$JS.API.STREAM.DELETE.S", "{ }")).toBe(0);
  expect(stage.errCode("$JS.API.STREAM.DELETE.S")).toBe(10059);
});

test("a purge is answered when it is durable, with how many messages went", () => {
  const stage = withStream();
  const stream = stage.account.stream("S");
  if (stream !== null) {
    stream.purges = { count: 4, isDurable: true };
  }
  expect(stage.ask("$JS.API.STREAM.PURGE.S")).toMatchObject({ success: true, purged: 4 });
  if (stream !== null) {
    stream.purges = { count: 5, isDurable: false };
  }
  expect(stage.ask("$JS.API.STREAM.PURGE.S", '{"keep":1}')).toBeNull();
  stream?.onPurged?.();
  expect(stage.takeAnswer()).toMatchObject({ success: true, purged: 5 });
});

test("a purge is refused where it is denied, and when it says two things", () => {
  expect(withStream().errCode("$JS.API.STREAM.PURGE.S", '{"keep":1,"seq":1}')).toBe(10003);
  expect(withStream(',"deny_purge":true').errCode("$JS.API.STREAM.PURGE.S")).toBe(10110);
});

test("messages are named in one way", () => {
  const stage = withStream();
  const code = (body: string): number => stage.errCode("$JS.API.STREAM.MSG.GET.S", body);
  expect(code("")).toBe(10003);
  expect(code('{"no_hdr":true}')).toBe(10003);
  expect(code('{"seq":1,"last_by_subj":"a"}')).toBe(10003);
  expect(code('{"next_by_subj":"a","last_by_subj":"a"}')).toBe(10003);
  expect(code('{"seq":1,"batch":2}')).toBe(10003);
  expect(code('{"seq":18446744073709551615}')).toBe(10037);
  expect(code('{"next_by_subj":"a"}')).toBe(10037);
});

test("a message is deleted where that is not denied", () => {
  const stage = withStream();
  expect(stage.ask("$JS.API.STREAM.MSG.DELETE.S", '{"seq":1}')).toMatchObject({ success: true });
  expect(stage.errCode("$JS.API.STREAM.MSG.DELETE.S", '{"seq":7}')).toBe(10057);
  const denying = withStream(',"deny_delete":true');
  expect(denying.errCode("$JS.API.STREAM.MSG.DELETE.S", '{"seq":1}')).toBe(10057);
});
