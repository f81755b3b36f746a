import { expect, test } from "bun:test";
import { SystemRig } from "./system-rig.ts";

const subject = "$SYS.SERVER.NID.STATSZ";

function timesHeard(rig: SystemRig, millis: number): number[] {
  const times: number[] = [];
  rig.operator.subscribe(subject, {
    deliver: (): void => {
      times.push(rig.time.monotonicMillis());
    },
  });
  rig.statistics.start();
  rig.time.advance(millis);
  return times;
}

test("the first comes soon, the next at growing distances up to ten seconds", () => {
  expect(timesHeard(new SystemRig(), 46_000)).toEqual([
    250, 1250, 3250, 7250, 15_250, 25_250, 35_250, 45_250,
  ]);
});

test("nothing is sent while nobody listens", () => {
  const rig = new SystemRig();
  rig.statistics.start();
  rig.time.advance(8000);
  const heard = rig.hear(subject);
  rig.time.advance(10_000);
  expect(heard.map(({ body }) => body.server)).toMatchObject([{ seq: 1 }]);
});

test("disposing stops the timer", () => {
  const rig = new SystemRig();
  rig.statistics.start();
  expect(rig.time.pending).toBe(1);
  rig.statistics[Symbol.dispose]();
  expect(rig.time.pending).toBe(0);
});

test("a request without a reply subject is answered by a broadcast, however close to the last", () => {
  const rig = new SystemRig();
  const heard = rig.hear(subject);
  const request = {
    subject: "$SYS.REQ.SERVER.PING.STATSZ",
    reply: "",
    headers: new Uint8Array(0),
    body: new Uint8Array(0),
  };
  rig.statistics.answer(request);
  rig.statistics.answer(request);
  expect(heard.length).toBe(2);
});
