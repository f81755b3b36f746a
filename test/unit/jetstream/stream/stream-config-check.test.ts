import { describe, expect, test } from "bun:test";
import type { StreamSourceConfig } from "../../../../src/jetstream/stream/source-config.ts";
import type { StreamCheckContext } from "../../../../src/jetstream/stream/stream-check.ts";
import type { StreamConfig } from "../../../../src/jetstream/stream/stream-config.ts";
import {
  checkNewStream,
  checkStreamConfig,
} from "../../../../src/jetstream/stream/stream-config-check.ts";
import { checkStreamUpdate } from "../../../../src/jetstream/stream/stream-update-check.ts";
import { plainConfig } from "./stream-rig.ts";

const second = 1_000_000_000n;

/** As it is asked for: nothing said. */
const asked: StreamConfig = {
  ...plainConfig,
  subjects: [],
  maxConsumers: 0,
  maxMessages: 0,
  maxBytes: 0,
  maxMessagesPerSubject: 0,
  maxMessageSize: 0,
  replicas: 0,
  duplicateWindowNanos: 0n,
};

const origin: StreamSourceConfig = {
  name: "T",
  optStartSequence: 0n,
  optStartTimeNanos: null,
  filterSubject: "",
  subjectTransforms: [],
  external: null,
  consumer: null,
};

function context(others: readonly StreamConfig[] = [], isPedantic = false): StreamCheckContext {
  return {
    isPedantic,
    duplicateWindowLimitNanos: 0n,
    maxBytesRequired: false,
    maxStreamBytes: () => 0,
    configOf: (name) => others.find((other) => other.name === name) ?? null,
  };
}

function kept(config: Partial<StreamConfig>, others: readonly StreamConfig[] = []): StreamConfig {
  const checked = checkNewStream({ ...asked, ...config }, context(others));
  if (!checked.ok) {
    throw new Error(checked.refusal.description);
  }
  return checked.value;
}

function refusal(
  config: Partial<StreamConfig>,
  others: readonly StreamConfig[] = [],
  isPedantic = false,
): string {
  const checked = checkNewStream({ ...asked, ...config }, context(others, isPedantic));
  return checked.ok ? "ok" : `${checked.refusal.errCode} ${checked.refusal.description}`;
}

