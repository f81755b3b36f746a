import { expect, test } from "bun:test";
import { headerEntries } from "../../../../src/protocol/headers.ts";
import { StreamRig } from "./stream-rig.ts";

test("what is stored is published once more, with its place and the one before on its subject", () => {
  const rig = new StreamRig({ republish: { src: "s.>", dest: "copy.>", headersOnly: false } });
  const heard = rig.listen("copy.>");
  rig.publish("s.a", "one");
  rig.publish("s.b", "two", { A: "1" });
  rig.publish("s.a", "three");
  expect(
    heard.map(({ subject, headers, body }) => [
      subject,
      Object.fromEntries(headerEntries(headers)),
      new TextDecoder().decode(body),
    ]),
  ).toEqual([
    ["copy.a", facts("s.a", 1, 0), "one"],
    ["copy.b", { A: "1", ...facts("s.b", 2, 0) }, "two"],
    ["copy.a", facts("s.a", 3, 1), "three"],
  ]);
});

test("headers alone tell the size of what was left out", () => {
  const rig = new StreamRig({ republish: { src: ">", dest: "copy.>", headersOnly: true } });
  const heard = rig.listen("copy.>");
  rig.publish("s.a", "one");
  expect(heard.map(({ body }) => body.length)).toEqual([0]);
  expect(headerEntries(heard[0]?.headers ?? new Uint8Array(0)).at(-1)).toEqual([
    "Nats-Msg-Size",
    "3",
  ]);
});

test("it leaves when the message is durable, before the acknowledgement; what does not match stays", () => {
  const rig = new StreamRig({ republish: { src: "s.a", dest: "copy", headersOnly: false } });
  const heard = rig.listen("copy");
  rig.isHolding = true;
  rig.ask("s.a");
  rig.ask("s.b");
  rig.time.turn();
  expect(heard).toHaveLength(0);
  rig.release();
  expect(heard).toHaveLength(1);
});

test("a failed store republishes nothing", () => {
  const rig = new StreamRig({ republish: { src: "s.a", dest: "copy", headersOnly: false } });
  const heard = rig.listen("copy");
  rig.isHolding = true;
  rig.ask("s.a");
  rig.store.break("gone");
  expect(heard).toHaveLength(0);
});

function facts(subject: string, sequence: number, last: number): Record<string, string> {
  return {
    "Nats-Stream": "S",
    "Nats-Subject": subject,
    "Nats-Sequence": String(sequence),
    "Nats-Time-Stamp": "2026-11-22T23:32:21Z",
    "Nats-Last-Sequence": String(last),
  };
}
