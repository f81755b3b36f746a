// Patterns followed byte by byte, so that a tree of subjects can be walked only where one of them may still match. A
// state is one number. It knows nothing of trees.

import { anyTail, anyToken, separator, tokensOf } from "./tokens.ts";

const dot = separator.charCodeAt(0);
const literalStep = 0;
const tokenStep = 1;
const tailStep = 2;
const endStep = 3;

/** No subject with these first bytes can match. */
export const deadState: number = -1;
export const anyByte: number = -1;
export const noByte: number = -2;

export class PatternSteps {
  /** One state per pattern, to begin with. */
  readonly starts: readonly number[];
  /** All patterns one behind the other, each with an end. */
  readonly #bytes: Uint8Array;
  readonly #steps: Uint8Array;

  /** Byte text. */
  constructor(patterns: readonly string[]) {
    const length = patterns.reduce((sum, pattern) => sum + pattern.length + 1, 0);
    this.#bytes = new Uint8Array(length);
    this.#steps = new Uint8Array(length);
    const starts: number[] = [];
    let at = 0;
    for (const pattern of patterns) {
      starts.push(at * 2);
      this.#write(pattern, at);
      at += pattern.length + 1;
    }
    this.starts = starts;
  }

  /** The state behind one more byte. */
  step(state: number, byte: number): number {
    const at = state >>> 1;
    switch (this.#steps[at]) {
      case literalStep:
        return this.#bytes[at] === byte ? state + 2 : deadState;
      case tokenStep:
        if (byte !== dot) {
          return state | 1;
        }
        return (state & 1) === 1 && this.#steps[at + 1] === literalStep ? (at + 2) * 2 : deadState;
      case tailStep:
        return state | 1;
      default:
        return deadState;
    }
  }

  /** Whether a subject that ends here matches. */
  accepts(state: number): boolean {
    const at = state >>> 1;
    const step = this.#steps[at];
    if (step === endStep) {
      return true;
    }
    return (
      (state & 1) === 1 &&
      (step === tailStep || (step === tokenStep && this.#steps[at + 1] === endStep))
    );
  }

  /** The only byte that keeps the state alive, or `anyByte`, or `noByte`. */
  wanted(state: number): number {
    const at = state >>> 1;
    const step = this.#steps[at];
    if (step === literalStep) {
      return this.#bytes[at] ?? 0;
    }
    return step === endStep ? noByte : anyByte;
  }

  /** Whether one of the patterns matches the subject that lies there. */
  matchesAt(bytes: Uint8Array, start: number, length: number): boolean {
    for (const begin of this.starts) {
      let state = begin;
      for (let at = start; at < start + length && state !== deadState; at++) {
        state = this.step(state, bytes[at] ?? 0);
      }
      if (state !== deadState && this.accepts(state)) {
        return true;
      }
    }
    return false;
  }

  #write(pattern: string, start: number): void {
    let at = start;
    const tokens = tokensOf(pattern);
    for (const [position, token] of tokens.entries()) {
      const isTail = token === anyTail && position === tokens.length - 1;
      const wildcard = token === anyToken ? tokenStep : isTail ? tailStep : literalStep;
      for (let index = 0; index < token.length; index++) {
        this.#bytes[at] = token.charCodeAt(index);
        this.#steps[at] = wildcard;
        at++;
      }
      this.#bytes[at] = dot;
      this.#steps[at] = position === tokens.length - 1 ? endStep : literalStep;
      at++;
    }
  }
}
