// Walks a subject tree in order of bytes: all of it, or only the branches where one of some patterns may match. It changes
// nothing.

import { byteTextAt } from "../base/byte-text.ts";
import { WordArena } from "../base/word-arena.ts";
import { anyByte, deadState, PatternSteps } from "./pattern-steps.ts";
import {
  childPlace,
  childrenAt,
  countOf,
  denseKind,
  forkWords,
  keysAt,
  kindOf,
  leafKind,
  leafWords,
  lengthOf,
  terminalWord,
} from "./subject-node.ts";

/** Gives the subject when asked to; it may be left unread. Giving false ends the walk. */
export type SubjectVisit = (handle: number, subject: SubjectBytes) => boolean | undefined;

const byteValues = 256;

/** The bytes of the subject that a walk has come to. Valid during the visit. */
export class SubjectBytes {
  bytes: Uint8Array = new Uint8Array(64);
  length = 0;

  /** Byte text. */
  get text(): string {
    return byteTextAt(this.bytes, 0, this.length);
  }

  add(page: Uint8Array, start: number, count: number): void {
    this.#reserve(this.length + count);
    for (let index = 0; index < count; index++) {
      this.bytes[this.length + index] = page[start + index] ?? 0;
    }
    this.length += count;
  }

  addByte(byte: number): void {
    this.#reserve(this.length + 1);
    this.bytes[this.length] = byte;
    this.length++;
  }

  #reserve(length: number): void {
    if (length > this.bytes.length) {
      const longer = new Uint8Array(length * 2);
      longer.set(this.bytes.subarray(0, this.length));
      this.bytes = longer;
    }
  }
}

export function walkAll(arena: WordArena, root: number, visit: SubjectVisit): void {
  if (root !== 0) {
    visitAll(arena, root, new SubjectBytes(), visit);
  }
}

export function walkMatching(
  arena: WordArena,
  root: number,
  patterns: readonly string[],
  visit: SubjectVisit,
): void {
  if (root !== 0 && patterns.length > 0) {
    new MatchingWalk(arena, patterns, visit).run(root);
  }
}

/** False when the visitor ended the walk. */
function visitAll(
  arena: WordArena,
  record: number,
  subject: SubjectBytes,
  visit: SubjectVisit,
): boolean {
  const words = arena.wordsOf(record);
  const page = arena.bytesOf(record);
  const at = WordArena.offset(record);
  const head = words[at] ?? 0;
  const before = subject.length;
  if (kindOf(head) === leafKind) {
    subject.add(page, (at + leafWords) * 4, lengthOf(head));
    const goesOn = visit(record, subject) !== false;
    subject.length = before;
    return goesOn;
  }
  subject.add(page, (at + forkWords) * 4, lengthOf(head));
  const terminal = words[at + terminalWord] ?? 0;
  if (terminal !== 0 && visit(terminal, subject) === false) {
    return false;
  }
  const isDense = kindOf(head) === denseKind;
  const children = childrenAt(words, at);
  const keys = keysAt(words, at);
  const places = isDense ? byteValues : countOf(words, at);
  const length = subject.length;
  for (let place = 0; place < places; place++) {
    const child = words[children + place] ?? 0;
    if (child !== 0) {
      subject.addByte(isDense ? place : (page[keys + place] ?? 0));
      if (!visitAll(arena, child, subject, visit)) {
        return false;
      }
      subject.length = length;
    }
  }
  subject.length = before;
  return true;
}

class MatchingWalk {
  readonly #arena: WordArena;
  readonly #steps: PatternSteps;
  readonly #visit: SubjectVisit;
  readonly #subject: SubjectBytes = new SubjectBytes();
  /** The living states of each level on the way down, one level behind the other. */
  #states: Int32Array;

  constructor(arena: WordArena, patterns: readonly string[], visit: SubjectVisit) {
    this.#arena = arena;
    this.#visit = visit;
    this.#steps = new PatternSteps(patterns);
    this.#states = new Int32Array(Math.max(16, 4 * patterns.length));
  }

