import { expect, test } from "bun:test";
import { Stage } from "./api-stage.ts";

function withStream(more = ""): Stage {
  const stage = new Stage();
  stage.ask("$JS.API.STREAM.CREATE.S", `{"name":"S"${more}}`);
  return stage;
}

function withConsumer(config: string): Stage {
  const stage = withStream();
  stage.ask("$JS.API.CONSUMER.CREATE.S.c", `{"stream_name":"S","config":${config}}`);
  return stage;
}

test("a consumer is made under each of the three subjects", () => {
  const stage = withStream();
  const body = (config: string): string => `{"stream_name":"S","config":${config}}`;
  const made = (subject: string, config: string): unknown =>
    stage.ask(`$JS.API.CONSUMER.${subject}`, body(config))?.["config"];
  expect(made("CREATE.S", "{}")).not.toHaveProperty("name");
  expect(made("CREATE.S.a", "{}")).toMatchObject({ name: "a" });
  expect(made("CREATE.S.b.f.x", '{"filter_subject":"f.x"}')).toMatchObject({ name: "b" });
  expect(made("DURABLE.CREATE.S.d", '{"durable_name":"d"}')).toMatchObject({
    name: "d",
    durable_name: "d",
  });
  expect(stage.ask("$JS.API.CONSUMER.NAMES.S")?.["consumers"]).toEqual(["a", "abcdefgh", "b", "d"]);
});

test("subject and request must agree", () => {
  const stage = withStream();
  const code = (subject: string, body: string): number =>
    stage.errCode(`$JS.API.CONSUMER.${subject}`, body);
  expect(code("CREATE.S", "")).toBe(10056);
  expect(code("CREATE.T", '{"stream_name":"T"}')).toBe(10059);
  expect(code("CREATE.S", '{"stream_name":"S","config":{"durable_name":"d"}}')).toBe(10020);
  expect(code("CREATE.S.c", '{"stream_name":"S","config":{"durable_name":"d"}}')).toBe(10017);
  expect(code("DURABLE.CREATE.S.d", '{"stream_name":"S"}')).toBe(10018);
  expect(code("CREATE.S.c.f", '{"stream_name":"S"}')).toBe(10131);
  expect(code("CREATE.S.c.f", '{"stream_name":"S","config":{"filter_subjects":["f"]}}')).toBe(
    10137,
  );
  expect(code("CREATE.S", '{"stream_name":"S","config":{"name":"a/b"}}')).toBe(10127);
  expect(code("CREATE.S", '{"stream_name":"S","config":{"num_replicas":3}}')).toBe(10074);
  expect(code("CREATE.S", '{"stream_name":"S","action":"x"}')).toBe(10025);
  expect(code("CREATE.S.c", '{"stream_name":"S","action":"update"}')).toBe(10149);
});

test("JSON is read before anything else is asked", () => {
  const stage = withStream();
  stage.account.isEnabled = false;
  expect(stage.errCode("$JS.API.CONSUMER.CREATE.S", "{")).toBe(10025);
  expect(stage.errCode("$JS.API.CONSUMER.CREATE.S", "{}")).toBe(10039);
});

test("an info shows all fields that are never left out", () => {
  const stage = withConsumer('{"ack_policy":"explicit"}');
  expect(stage.ask("$JS.API.CONSUMER.INFO.S.c")).toEqual({
    type: "io.nats.jetstream.api.v1.consumer_info_response",
    stream_name: "S",
    name: "c",
    created: "2023-11-14T22:13:20.123456789Z",
    config: {
      name: "c",
      deliver_policy: "all",
      ack_policy: "explicit",
      replay_policy: "instant",
      num_replicas: 0,
      metadata: { "_nats.level": "4", "_nats.req.level": "0", "_nats.ver": "2.14.0" },
    },
    delivered: { consumer_seq: 0, stream_seq: 0 },
    ack_floor: { consumer_seq: 0, stream_seq: 0 },
    num_ack_pending: 0,
    num_redelivered: 0,
    num_waiting: 0,
    num_pending: 0,
    ts: "2023-11-14T22:13:20.123456789Z",
  });
  expect(stage.errCode("$JS.API.CONSUMER.INFO.S.x")).toBe(10014);
  expect(stage.errCode("$JS.API.CONSUMER.INFO.S.c", '{"a":1}')).toBe(10038);
});

