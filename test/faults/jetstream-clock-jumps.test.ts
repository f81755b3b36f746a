// The wall clock jumps forwards and backwards under streams and consumers: nothing is lost before its time, nothing stays
// for good, and what is waited for by time that goes by does not notice.

import { describe, expect, test } from "bun:test";
import { ConsumerRig, type Received, seconds } from "../unit/jetstream/consumer/consumer-rig.ts";
import { StreamRig } from "../unit/jetstream/stream/stream-rig.ts";

const hour = 3_600_000;
const jumps = [24 * hour, hour, 1500, -1500, -hour, -24 * hour] as const;

function fetched(rig: ConsumerRig, name: string, count: number): readonly Received[] {
  const inbox = rig.inbox(name);
  rig.pull(inbox, { batch: count, no_wait: true });
  return inbox.take().filter(({ status }) => status === "");
}

describe.each(jumps)("a clock that jumps by %d ms", (jump) => {
  test("neither hastens nor delays a redelivery", () => {
    const rig = new ConsumerRig({ ackWaitNanos: seconds(30) }).start().store(2);
    const [first] = fetched(rig, "one", 2);
    rig.time.advance(10_000);
    rig.time.setWall(jump);
    rig.time.advance(19_000);
    rig.ack(first);
    expect(fetched(rig, "two", 2)).toEqual([]);
    rig.time.advance(1200);
    expect(fetched(rig, "three", 2)).toMatchObject([{ stream: 2, deliveries: 2 }]);
  });

  test("makes a redelivery after a restart come at once or in its whole wait, and once", () => {
    const rig = new ConsumerRig({ ackWaitNanos: seconds(30) }).start().store(1);
    fetched(rig, "one", 1);
    rig.time.advance(10_000);
    rig.time.setWall(jump);
    rig.crash();
    rig.time.advance(30_100);
    expect(fetched(rig, "two", 2)).toMatchObject([{ stream: 1, deliveries: 2 }]);
    expect(fetched(rig, "three", 2)).toEqual([]);
  });

  test("lets no message expire before its age by either clock, and none stay", () => {
    const rig = new StreamRig({ maxAgeNanos: seconds(60) });
    rig.publish("s.a", "before");
    rig.time.advance(20_000);
    rig.time.setWall(jump);
    rig.publish("s.a", "after");
    rig.time.advance(39_000);
    // Older by the clock on the wall, it may go; not older, it may not.
    if (jump < 0) {
      expect(rig.sequences).toEqual([1, 2]);
    }
    expect(rig.sequences).toContain(2);
    rig.time.setWall(-jump);
    rig.time.advance(62_000 + Math.max(0, jump));
    expect(rig.sequences).toEqual([]);
    expect(rig.publish("s.a")).toContain('"seq":3');
  });

  test("lets a message with a time to live go, sooner or later", () => {
    const rig = new StreamRig({ allowMessageTtl: true });
    rig.publish("s.a", "before", { "Nats-TTL": "60s" });
    rig.publish("s.b", "for ever", { "Nats-TTL": "never" });
    rig.time.advance(20_000);
    rig.time.setWall(jump);
    rig.publish("s.a", "after", { "Nats-TTL": "60s" });
    rig.time.advance(30_000);
    expect(rig.sequences).toContain(3);
    rig.time.setWall(-jump);
    rig.time.advance(62_000 + Math.max(0, jump));
    expect(rig.sequences).toEqual([2]);
  });

  test("keeps message ids apart while their window is open", () => {
    const rig = new StreamRig({ duplicateWindowNanos: seconds(60) });
    rig.publish("s.a", "", { "Nats-Msg-Id": "one" });
    rig.time.advance(1000);
    rig.time.setWall(jump);
    rig.publish("s.a", "", { "Nats-Msg-Id": "two" });
    rig.time.advance(30_000);
    expect(rig.publish("s.a", "", { "Nats-Msg-Id": "two" })).toContain('"duplicate": true');
    if (jump < 30_000) {
      expect(rig.publish("s.a", "", { "Nats-Msg-Id": "one" })).toContain('"duplicate": true');
    }
    rig.time.setWall(-jump);
    rig.time.advance(125_000 + Math.max(0, jump));
    expect(rig.publish("s.a", "", { "Nats-Msg-Id": "one" })).not.toContain("duplicate");
    expect(rig.publish("s.a", "", { "Nats-Msg-Id": "two" })).not.toContain("duplicate");
  });
});
