// The fast road and its plain twin under one face, fed and drained as the server does it but without sockets.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  type AccountIndex,
  type Fabric,
  noPermissions,
  outcome,
  type SlotIndex,
  type SlotOptions,
} from "../src/wasm/fabric.ts";
import { WasmFabric } from "../src/wasm/wasm-fabric.ts";
import { PlainFabric } from "../test/reference/plain-fabric.ts";

const seed = 7;
const encoder: TextEncoder = new TextEncoder();

export interface Contender {
  readonly name: "wasm" | "twin";
  readonly make: () => Fabric;
}

export function contenders(): readonly Contender[] {
  const bytes = readFileSync(join(import.meta.dir, "..", "build", "fabric.wasm"));
  const module = new WebAssembly.Module(bytes);
  return [
    { name: "wasm", make: () => new WasmFabric(module, seed) },
    { name: "twin", make: () => new PlainFabric(seed) },
  ];
}

function optionsOf(account: AccountIndex): SlotOptions {
  return {
    account,
    permissions: noPermissions,
    connected: true,
    verbose: false,
    pedantic: false,
    echo: true,
    headers: true,
    noResponders: false,
    decidesSubscriptions: false,
    reportsFirstPing: false,
    isSystem: false,
    maxPayload: 1024 * 1024,
    maxSubscriptions: 0,
    maxControlLine: 4096,
  };
}

/** One account, one publisher, and whatever listeners a case adds. */
export class Bed {
  readonly fabric: Fabric;
  readonly account: AccountIndex;
  readonly publisher: SlotIndex;

  constructor(fabric: Fabric) {
    this.fabric = fabric;
    fabric.setStallBytes(64 * 1024 * 1024);
    fabric.setMaxPending(128 * 1024 * 1024);
    this.account = fabric.openAccount();
    this.publisher = fabric.openSlot(optionsOf(this.account));
  }

  listener(subject: string, queue = ""): SlotIndex {
    const slot = this.fabric.openSlot(optionsOf(this.account));
    this.subscribe(slot, subject, "1", queue);
    return slot;
  }

  subscribe(slot: SlotIndex, subject: string, sid: string, queue = ""): void {
    const { fabric, account } = this;
    fabric.subscribe({ slot, account, subject, queue, sid, filtersDenied: false });
  }

  /** One chunk in, all outboxes emptied. Gives the bytes that would have been written. */
  feed(chunk: Uint8Array): number {
    const { fabric, publisher } = this;
    let written = 0;
    let result = fabric.ingest(publisher, chunk, 0);
    while (result !== outcome.done) {
      if (result === outcome.op || result === outcome.stalled) {
        throw new Error(`the chunk met outcome ${result}, op ${fabric.op.kind}`);
      }
      if (fabric.rows.count > 0) {
        fabric.clearRows();
      }
      written += this.drain();
      result = fabric.resume(publisher);
    }
    return written + this.drain();
  }

  drain(): number {
    const { fabric } = this;
    let written = 0;
    for (let slot = fabric.takeTouched(); slot !== 0; slot = fabric.takeTouched()) {
      for (let length = fabric.outboxLength(slot); length > 0; length = fabric.outboxLength(slot)) {
        fabric.took(slot, length);
        written += length;
      }
    }
    return written;
  }
}

export interface Chunk {
  readonly bytes: Uint8Array;
  readonly messages: number;
}

/** One chunk of about 64 KiB of publishes; `subject` is asked for each. */
export function publishChunk(
  subject: (index: number) => string,
  size: number,
  first = 0,
  headers = "",
): Chunk {
  const body = "x".repeat(size);
  const parts: string[] = [];
  let length = 0;
  while (length < 64 * 1024 - size - 256) {
    const name = subject(first + parts.length);
    const frame =
      headers === ""
        ? `PUB ${name} ${size}\r\n${body}\r\n`
        : `HPUB ${name} ${headers.length} ${headers.length + size}\r\n${headers}${body}\r\n`;
    parts.push(frame);
    length += frame.length;
  }
  return { bytes: encoder.encode(parts.join("")), messages: parts.length };
}