test("a list leaves the server's own metadata out", () => {
  const stage = withConsumer("{}");
  const list = stage.ask("$JS.API.CONSUMER.LIST.S");
  expect(list).toMatchObject({
    total: 1,
    limit: 256,
    consumers: [{ config: { metadata: { "_nats.req.level": "0" } } }],
  });
});

test("a pause lasts until its time; none, and Go's zero, end it", () => {
  const stage = withConsumer("{}");
  const pause = (body: string): unknown => stage.ask("$JS.API.CONSUMER.PAUSE.S.c", body);
  expect(pause('{"pause_until":"2023-11-14T22:13:21.123456789Z"}')).toMatchObject({
    paused: true,
    pause_until: "2023-11-14T22:13:21.123456789Z",
    pause_remaining: 1_000_000_000,
  });
  expect(stage.ask("$JS.API.CONSUMER.INFO.S.c")?.["config"]).toMatchObject({
    pause_until: "2023-11-14T22:13:21.123456789Z",
    metadata: { "_nats.req.level": "1" },
  });
  expect(pause("")).toMatchObject({ paused: false, pause_until: "0001-01-01T00:00:00Z" });
  expect(pause('{"pause_until":"0001-01-01T00:00:00Z"}')).toMatchObject({ paused: false });
  expect(stage.ask("$JS.API.CONSUMER.INFO.S.c")?.["config"]).not.toHaveProperty("pause_until");
});

test("a request to create does not end a pause", () => {
  const stage = withConsumer("{}");
  stage.ask("$JS.API.CONSUMER.PAUSE.S.c", '{"pause_until":"2044-11-14T22:13:21Z"}');
  const again = stage.ask("$JS.API.CONSUMER.CREATE.S.c", '{"stream_name":"S"}');
  expect(again?.["config"]).toMatchObject({ pause_until: "2044-11-14T22:13:21Z" });
});

test("a group is named to be unpinned", () => {
  const stage = withConsumer('{"priority_groups":["g"],"priority_policy":"pinned_client"}');
  const code = (body: string): number => stage.errCode("$JS.API.CONSUMER.UNPIN.S.c", body);
  expect(code('{"group":"g"}')).toBe(0);
  expect(code('{"group":"h"}')).toBe(10160);
  expect(code('{"group":"not a name"}')).toBe(10162);
  expect(code("{}")).toBe(10025);
  expect(code("")).toBe(10025);
});

test("a reset says where it starts again", () => {
  const stage = withConsumer("{}");
  expect(stage.ask("$JS.API.CONSUMER.RESET.S.c", '{"seq":5}')).toMatchObject({
    type: "io.nats.jetstream.api.v1.consumer_reset_response",
    name: "c",
    reset_seq: 5,
  });
  expect(stage.ask("$JS.API.CONSUMER.RESET.S.c", '{"seq":500}')?.["error"]).toMatchObject({
    err_code: 10204,
    description: "invalid reset: too far",
  });
  expect(stage.errCode("$JS.API.CONSUMER.RESET.S.x")).toBe(10014);
});

test("consumers of mirrors elsewhere get a name of their own, or become durable", () => {
  const config = '{"name":"JS_SRC","direct":true,"sourcing":true}';
  const body = `{"stream_name":"S","config":${config}}`;
  const limits = withStream().ask("$JS.API.CONSUMER.CREATE.S.JS_SRC", body);
  expect(limits).toMatchObject({ name: "JS_SRC-EFGHIJKL", config: { direct: true } });
  const interest = withStream(',"retention":"workqueue"');
  expect(interest.ask("$JS.API.CONSUMER.CREATE.S.JS_SRC", body)).toMatchObject({
    config: { durable_name: "JS_SRC", ack_policy: "flow_control" },
  });
});

test("a consumer is deleted", () => {
  const stage = withConsumer("{}");
  expect(stage.errCode("$JS.API.CONSUMER.DELETE.S.c", "x")).toBe(10038);
  expect(stage.ask("$JS.API.CONSUMER.DELETE.S.c")).toMatchObject({ success: true });
  expect(stage.errCode("$JS.API.CONSUMER.DELETE.S.c")).toBe(10014);
});