describe("a new stream", () => {
  test("gets defaults for what was not said", () => {
    expect(kept({})).toEqual({
      ...asked,
      subjects: ["S"],
      maxConsumers: -1,
      maxMessages: -1,
      maxBytes: -1,
      maxMessagesPerSubject: -1,
      maxMessageSize: -1,
      replicas: 1,
      duplicateWindowNanos: 120n * second,
    });
    expect(kept({ maxAgeNanos: second }).duplicateWindowNanos).toBe(second);
    expect(kept({ sources: [origin] }).duplicateWindowNanos).toBe(0n);
    expect(kept({ sources: [origin] }).subjects).toEqual([]);
  });

  test("may not have any name, description or metadata", () => {
    const names = "stream name is required and can not contain '.', '*', '>', '\\', '/'";
    for (const name of ["", "a.b", "a*", "a>", "a/b", "a\\b", "a b"]) {
      expect(refusal({ name })).toBe(`10052 ${names}`);
    }
    expect(refusal({ name: "x".repeat(256) })).toBe(
      "10052 stream name is too long, maximum allowed is 255",
    );
    expect(refusal({ description: "x".repeat(4097) })).toBe(
      "10052 stream description is too long, maximum allowed is 4096",
    );
    expect(refusal({ metadata: { a: "x".repeat(128 * 1024) } })).toBe(
      "10052 stream metadata exceeds maximum size of 131072 bytes",
    );
  });

  test("may not have contradicting ages and windows", () => {
    expect(refusal({ maxAgeNanos: -1n })).toBe("10052 max age can not be negative");
    expect(refusal({ maxAgeNanos: 1000n })).toBe("10052 max age needs to be >= 100ms");
    expect(refusal({ duplicateWindowNanos: -1n })).toBe(
      "10052 duplicates window can not be negative",
    );
    expect(refusal({ duplicateWindowNanos: 1000n })).toBe(
      "10052 duplicates window needs to be >= 100ms",
    );
    expect(refusal({ duplicateWindowNanos: 2n * second, maxAgeNanos: second })).toBe(
      "10052 duplicates window can not be larger then max age",
    );
    const limited = { ...context(), duplicateWindowLimitNanos: 60n * second };
    const over = checkStreamConfig({ ...asked, duplicateWindowNanos: 61n * second }, limited);
    expect(over).toMatchObject({
      refusal: {
        description: "duplicates window can not be larger then server limit of 1m0s",
      },
    });
    const fitted = checkStreamConfig(asked, limited);
    expect(fitted).toMatchObject({ value: { duplicateWindowNanos: 60n * second } });
  });

  test("may not begin where numbers are not exact any more", () => {
    expect(refusal({ firstSequence: 2 ** 53 - 1 })).toBe(
      "10052 first sequence above 9007194959773696 is not supported",
    );
    expect(refusal({ firstSequence: 2 ** 53 - 2 ** 32 })).toBe("ok");
  });

  test("may not have features that exclude each other", () => {
    const cases: readonly (readonly [Partial<StreamConfig>, string])[] = [
      [{ denyPurge: true, allowRollup: true }, "roll-ups require the purge permission"],
      [{ allowCounter: true, discard: "new" }, "counter stream cannot use discard new"],
      [{ allowCounter: true, allowMessageTtl: true }, "counter stream cannot use message TTLs"],
      [
        { allowCounter: true, retention: "interest" },
        "counter stream can only use limits retention",
      ],
      [
        { discardNewPerSubject: true },
        "discard new per subject requires discard new policy to be set",
      ],
      [
        { discardNewPerSubject: true, discard: "new" },
        "discard new per subject requires max msgs per subject > 0",
      ],
      [{ subjectDeleteMarkerTtlNanos: 1n }, "subject delete marker TTL must be at least 1 second"],
      [{ allowSchedules: true, discard: "new" }, "message scheduling cannot use discard new"],
      [
        { persistMode: "async", storage: "memory" },
        "async persist mode is only supported on file storage",
      ],
      [
        { placement: { cluster: "", tags: [], preferred: "x" } },
        "preferred server not permitted in placement",
      ],
    ];
    for (const [config, text] of cases) {
      expect(refusal(config)).toBe(`10052 ${text}`);
    }
    expect(refusal({ replicas: 3 })).toBe("10074 replicas > 1 not supported in non-clustered mode");
    expect(refusal({ replicas: 6 })).toBe("10052 maximum replicas is 5");
    expect(refusal({ replicas: -1 })).toBe("10133 replicas count cannot be negative");
  });

  test("gets what its features need", () => {
    expect(kept({ subjectDeleteMarkerTtlNanos: second, denyPurge: true })).toMatchObject({
      allowMessageTtl: true,
      allowRollup: true,
      denyPurge: false,
    });
    expect(kept({ placement: { cluster: "", tags: [], preferred: "" } }).placement).toBeNull();
  });

  test("is told so instead where it is pedantic", () => {
    expect(refusal({ maxMessages: -2 }, [], true)).toBe(
      "10157 pedantic mode: max_msgs must be set to -1",
    );
    expect(refusal({ maxAgeNanos: second }, [], true)).toBe(
      "10157 pedantic mode: duplicate window cannot be bigger than max age",
    );
    expect(refusal({ subjectDeleteMarkerTtlNanos: second }, [], true)).toBe(
      "10052 subject delete marker cannot be set if message TTLs are disabled",
    );
  });

  test("may not have any subjects", () => {
    expect(refusal({ subjects: ["a..b"] })).toBe("10052 invalid subject");
    expect(refusal({ subjects: ["a", "a"] })).toBe('10052 subject "a" overlaps with "a"');
    expect(refusal({ subjects: ["a.*", "a.b"] })).toBe('10052 subject "a.*" overlaps with "a.b"');
    expect(refusal({ subjects: [">"] })).toBe(
      "10052 capturing all subjects requires no-ack to be true",
    );
    expect(refusal({ subjects: [">"], noAck: true })).toBe("ok");
    expect(refusal({ subjects: ["$JS.API.>"] })).toBe(
      "10052 subjects that overlap with jetstream api require no-ack to be true",
    );
    expect(refusal({ subjects: ["$JS.EVENT.ADVISORY.>"] })).toBe("ok");
    expect(refusal({ subjects: ["$SYS.>"] })).toBe(
      "10052 subjects that overlap with system api require no-ack to be true",
    );
    expect(refusal({ subjects: ["$SYS.ACCOUNT.>"] })).toBe("ok");
  });

  test("may not rewrite or republish its subjects in any way", () => {
    expect(refusal({ subjects: ["a"], subjectTransform: { src: "a..b", dest: "b" } })).toBe(
      "10155 stream transform source: invalid subject a..b",
    );
    expect(refusal({ subjects: ["a"], subjectTransform: { src: "a", dest: "b.$1" } })).toBe(
      "10156 stream transform: invalid mapping destination: wildcard index out of range in $1",
    );
    expect(
      refusal({ subjects: ["a.*"], republish: { src: ">", dest: "a.b", headersOnly: false } }),
    ).toBe("10052 stream configuration for republish destination forms a cycle");
    expect(
      refusal({ subjects: ["a"], republish: { src: "a", dest: "b.>", headersOnly: false } }),
    ).toBe("10052 stream configuration for republish with transform from 'a' to 'b.>' not valid");
    const republish = { src: "", dest: "b.>", headersOnly: false };
    expect(kept({ subjects: ["a"], republish }).republish?.src).toBe(">");
  });

  test("needs a limit of bytes where the account wants one, within the account's", () => {
    const account = { ...context(), maxBytesRequired: true, maxStreamBytes: () => 100 };
    expect(checkStreamConfig(asked, account)).toMatchObject({ refusal: { errCode: 10113 } });
    expect(checkStreamConfig({ ...asked, maxBytes: 101 }, account)).toMatchObject({
      refusal: { errCode: 10122 },
    });
    expect(checkStreamConfig({ ...asked, maxBytes: 100 }, account)).toMatchObject({ ok: true });
  });
});

