// How long the parser takes for a message that nobody wants.

import { Bed, publishChunk } from "./fabrics.ts";
import { type MicroCase, runAlone } from "./micro.ts";

const encoder: TextEncoder = new TextEncoder();
const headers = "NATS/1.0\r\nKey: value\r\n\r\n";

function publishes(size: number, block = ""): MicroCase["prepare"] {
  return (fabric) => {
    const bed = new Bed(fabric);
    const { bytes, messages } = publishChunk(() => "nobody.listens.here", size, 0, block);
    return { step: () => void bed.feed(bytes), messages };
  };
}

export const parseCases: readonly MicroCase[] = [
  { name: "PUB 16 B", prepare: publishes(16) },
  { name: "PUB 128 B", prepare: publishes(128) },
  { name: "PUB 1 KiB", prepare: publishes(1024) },
  { name: "HPUB 128 B", prepare: publishes(128, headers) },
  {
    name: "PUB 16 B in chunks of 100 B",
    prepare: (fabric) => {
      const bed = new Bed(fabric);
      const { bytes, messages } = publishChunk(() => "nobody.listens.here", 16);
      const pieces: Uint8Array[] = [];
      for (let at = 0; at < bytes.length; at += 100) {
        pieces.push(bytes.slice(at, at + 100));
      }
      const step = (): void => {
        for (const piece of pieces) {
          bed.feed(piece);
        }
      };
      return { step, messages };
    },
  },
  {
    name: "PING",
    prepare: (fabric) => {
      const bed = new Bed(fabric);
      const bytes = encoder.encode("PING\r\n".repeat(1000));
      return { step: () => void bed.feed(bytes), messages: 1000 };
    },
  },
  {
    name: "SUB and UNSUB",
    prepare: (fabric) => {
      const bed = new Bed(fabric);
      const pairs = Array.from(
        { length: 500 },
        (_, at) => `SUB a.b.${at} ${at}\r\nUNSUB ${at}\r\n`,
      );
      const bytes = encoder.encode(pairs.join(""));
      return { step: () => void bed.feed(bytes), messages: 500 };
    },
  },
];

if (import.meta.main) {
  await runAlone("parse", parseCases);
}
