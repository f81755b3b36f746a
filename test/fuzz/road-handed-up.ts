// What becomes of publishes that a fabric handed up: by the hash of what was seen they are dropped, or taken on.

import type { Fabric, SlotIndex } from "../../src/wasm/fabric.ts";
import { bytes } from "../contract/fabric/fabric-stage.ts";

const mappedTo = ["a", "b.c", "map.a", "_GR_.x", "nobody.there"] as const;
const tracedTo = ["a", "b.c", "_GR_.x"] as const;

export function takenMapped(fabric: Fabric, slot: SlotIndex, hash: number): string {
  if (hash % 4 === 0) {
    return "mapped nowhere";
  }
  const reached = fabric.publishMapped(slot, mappedTo[hash % mappedTo.length] ?? "a");
  return `mapped reached ${reached}`;
}

export function takenTraced(fabric: Fabric, slot: SlotIndex, hash: number): string {
  if (hash % 4 === 0) {
    return "traced nowhere";
  }
  const headers = hash % 5 === 0 ? bytes("NATS/1.0\r\nOther: 1\r\n\r\n") : undefined;
  const subject = tracedTo[hash % tracedTo.length] ?? "a";
  return `traced reached ${fabric.publishTraced(slot, subject, hash % 7 !== 0, headers)}`;
}
