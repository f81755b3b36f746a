import { expect, test } from "bun:test";
import { goJson } from "../../../../src/base/go-json.ts";
import {
  decodeStreamDescription,
  decodeStreamRequest,
  encodeStreamDescription,
  streamConfigJson,
} from "../../../../src/jetstream/stream/stream-config-json.ts";

const whole = `{"name":"S","description":"<é>","subjects":["a","b.\\u00fc"],"retention":"workqueue",
"max_consumers":5,"max_msgs":-1,"max_bytes":9007199254740991,"max_age":9007199254740993,"max_msgs_per_subject":1,
"max_msg_size":100,"discard":"new","storage":"memory","num_replicas":1,"no_ack":true,
"duplicate_window":9223372036854775807,"placement":{"cluster":"c","tags":["t"]},
"mirror":{"name":"M","opt_start_seq":18446744073709551615,"filter_subject":"f","external":{"api":"x","deliver":"y"}},
"sources":[{"name":"O","opt_start_time":"2024-01-02T03:04:05.123456789Z",
"subject_transforms":[{"src":"a","dest":"b"}],"consumer":{"name":"k","deliver_subject":"d"}}],
"compression":"s2","first_seq":7,"subject_transform":{"src":"a","dest":"b"},
"republish":{"src":"a","dest":"b","headers_only":true},"allow_direct":true,"mirror_direct":true,
"discard_new_per_subject":true,"sealed":true,"deny_delete":true,"deny_purge":true,"allow_rollup_hdrs":true,
"consumer_limits":{"inactive_threshold":1,"max_ack_pending":2},"allow_msg_ttl":true,
"subject_delete_marker_ttl":1000000000,"allow_msg_counter":true,"allow_atomic":true,"allow_msg_schedules":true,
"persist_mode":"async","allow_batched":true,"metadata":{"a":"1","b":"2"}}`.replaceAll("\n", "");

function refusalOf(text: string, isStrict = true): string {
  const decoded = decodeStreamRequest(text, { isStrict });
  return decoded.ok ? "" : decoded.refusal;
}

test("every field comes out as it came in, digit by digit and in order", () => {
  const decoded = decodeStreamRequest(whole, { isStrict: true });
  const json = decoded.ok ? goJson(streamConfigJson(decoded.value.config)) : decoded.refusal;
  expect(json).toBe(whole.replace("<é>", "\\u003cé\\u003e").replace("\\u00fc", "ü"));
});

test("a description on disk is read back", () => {
  const decoded = decodeStreamRequest(whole, { isStrict: true });
  if (!decoded.ok) {
    throw new Error(decoded.refusal);
  }
  const description = { config: decoded.value.config, createdNanos: 1_700_000_000_000_000_001n };
  expect(decodeStreamDescription(encodeStreamDescription(description))).toEqual({
    ok: true,
    value: description,
  });
});

test("a description of a later server, or a damaged one, is not taken", () => {
  const description = (text: string) => decodeStreamDescription(new TextEncoder().encode(text));
  expect(description('{"created":"2024-01-02T03:04:05Z","config":{"name":"S","new":1}}')).toEqual({
    ok: false,
    refusal: 'json: unknown field "new"',
  });
  expect(description('{"config":{"name":"S"}}').ok).toBe(false);
  expect(description("").ok).toBe(false);
});

test("names of fields match in any case; null says nothing", () => {
  const decoded = decodeStreamRequest('{"NAME":"S","Max_Msgs":null,"PEDANTIC":true}', {
    isStrict: true,
  });
  expect(decoded.ok && decoded.value).toMatchObject({
    config: { name: "S", maxMessages: 0 },
    isPedantic: true,
  });
});

test("wrong types are told with place and type", () => {
  const field = "json: cannot unmarshal string into Go struct field StreamConfigRequest";
  expect(refusalOf('{"max_msgs":"x"}')).toBe(`${field}.max_msgs of type int64`);
  expect(refusalOf('{"placement":{"tags":"x"}}')).toBe(`${field}.placement.tags of type []string`);
  expect(refusalOf('{"sources":[5]}')).toBe(
    "json: cannot unmarshal number into StreamConfigRequest.sources.0 of type server.StreamSource",
  );
  expect(refusalOf('{"max_msg_size":2147483648}')).toBe(
    "json: cannot unmarshal number 2147483648 into Go struct field StreamConfigRequest.max_msg_size of type int32",
  );
  expect(refusalOf('{"retention":"x"}')).toBe('can not unmarshal "\\"x\\""');
  expect(refusalOf("7")).toBe(
    "json: cannot unmarshal number into Go value of type server.StreamConfigRequest",
  );
});

test("the first fault in the text is the one that is told", () => {
  expect(refusalOf('{"x":1,"max_msgs":"y"}')).toBe('json: unknown field "x"');
  expect(refusalOf('{"max_msgs":true,"x":1}')).toContain("max_msgs");
});

test("without strictness unknown fields pass, wrong types do not", () => {
  expect(refusalOf('{"name":"S","x":1}', false)).toBe("");
  expect(refusalOf('{"name":1}', false)).toContain("cannot unmarshal number");
  expect(refusalOf('{"name"', false)).toBe("unexpected end of JSON input");
});

test("a first sequence that could not be counted on from is refused", () => {
  expect(refusalOf('{"first_seq":9007199254740992}')).toContain("9007199254740991");
});
