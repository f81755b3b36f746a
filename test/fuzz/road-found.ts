// What the fuzz found, shortened and kept for good.

import type { Step } from "./road-step.ts";

export const foundByFuzz: readonly (readonly Step[])[] = [
  // A lone carriage return parts the arguments of SUB.
  [
    { kind: "open", client: 4, options: {} },
    { kind: "bytes", client: 4, bytes: "SUB 4\rG\nSUB a 1\r\r\n", cuts: [6, 11] },
  ],
  // A refused frame lists its slot, also when only the limit was lowered.
  [
    { kind: "open", client: 2, options: {} },
    { kind: "bytes", client: 2, bytes: "PING\nSUB *.> 5\n", cuts: [] },
    { kind: "limits", stallBytes: 0, maxPending: 0 },
    {
      ...{ kind: "publish", account: 0, client: -1, subject: "a.c.c" },
      ...{ reply: "", headers: "", body: "hello world, " },
    },
    { kind: "turn" },
  ],
  // A wrong byte behind a payload that came in pieces.
  [
    { kind: "open", client: 3, options: {} },
    { kind: "bytes", client: 3, bytes: "PUB c.c.c 9\r\nhello wo\r\n", cuts: [15] },
  ],
  // Rows of a message that came in pieces, with allocations behind it.
  [
    { kind: "open", client: 2, options: {} },
    { kind: "inside", receiver: 2, account: 0, subject: "b.>", queue: "" },
    {
      ...{ kind: "bytes", client: 2, cuts: [24] },
      bytes: "PUB b.b 23\nNATS/1.0\r\n\r\nhello world\r\nSUB * 1\nSUB a 5\n",
    },
  ],
  [
    { kind: "open", client: 2, options: {} },
    { kind: "inside", receiver: 5, account: 0, subject: "*", queue: "" },
    {
      ...{ kind: "bytes", client: 2, cuts: [46] },
      bytes: "PUB . 2\nhe\r\nCONNECT\r\nPUB c c 12\r\nhello world,\r\n",
    },
  ],
];
