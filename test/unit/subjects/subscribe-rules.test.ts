import { describe, expect, test } from "bun:test";
import { parseQueuePattern, SubscribeRules } from "../../../src/subjects/subscribe-rules.ts";

describe("rules for subscribing", () => {
  // Answers of the reference server 2.15.1 to these rules, save where a test says otherwise.
  const rules = new SubscribeRules(
    ["foo.*", "q v1.*", "q2.>", "q2 w", "_INBOX.>"],
    ["foo.b", "foo.z q", "foo.x.>"],
  );

  test.each([
    ["foo.*", "", true],
    ["foo.b", "", false],
    ["foo.z", "q", false],
    ["foo.z", "", true],
    ["foo.z", "other", true],
    ["q", "", false],
    ["q", "v1.a", true],
    ["q", "v2", false],
    ["q", "v1.*", true],
    ["q2.a", "", true],
    ["q2", "", false],
    ["q2", "w", true],
    [">", "", false],
    ["*", "", false],
    ["foo.*", "q", true],
    ["foo.x.y", "", false],
    ["foo.a..", "", false],
  ])("%s in queue %p is %p", (subject, queue, may) => {
    expect(rules.maySubscribe(subject, queue)).toBe(may);
  });

  test("do not let a wide tail through a narrow list, unlike the reference", () => {
    expect(rules.maySubscribe("foo.>", "")).toBe(false);
    expect(new SubscribeRules(["*"], []).maySubscribe(">", "")).toBe(false);
  });

  test("allow only the named queues of a subject when queues are named", () => {
    const named = new SubscribeRules(["foo", "foo v1"], []);
    expect(named.maySubscribe("foo", "")).toBe(true);
    expect(named.maySubscribe("foo", "v1")).toBe(true);
    expect(named.maySubscribe("foo", "v2")).toBe(false);
    const plain = new SubscribeRules(["foo"], []);
    expect(plain.maySubscribe("foo", "any")).toBe(true);
  });

  test("allow all without an allow list, or with an empty one", () => {
    expect(new SubscribeRules(null, ["a"]).maySubscribe("b", "")).toBe(true);
    expect(new SubscribeRules([], ["a"]).maySubscribe("b", "")).toBe(true);
    expect(new SubscribeRules([], ["a"]).maySubscribe("a", "")).toBe(false);
  });

  test("filter deliveries where a wider subscription meets a denied subject", () => {
    const denying = new SubscribeRules(null, ["foo.b", "bar.x q"]);
    expect(denying.maySubscribe("foo.*", "")).toBe(true);
    expect(denying.needsDenyFilter("foo.*", "")).toBe(true);
    expect(denying.needsDenyFilter("bar.*", "")).toBe(false);
    expect(denying.needsDenyFilter("bar.*", "q")).toBe(true);
    expect(denying.needsDenyFilter("baz.>", "")).toBe(false);
    expect(denying.deniedFor("")).toEqual(["foo.b"]);
    expect(denying.deniedFor("q")).toEqual(["foo.b", "bar.x"]);
    expect(denying.deniedFor("other")).toEqual(["foo.b"]);
  });
});

describe("a pattern with a queue", () => {
  test("is read from two words", () => {
    expect(parseQueuePattern(" foo.*   v1.> ")).toEqual({
      ok: true,
      value: { subject: "foo.*", queue: "v1.>" },
    });
    expect(parseQueuePattern("foo")).toEqual({ ok: true, value: { subject: "foo", queue: null } });
  });

  test.each(["", "  ", "a b c", "a..b", "a b..c"])("is refused when it is %p", (text) => {
    expect(parseQueuePattern(text).ok).toBe(false);
  });
});
