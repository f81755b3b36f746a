// How long a delivery takes, from the publisher's bytes to whole frames in the receivers' outboxes.

import { Bed, publishChunk } from "./fabrics.ts";
import { type MicroCase, runAlone } from "./micro.ts";

const headers = "NATS/1.0\r\nKey: value\r\n\r\n";

function to(receivers: number, size: number, queue = "", block = ""): MicroCase["prepare"] {
  return (fabric) => {
    const bed = new Bed(fabric);
    for (let at = 0; at < receivers; at += 1) {
      bed.listener("deliver.here", queue);
    }
    const { bytes, messages } = publishChunk(() => "deliver.here", size, 0, block);
    const copies = queue === "" ? receivers : 1;
    return { step: () => void bed.feed(bytes), messages: messages * copies };
  };
}

export const deliverCases: readonly MicroCase[] = [
  { name: "1 to 1, 16 B", prepare: to(1, 16) },
  { name: "1 to 1, 128 B", prepare: to(1, 128) },
  { name: "1 to 1, 1 KiB", prepare: to(1, 1024) },
  { name: "1 to 1, 16 KiB", prepare: to(1, 16 * 1024) },
  { name: "1 to 4, 128 B", prepare: to(4, 128) },
  { name: "1 to 100, 128 B", prepare: to(100, 128) },
  { name: "queue group of 4, 128 B", prepare: to(4, 128, "workers") },
  { name: "with headers, 128 B", prepare: to(1, 128, "", headers) },
];

if (import.meta.main) {
  await runAlone("deliver", deliverCases);
}