describe("a mirror", () => {
  test("has nothing of its own", () => {
    const mirror = origin;
    expect(refusal({ mirror, subjects: ["a"] })).toContain("10034");
    expect(refusal({ mirror, firstSequence: 5 })).toContain("10143");
    expect(refusal({ mirror, sources: [origin] })).toContain("10031");
    expect(refusal({ mirror, allowCounter: true })).toContain("10173");
    expect(refusal({ mirror, subjectDeleteMarkerTtlNanos: second })).toBe(
      "10052 subject delete markers forbidden on mirrors",
    );
    expect(refusal({ mirror: { ...origin, name: "a.b" } })).toContain("10142");
    expect(
      refusal({
        mirror: { ...origin, filterSubject: "a", subjectTransforms: [{ src: "a", dest: "" }] },
      }),
    ).toContain("10150");
  });

  test("answers direct gets as its origin does, and may not be narrower", () => {
    const other = { ...plainConfig, name: "T", allowDirect: true, maxMessageSize: 100 };
    expect(kept({ mirror: origin }, [other]).mirrorDirect).toBe(true);
    expect(refusal({ mirror: origin, maxMessageSize: 99 }, [other])).toContain("10030");
  });
});

describe("sources", () => {
  test("are each something else", () => {
    expect(refusal({ sources: [origin, origin] })).toContain("10140");
    expect(refusal({ sources: [origin, { ...origin, filterSubject: "a" }] })).toBe("ok");
    expect(refusal({ sources: [{ ...origin, name: "" }] })).toContain("10141");
    const transforms = [
      { src: "a.*", dest: "" },
      { src: "a.b", dest: "" },
    ];
    expect(refusal({ sources: [{ ...origin, subjectTransforms: transforms }] })).toContain("10147");
  });

  test("do not feed each other in a circle", () => {
    const other = { ...plainConfig, name: "T", sources: [{ ...origin, name: "S" }] };
    expect(refusal({ sources: [origin] }, [other])).toBe("10052 detected cycle");
    const apart = {
      ...plainConfig,
      name: "T",
      subjects: ["t"],
      sources: [{ ...origin, name: "S", filterSubject: "b" }],
    };
    expect(refusal({ subjects: ["a"], sources: [origin] }, [apart])).toBe("ok");
  });

  test("behind a prefix are not behind the API's own", () => {
    const external = { api: "$JS.API", deliver: "" };
    expect(refusal({ sources: [{ ...origin, external }] })).toBe(
      "10021 stream external api prefix $JS.API must not overlap with $JS.API",
    );
    expect(
      refusal({ sources: [{ ...origin, external: { api: "$JS.hub.API", deliver: "a.*" } }] }),
    ).toBe("10024 stream external delivery prefix a.* must not contain wildcards");
  });
});

