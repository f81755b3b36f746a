// Named columns over the rows that ingest left for TypeScript, and over the op that waits for a decision.

import type {
  AccountIndex,
  HandoffRows,
  OpKind,
  ParseError,
  PendingOp,
  SlotIndex,
  SubscriptionRef,
} from "./fabric.ts";
import { type FabricExports, unsigned } from "./module.ts";

const rowWords = 14;

/** Fourteen words a row, as assembly/road/handoff.ts draws them. */
export class WasmRows implements HandoffRows {
  readonly #exports: FabricExports;
  readonly #words: Uint32Array;
  readonly #base: number;
  readonly bytes: Uint8Array;

  constructor(exports: FabricExports, bytes: Uint8Array, words: Uint32Array) {
    this.#exports = exports;
    this.bytes = bytes;
    this.#words = words;
    this.#base = unsigned(exports.rowsAddress()) / 4;
  }

  get count(): number {
    return this.#exports.rowCount();
  }

  #word(row: number, column: number): number {
    return this.#words[this.#base + row * rowWords + column] ?? 0;
  }

  receiver(row: number): number {
    return this.#word(row, 0);
  }

  subscription(row: number): SubscriptionRef {
    return this.#word(row, 1) as SubscriptionRef;
  }

  origin(row: number): SlotIndex {
    return this.#word(row, 2) as SlotIndex;
  }

  account(row: number): AccountIndex {
    return this.#word(row, 3) as AccountIndex;
  }

  subjectStart(row: number): number {
    return this.#word(row, 4);
  }

  subjectLength(row: number): number {
    return this.#word(row, 5);
  }

  replyStart(row: number): number {
    return this.#word(row, 6);
  }

  replyLength(row: number): number {
    return this.#word(row, 7);
  }

  headerStart(row: number): number {
    return this.#word(row, 8);
  }

  headerLength(row: number): number {
    return this.#word(row, 9);
  }

  bodyStart(row: number): number {
    return this.#word(row, 10);
  }

  bodyLength(row: number): number {
    return this.#word(row, 11);
  }

  shownStart(row: number): number {
    return this.#word(row, 12);
  }

  shownLength(row: number): number {
    return this.#word(row, 13);
  }
}

/** Fourteen words, as assembly/protocol/op.ts draws them. */
export class WasmOp implements PendingOp {
  readonly #words: Uint32Array;
  readonly #base: number;
  readonly bytes: Uint8Array;

  constructor(exports: FabricExports, bytes: Uint8Array, words: Uint32Array) {
    this.bytes = bytes;
    this.#words = words;
    this.#base = unsigned(exports.opAddress()) / 4;
  }

  #word(column: number): number {
    return this.#words[this.#base + column] ?? 0;
  }

  get kind(): OpKind {
    return this.#word(0) as OpKind;
  }

  get error(): ParseError | 0 {
    return this.#word(1) as ParseError | 0;
  }

  get subjectStart(): number {
    return this.#word(2);
  }

  get subjectLength(): number {
    return this.#word(3);
  }

  get replyStart(): number {
    return this.#word(4);
  }

  get replyLength(): number {
    return this.#word(5);
  }

  get queueStart(): number {
    return this.#word(6);
  }

  get queueLength(): number {
    return this.#word(7);
  }

  get sidStart(): number {
    return this.#word(8);
  }

  get sidLength(): number {
    return this.#word(9);
  }

  get headerLength(): number {
    return this.#word(10);
  }

  get bodyStart(): number {
    return this.#word(11);
  }

  get bodyLength(): number {
    return this.#word(12);
  }

  get headerStart(): number {
    return this.#word(13);
  }
}
