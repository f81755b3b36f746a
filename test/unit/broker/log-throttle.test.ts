import { expect, test } from "bun:test";
import { LogThrottle } from "../../../src/broker/log-throttle.ts";
import { ManualTime } from "./broker-rig.ts";

test("a statement is let through once a second, each for itself", () => {
  const time = new ManualTime();
  const throttle = new LogThrottle(time);
  expect(throttle.allows("a")).toBeTrue();
  expect(throttle.allows("a")).toBeFalse();
  expect(throttle.allows("b")).toBeTrue();
  time.advance(999);
  expect(throttle.allows("a")).toBeFalse();
  time.advance(1);
  expect(throttle.allows("a")).toBeTrue();
});