  run(root: number): void {
    this.#states.set(this.#steps.starts);
    this.#enter(root, 0, this.#steps.starts.length);
  }

  /** False when the visitor ended the walk. States stand at [from, to), those of deeper levels behind them. */
  #enter(record: number, from: number, to: number): boolean {
    const words = this.#arena.wordsOf(record);
    const page = this.#arena.bytesOf(record);
    const at = WordArena.offset(record);
    const head = words[at] ?? 0;
    const isLeaf = kindOf(head) === leafKind;
    const start = (at + (isLeaf ? leafWords : forkWords)) * 4;
    const before = this.#subject.length;
    const end = this.#follow(page, start, lengthOf(head), from, to);
    if (end === to) {
      return true;
    }
    this.#subject.add(page, start, lengthOf(head));
    const goesOn = isLeaf
      ? this.#offer(record, to, end)
      : this.#offer(words[at + terminalWord] ?? 0, to, end) && this.#descend(record, to, end);
    this.#subject.length = before;
    return goesOn;
  }

  #offer(leaf: number, from: number, to: number): boolean {
    if (leaf === 0) {
      return true;
    }
    for (let index = from; index < to; index++) {
      if (this.#steps.accepts(this.#states[index] ?? 0)) {
        return this.#visit(leaf, this.#subject) !== false;
      }
    }
    return true;
  }

  #descend(fork: number, from: number, to: number): boolean {
    const words = this.#arena.wordsOf(fork);
    const page = this.#arena.bytesOf(fork);
    const at = WordArena.offset(fork);
    if (to - from === 1) {
      const wanted = this.#steps.wanted(this.#states[from] ?? 0);
      if (wanted !== anyByte) {
        const place = wanted < 0 ? -1 : childPlace(words, at, wanted);
        return place < 0 || this.#enterChild(words[place] ?? 0, wanted, from, to);
      }
    }
    const isDense = kindOf(words[at] ?? 0) === denseKind;
    const children = childrenAt(words, at);
    const keys = keysAt(words, at);
    const places = isDense ? byteValues : countOf(words, at);
    for (let place = 0; place < places; place++) {
      const child = words[children + place] ?? 0;
      const byte = isDense ? place : (page[keys + place] ?? 0);
      if (child !== 0 && !this.#enterChild(child, byte, from, to)) {
        return false;
      }
    }
    return true;
  }

  #enterChild(child: number, byte: number, from: number, to: number): boolean {
    const end = this.#followByte(byte, from, to);
    if (end === to) {
      return true;
    }
    this.#subject.addByte(byte);
    const goesOn = this.#enter(child, to, end);
    this.#subject.length--;
    return goesOn;
  }

  /** Puts the states behind some bytes at `to`; gives their end. */
  #follow(page: Uint8Array, start: number, length: number, from: number, to: number): number {
    const end = this.#reserve(to, to - from);
    let kept = to;
    for (let index = from; index < to; index++) {
      let state = this.#states[index] ?? deadState;
      for (let offset = 0; offset < length && state !== deadState; offset++) {
        state = this.#steps.step(state, page[start + offset] ?? 0);
      }
      if (state !== deadState && kept < end) {
        this.#states[kept] = state;
        kept++;
      }
    }
    return kept;
  }

  #followByte(byte: number, from: number, to: number): number {
    this.#reserve(to, to - from);
    let kept = to;
    for (let index = from; index < to; index++) {
      const state = this.#steps.step(this.#states[index] ?? 0, byte);
      if (state !== deadState) {
        this.#states[kept] = state;
        kept++;
      }
    }
    return kept;
  }

  #reserve(start: number, count: number): number {
    if (start + count > this.#states.length) {
      const longer = new Int32Array((start + count) * 2);
      longer.set(this.#states);
      this.#states = longer;
    }
    return start + count;
  }
}
