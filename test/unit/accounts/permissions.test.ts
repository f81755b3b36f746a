import { describe, expect, test } from "bun:test";
import { isLimitReached, payloadLimit, subscriptionLimit } from "../../../src/accounts/limits.ts";
import { Permissions } from "../../../src/accounts/permissions.ts";
import { noLimits, type PermissionOptions } from "../../../src/config/options.ts";

function permissions(parts: Partial<PermissionOptions>): Permissions {
  return new Permissions({
    publish: { allow: null, deny: [] },
    subscribe: { allow: null, deny: [] },
    responses: null,
    ...parts,
  });
}

describe("permissions", () => {
  test("an allow list allows what it covers, a deny list takes away", () => {
    const rules = permissions({ subscribe: { allow: ["a.>", "b"], deny: ["a.secret"] } });
    expect(rules.maySubscribe("a.x", "")).toBe(true);
    expect(rules.maySubscribe("a.secret", "")).toBe(false);
    expect(rules.maySubscribe("c", "")).toBe(false);
  });

  test("an entry with a queue allows that queue only", () => {
    const rules = permissions({ subscribe: { allow: ["a q1"], deny: [] } });
    expect(rules.maySubscribe("a", "q1")).toBe(true);
    expect(rules.maySubscribe("a", "q2")).toBe(false);
    expect(rules.maySubscribe("a", "")).toBe(false);
  });

  test("a wildcard that touches denied subjects is filtered at delivery", () => {
    const rules = permissions({ subscribe: { allow: null, deny: ["a.secret"] } });
    expect(rules.needsDenyFilter("a.*")).toBe(true);
    expect(rules.needsDenyFilter("b.*")).toBe(false);
    expect(rules.needsDenyFilter("a.x")).toBe(false);
    expect(rules.spec().subscribeDeny).toEqual(["a.secret"]);
  });

  test("who may only answer may publish nothing else", () => {
    const responses = { max: 1, millis: 1000 };
    const rules = permissions({ responses });
    expect(rules.spec()).toEqual({
      publishAllow: [],
      publishDeny: [],
      subscribeDeny: [],
      responses,
    });
  });

  test("the lists alone say where one may publish", () => {
    const rules = permissions({ publish: { allow: ["a.*", "b"], deny: ["a.no"] } });
    expect(["a.x", "b", "a.no", "c"].map((subject) => rules.mayPublish(subject))).toEqual([
      true,
      true,
      false,
      false,
    ]);
    expect(permissions({}).mayPublish("any")).toBe(true);
    expect(permissions({ responses: { max: 1, millis: 1 } }).mayPublish("any")).toBe(false);
  });

  test("what is denied is kept from subscriptions that were allowed", () => {
    const rules = permissions({ subscribe: { allow: null, deny: ["a.no", "a.mine q"] } });
    expect(rules.deniesDelivery("a.no", "")).toBe(true);
    expect(rules.deniesDelivery("a.x", "")).toBe(false);
    expect(rules.deniesDelivery("a.mine", "")).toBe(false);
    expect(rules.deniesDelivery("a.mine", "q")).toBe(true);
  });

  test("entries that are no subjects are left out", () => {
    const rules = permissions({ publish: { allow: ["a", "b..c"], deny: ["d q", ""] } });
    expect(rules.spec().publishAllow).toEqual(["a"]);
    expect(rules.spec().publishDeny).toEqual(["d"]);
  });
});

describe("limits", () => {
  test("the lower of two holds, and none is none", () => {
    expect(isLimitReached(-1, 1000)).toBe(false);
    expect(isLimitReached(2, 1)).toBe(false);
    expect(isLimitReached(2, 2)).toBe(true);
    expect(payloadLimit(1000, noLimits)).toBe(1000);
    expect(payloadLimit(1000, { ...noLimits, maxPayload: 10 })).toBe(10);
    expect(subscriptionLimit(0, { ...noLimits, maxSubscriptions: 3 })).toBe(3);
    expect(subscriptionLimit(2, { ...noLimits, maxSubscriptions: 3 })).toBe(2);
  });
});
