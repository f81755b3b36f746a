import { describe, expect, test } from "bun:test";
import { PermissionSets } from "../../../src/broker/permission-sets.ts";
import type { PermissionOptions } from "../../../src/config/options.ts";
import { fabrics } from "./broker-rig.ts";

const options: PermissionOptions = {
  publish: { allow: ["a"], deny: [] },
  subscribe: { allow: null, deny: ["b"] },
  responses: null,
};

describe.each(fabrics)("permission sets over %s", (_name, makeFabric) => {
  test("are shared by those who have the same, and closed behind the last", () => {
    const sets = new PermissionSets(makeFabric());
    const [one, other] = [sets.acquire(options), sets.acquire(options)];
    expect(one).not.toBeNull();
    expect(one?.ref).toBe(other?.ref as never);
    expect(one?.limitsSubscriptions).toBeTrue();
    sets.release(one);
    expect(sets.acquire(options)).toBe(other);
    sets.release(other);
    sets.release(other);
    expect(sets.acquire(options)).not.toBe(other);
  });

  test("do not exist for who may do everything", () => {
    const sets = new PermissionSets(makeFabric());
    expect(sets.acquire(null)).toBeNull();
    sets.release(null);
  });
});
