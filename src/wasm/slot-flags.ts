// The option bits of a slot: one place that says what assembly/connection/slot.ts says.

import type { SlotOptions } from "./fabric.ts";

const flagConnected = 2;
const flagVerbose = 4;
const flagPedantic = 8;
const flagEcho = 16;
const flagHeaders = 32;
const flagNoResponders = 64;
const flagDecides = 128;
const flagFirstPing = 256;
const flagSystem = 512;

/** The options that are bits, as one word. */
export function optionFlags(options: SlotOptions): number {
  return (
    (options.connected ? flagConnected : 0) |
    (options.verbose ? flagVerbose : 0) |
    (options.pedantic ? flagPedantic : 0) |
    (options.echo ? flagEcho : 0) |
    (options.headers ? flagHeaders : 0) |
    (options.noResponders ? flagNoResponders : 0) |
    (options.decidesSubscriptions ? flagDecides : 0) |
    (options.reportsFirstPing ? flagFirstPing : 0) |
    (options.isSystem ? flagSystem : 0)
  );
}
