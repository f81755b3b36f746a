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
  // A refused 503 lists its slot too.
  [
    { kind: "bytes", client: 1, bytes: "SUB a.> 6\nPING\n", cuts: [] },
    { kind: "limits", stallBytes: 2000, maxPending: 0 },
    { kind: "turn" },
    { kind: "bytes", client: 1, bytes: "PUB b a.b 1\nh\r\n", cuts: [] },
    { kind: "turn" },
  ],
  // Denials of one subscription do not bring those of its slot along.
  [
    {
      ...{ kind: "subscribe", client: 2, subject: "a", queue: "q", sid: "2" },
      ...{ filtersDenied: false, alsoDenied: ["b.c"] },
    },
    { kind: "open", client: 2, options: {} },
    {
      ...{ kind: "subscribe", client: 2, subject: "a", queue: "q", sid: "2" },
      ...{ filtersDenied: false, alsoDenied: ["b.c"] },
    },
    {
      ...{ kind: "permissions", client: 2 },
      spec: { publishAllow: null, publishDeny: [], subscribeDeny: ["a"], responses: null },
    },
    { kind: "bytes", client: 2, bytes: "PUB a _GR_ 7\r\nhello w\r\n", cuts: [] },
  ],
  // What a full receiver was forwarded stalls only who asks.
  [
    { kind: "bytes", client: 4, bytes: "SUB * 1\n", cuts: [] },
    { kind: "inside", receiver: 1, account: 0, subject: "c", queue: "q" },
    { kind: "limits", stallBytes: 20, maxPending: 1_000_000 },
    {
      kind: "bytes",
      client: 2,
      bytes: "PUB 1 2\nhi\r\nPUB c 40\n".concat("x".repeat(40), "\r\n"),
      cuts: [],
    },
  ],
  // A mapped message has its size written anew.
  [
    { kind: "mapped", account: 0, patterns: ["map.*", "*.a.*"] },
    {
      kind: "bytes",
      client: 0,
      bytes: "SUB a 2\r\nHPUB a.a.a a.b 12 014\r\nNATS/1.0\r\n\r\nhi\r\n",
      cuts: [],
    },
  ],
];