describe("an update", () => {
  const former = kept({ subjects: ["a"] });
  const update = (change: Partial<StreamConfig>, from: Partial<StreamConfig> = {}): string => {
    const old = { ...former, ...from };
    const checked = checkStreamUpdate(old, { ...old, ...change }, context());
    return checked.ok ? "ok" : `${checked.refusal.errCode} ${checked.refusal.description}`;
  };

  test("may not change what a stream is", () => {
    const cannot = "10052 stream configuration update can not";
    expect(update({ name: "T" })).toBe("10052 stream configuration name must match original");
    expect(update({ storage: "memory" })).toBe(`${cannot} change storage type`);
    expect(update({ retention: "workqueue" })).toBe(
      `${cannot} change retention policy to/from workqueue`,
    );
    expect(update({ retention: "interest" })).toBe("ok");
    expect(update({ sealed: false }, { sealed: true })).toBe(`${cannot} unseal a sealed stream`);
    expect(update({ denyDelete: false }, { denyDelete: true })).toBe(
      `${cannot} cancel deny message deletes`,
    );
    expect(update({ denyPurge: false }, { denyPurge: true })).toBe(`${cannot} cancel deny purge`);
    expect(update({ allowMessageTtl: false }, { allowMessageTtl: true })).toBe(
      "10052 message TTL status can not be disabled",
    );
    expect(update({ allowCounter: true })).toBe(`${cannot} change message counter setting`);
    expect(update({ allowSchedules: false }, { allowSchedules: true, allowRollup: true })).toBe(
      "10052 message schedules can not be disabled",
    );
    expect(update({ persistMode: "async" })).toBe(`${cannot} change persist mode`);
    expect(update({ replicas: 3 })).toContain("10074");
  });

  test("may take a mirror's origin away, but not exchange it", () => {
    const from = { mirror: origin, subjects: [] };
    expect(update({ mirror: null, subjects: ["a"] }, from)).toBe("ok");
    expect(update({ mirror: { ...origin, name: "U" } }, from)).toContain("10055");
    expect(update({ mirror: { ...origin } }, from)).toBe("ok");
  });

  test("that seals closes every way out", () => {
    const checked = checkStreamUpdate(
      former,
      { ...former, sealed: true, allowRollup: true, maxAgeNanos: 200n * second },
      context(),
    );
    expect(checked).toMatchObject({
      value: {
        sealed: true,
        maxAgeNanos: 0n,
        discard: "new",
        denyDelete: true,
        denyPurge: true,
        allowRollup: false,
      },
    });
  });
});
