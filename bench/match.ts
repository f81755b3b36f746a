// How long it takes to find who wants a subject: from the cache, past it, by wildcards, among a million others.

import { Bed, type Chunk, publishChunk } from "./fabrics.ts";
import { type MicroCase, runAlone } from "./micro.ts";

const million = 1_000_000;

/** Publishes on subjects of a vocabulary, round and round, in chunks. */
function rounds(bed: Bed, vocabulary: number): { step: () => void; messages: number } {
  const chunks: Chunk[] = [];
  let first = 0;
  while (first < Math.min(vocabulary, 400_000)) {
    const chunk = publishChunk((index) => `v.${index % vocabulary}.end`, 16, first);
    chunks.push(chunk);
    first += chunk.messages;
  }
  let next = 0;
  const step = (): void => {
    const chunk = chunks[next % chunks.length];
    next += 1;
    if (chunk !== undefined) {
      bed.feed(chunk.bytes);
    }
  };
  return { step, messages: first / chunks.length };
}

function preload(bed: Bed, count: number): void {
  const slot = bed.listener("preload.first");
  for (let at = 0; at < count; at += 1) {
    const token = at % 3 === 0 ? "*" : String(at % 977);
    bed.subscribe(slot, `sensors.${at}.${token}.value`, `p${at}`);
  }
}

function over(
  vocabulary: number,
  pattern: (index: number) => string,
  count = 1,
): MicroCase["prepare"] {
  return (fabric) => {
    const bed = new Bed(fabric);
    for (let at = 0; at < count; at += 1) {
      bed.listener(pattern(at));
    }
    return rounds(bed, vocabulary);
  };
}

export const matchCases: readonly MicroCase[] = [
  { name: "one subject, literal (cached)", prepare: over(1, () => "v.0.end") },
  { name: "1,000 subjects by * (cached)", prepare: over(1000, () => "v.*.end") },
  { name: "1,000 subjects by > (cached)", prepare: over(1000, () => "v.>") },
  {
    name: "400,000 subjects by * (past the cache)",
    prepare: over(400_000, () => "v.*.end"),
    isSlow: true,
  },
  {
    name: "400,000 subjects, 100 patterns that miss",
    prepare: over(400_000, (at) => `v.*.other.${at}`, 100),
    isSlow: true,
  },
  {
    // The twin looks at every subscription for every message: here it would take minutes.
    name: "one subject while 100,000 others stand",
    isWasmOnly: true,
    prepare: (fabric) => {
      const bed = new Bed(fabric);
      preload(bed, million / 10);
      bed.listener("v.0.end");
      return rounds(bed, 1);
    },
  },
  {
    name: "100,000 subjects while 1 M others stand",
    isWasmOnly: true,
    isSlow: true,
    prepare: (fabric) => {
      const bed = new Bed(fabric);
      preload(bed, million);
      bed.listener("v.*.end");
      return rounds(bed, million / 10);
    },
  },
];

if (import.meta.main) {
  await runAlone("match", matchCases);
}
