import { describe, expect, test } from "bun:test";
import { SnapshotSender } from "../../../../../src/jetstream/api/backup/snapshot-sender.ts";
import { ManualTime } from "../../../broker/broker-rig.ts";
import { StageOutlet } from "../api-stage.ts";

const deliverSubject = "_INBOX.backup";

function sending(): { outlet: StageOutlet; time: ManualTime; ends: (string | null)[] } {
  const outlet = new StageOutlet("A");
  const time = new ManualTime();
  const ends: (string | null)[] = [];
  new SnapshotSender({
    outlet,
    timers: time,
    writer: { take: () => new TextEncoder().encode("all of it") },
    deliverSubject,
    ackSubject: "$JS.SNAPSHOT.ACK.S.x",
    chunkBytes: 1024,
    windowBytes: 1024,
    onEnd: (failure) => ends.push(failure),
  }).start();
  return { outlet, time, ends };
}

describe("a backup waits for who asked for it", () => {
  test("and comes within milliseconds of their subscription", () => {
    const { outlet, time, ends } = sending();
    time.advance(2);
    expect(outlet.published).toEqual([]);
    outlet.interest.add(deliverSubject);
    time.advance(5);
    expect(outlet.published.map(({ body }) => body)).toEqual(["all of it", ""]);
    expect(ends).toEqual([null]);
  });

  test("but not longer than two seconds", () => {
    const { outlet, time, ends } = sending();
    time.advance(1900);
    expect(ends).toEqual([]);
    time.advance(200);
    expect(ends).toEqual(["no interest"]);
    expect(outlet.published.map(({ subject }) => subject)).toEqual([deliverSubject]);
  });
});
