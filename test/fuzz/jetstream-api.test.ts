// Fuzzes the JetStream API: whatever a client sends as a request, it is answered once and nothing throws.

import { expect, test } from "bun:test";
import fc from "fast-check";
import { Stage } from "../unit/jetstream/api/api-stage.ts";

const rounds = { numRuns: 1500, seed: 20_260_701 };

const requests = [
  "INFO",
  "STREAM.CREATE.S",
  "STREAM.UPDATE.S",
  "STREAM.NAMES",
  "STREAM.LIST",
  "STREAM.INFO.S",
  "STREAM.PURGE.S",
  "STREAM.MSG.GET.S",
  "STREAM.MSG.DELETE.S",
  "STREAM.LEADER.STEPDOWN.S",
  "STREAM.what.is.this",
  "CONSUMER.CREATE.S",
  "CONSUMER.CREATE.S.c",
  "CONSUMER.CREATE.S.c.a.b",
  "CONSUMER.DURABLE.CREATE.S.c",
  "CONSUMER.NAMES.S",
  "CONSUMER.LIST.S",
  "CONSUMER.INFO.S.c",
  "CONSUMER.PAUSE.S.c",
  "CONSUMER.UNPIN.S.c",
  "CONSUMER.RESET.S.c",
  "STREAM.DELETE.none",
  "CONSUMER.DELETE.S.none",
];

/** Fields that requests know, so that values get past the names. */
const names = [
  "name",
  "subjects",
  "retention",
  "max_msgs",
  "max_age",
  "first_seq",
  "mirror",
  "sources",
  "placement",
  "metadata",
  "stream_name",
  "config",
  "action",
  "durable_name",
  "filter_subject",
  "filter_subjects",
  "backoff",
  "opt_start_time",
  "opt_start_seq",
  "pause_until",
  "priority_groups",
  "offset",
  "seq",
  "keep",
  "group",
  "last_by_subj",
  "next_by_subj",
  "start_time",
  "subjects_filter",
  "deleted_details",
  "__proto__",
];

const number = fc.oneof(
  fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }).map(String),
  fc.constantFrom("0", "-0", "1e400", "-1.5", "9223372036854775808", "9".repeat(5000)),
);
const text = fc.oneof(
  fc.string({ maxLength: 6, unit: "binary" }),
  fc.constantFrom("S", "c", "", ">", "*", "a.b", "2024-01-02T03:04:05Z", "0001-01-01T00:00:00Z"),
);
const { value } = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    number,
    text.map((each) => JSON.stringify(each)),
    fc.constantFrom("null", "true", "false", "{}", "[]"),
    fc.array(tie("value"), { maxLength: 3 }).map((values) => `[${values.join(",")}]`),
    fc
      .array(fc.tuple(fc.oneof(fc.constantFrom(...names), text), tie("value")), { maxLength: 5 })
      .map(
        (fields) => `{${fields.map(([key, each]) => `${JSON.stringify(key)}:${each}`).join(",")}}`,
      ),
  ),
}));

const body = fc.oneof(
  value,
  value.map((json) => `{"name":"S","stream_name":"S","config":${json}}`),
  fc.tuple(value, fc.nat()).map(([json, at]) => json.slice(0, at % (json.length + 1))),
  fc.constantFrom("[".repeat(200_000), '{"a":'.repeat(50_000), "\ufeff{}", " ", "\0", "nul"),
);
const bytes = fc.oneof(
  body.map((each) => new TextEncoder().encode(each)),
  fc.uint8Array({ maxLength: 60 }),
);

test("every request is answered once, whatever its body", () => {
  const stage = new Stage();
  stage.ask("$JS.API.STREAM.CREATE.S", '{"name":"S"}');
  stage.ask("$JS.API.CONSUMER.CREATE.S.c", '{"stream_name":"S"}');
  fc.assert(
    fc.property(fc.constantFrom(...requests), bytes, fc.boolean(), (request, sent, isStrict) => {
      stage.settings.isStrict = isStrict;
      const answer = stage.ask(`$JS.API.${request}`, sent);
      expect(answer?.["type"]).toStartWith("io.nats.jetstream.api.v1.");
      expect(stage.account.outlet.published).toEqual([]);
      expect(stage.account.counts.inflight).toBe(0);
    }),
    rounds,
  );
});

test("header blocks of any bytes are survived", () => {
  const stage = new Stage();
  fc.assert(
    fc.property(fc.string({ maxLength: 40 }), (line) => {
      const headers = `NATS/1.0\r\nNats-Required-Api-Level:${line}\r\n\r\n`;
      expect(stage.ask("$JS.API.STREAM.NAMES", "", headers)).not.toBeNull();
    }),
    rounds,
  );
});
