import { expect, test } from "bun:test";
import { goJson } from "../../../../src/base/go-json.ts";
import {
  consumerConfigJson,
  decodeConsumerDescription,
  decodeConsumerRequest,
  encodeConsumerDescription,
} from "../../../../src/jetstream/consumer/consumer-config-json.ts";

const whole =
  `{"durable_name":"d","name":"d","description":"x","deliver_policy":"by_start_sequence",
"opt_start_seq":18446744073709551615,"opt_start_time":"2024-01-02T03:04:05.123456789Z","ack_policy":"explicit",
"ack_wait":9007199254740993,"max_deliver":5,"backoff":[1,9223372036854775807],"filter_subject":"a",
"filter_subjects":["b","ü"],"replay_policy":"original","rate_limit_bps":18446744073709551615,"sample_freq":"50%",
"max_waiting":1,"max_ack_pending":2,"flow_control":true,"headers_only":true,"max_batch":3,"max_expires":4,
"max_bytes":5,"deliver_subject":"e","deliver_group":"g","idle_heartbeat":6,"inactive_threshold":7,"num_replicas":1,
"mem_storage":true,"direct":true,"sourcing":true,"metadata":{"a":"b"},"pause_until":"2044-01-02T03:04:05Z",
"priority_groups":["g"],"priority_policy":"overflow","priority_timeout":8}`.replaceAll("\n", "");

function request(config: string): string {
  return `{"stream_name":"S","config":${config},"action":"create","pedantic":true}`;
}

test("every field comes out as it came in, digit by digit and in order", () => {
  const decoded = decodeConsumerRequest(request(whole), { isStrict: true });
  const json = decoded.ok ? goJson(consumerConfigJson(decoded.value.config)) : decoded.refusal;
  expect(json).toBe(whole);
  expect(decoded.ok && decoded.value).toMatchObject({
    stream: "S",
    action: "create",
    isPedantic: true,
  });
});

test("a description on disk is read back, with the name the server gave", () => {
  const decoded = decodeConsumerRequest(request(whole), { isStrict: true });
  if (!decoded.ok) {
    throw new Error(decoded.refusal);
  }
  const description = { name: "abcdefgh", config: decoded.value.config, createdNanos: 5n };
  expect(decodeConsumerDescription(encodeConsumerDescription(description))).toEqual({
    ok: true,
    value: description,
  });
  expect(decodeConsumerDescription(new TextEncoder().encode("{}")).ok).toBe(false);
});

test("what is not said is zero, and is left out where the reference leaves it out", () => {
  const decoded = decodeConsumerRequest('{"stream_name":"S"}', { isStrict: true });
  const json = decoded.ok ? goJson(consumerConfigJson(decoded.value.config)) : decoded.refusal;
  expect(json).toBe(
    '{"deliver_policy":"all","ack_policy":"none","replay_policy":"instant","num_replicas":0}',
  );
});

test("an old client's undefined policy is the default", () => {
  const decoded = decodeConsumerRequest(request('{"deliver_policy":"undefined"}'), {
    isStrict: true,
  });
  expect(decoded.ok && decoded.value.config.deliverPolicy).toBe("all");
});

test("words that are none are told as they were written", () => {
  const refusal = (text: string): string => {
    const decoded = decodeConsumerRequest(text, { isStrict: true });
    return decoded.ok ? "" : decoded.refusal;
  };
  expect(refusal('{"action":5}')).toBe("unknown consumer action: 5");
  expect(refusal('{"config":{"priority_policy":"x"}}')).toBe('unknown priority policy: "x"');
  expect(refusal('{"config":{"ack_policy":"x"}}')).toBe('can not unmarshal "\\"x\\""');
});
