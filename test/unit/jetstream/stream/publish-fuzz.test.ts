import { expect, test } from "bun:test";
import { natsHeaderNames } from "../../../../src/jetstream/stream/nats-headers.ts";
import { FeatureRig } from "./feature-rig.ts";

const rounds = Number(process.env["STREAM_FUZZ_ROUNDS"] ?? 3000);
const values = [
  "",
  " ",
  "0",
  "1",
  "-1",
  "+5",
  "99999999999999999999",
  "1e9",
  "s.a",
  "s.*",
  "s..a",
  ">",
  "sub",
  "all",
  "never",
  "1s",
  "@every 1s",
  "@at 2030-01-01T00:00:00Z",
  "* * * * * *",
  "UTC",
  "purge",
  "eob",
  "\u00ff\ufffd",
  "{",
  "NATS/1.0",
];

test("whatever stands in the headers of a publish, it is answered or stored, and nothing throws", () => {
  const rig = new FeatureRig();
  let seed = 99;
  const below = (bound: number): number => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fffffff;
    return (seed >> 8) % bound;
  };
  const names = ["P", "Q", "R"];
  rig.open({
    name: "P",
    subjects: ["p.>"],
    allowMessageTtl: true,
    allowRollup: true,
    allowAtomic: true,
    allowBatched: true,
    allowSchedules: true,
    maxMessagesPerSubject: 5,
  });
  rig.open({ name: "Q", subjects: ["q.>"], allowCounter: true });
  rig.open({ name: "R", subjects: ["r.>"], retention: "interest", maxMessages: 10 });
  let answers = 0;
  for (let round = 0; round < rounds; round++) {
    const headers = Object.fromEntries(
      Array.from({ length: below(4) }, () => [
        natsHeaderNames[below(natsHeaderNames.length)] ?? "",
        values[below(values.length)] ?? "",
      ]),
    );
    const stream = names[below(names.length)] ?? "";
    const subject = `${stream.toLowerCase()}.${below(3)}`;
    const reply = below(10) === 0 ? `x.id.${below(3)}.ok.${below(3)}.${below(6)}.$FI` : "";
    answers += rig.send(subject, headers, "x".repeat(below(3)), reply).length;
    if (round % 50 === 0) {
      rig.time.advance(below(2000));
    }
  }
  expect(answers).toBeGreaterThan(rounds / 2);
});
