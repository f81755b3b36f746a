// Plays sequences on two fabrics and finds the shortest one on which they differ.

import type { Fabric } from "../../src/wasm/fabric.ts";
import { Dice } from "./road-dice.ts";
import { RoadRunner } from "./road-runner.ts";
import type { Step } from "./road-step.ts";
import { flushWaits, rowsWait } from "./road-transcript.ts";

export interface Pair {
  readonly plain: Fabric;
  readonly other: Fabric;
}

export type MakePair = () => Pair;

/** Plays them; where the fabric throws, the throw is the last line of the log. */
function played(fabric: Fabric, steps: readonly Step[]): RoadRunner {
  const runner = new RoadRunner(fabric);
  try {
    runner.play(steps);
    runner.close();
  } catch (failure) {
    runner.noteFailure(failure);
  }
  return runner;
}

/** Lines that tell of chunks, of when one flushes and of the fabric's whole life, not of what was said here. */
const incidental = /^(?:pending|stall|totals|dice)|waits for (?:rows|a flush)$/;

/** What one fabric showed of this sequence alone. */
export function saidBy(fabric: Fabric, steps: readonly Step[]): readonly string[] {
  return played(fabric, steps).log.filter((line) => !incidental.test(line));
}

interface Comparison {
  /** Null when both saw the same; else the first differing lines and what was before. */
  readonly difference: string | null;
  readonly bytesTaken: number;
  /**
   * An implementation may ask for rows to be routed, or for a flush, earlier than the twin. What follows may then
   * come in another order, and the comparison ends there; these fabrics may have thrown their dice differently.
   */
  readonly isCutShort: boolean;
}

function compare(pair: Pair, steps: readonly Step[]): Comparison {
  const plain = played(pair.plain, steps);
  const other = played(pair.other, steps);
  const { bytesTaken } = plain;
  const line = firstDifferingLine(plain.log, other.log);
  if (line === null) {
    const last = plain.log.at(-1) ?? "";
    const found = last.startsWith("threw") ? ` both ${last}` : leak(pair);
    return { difference: found, bytesTaken, isCutShort: false };
  }
  if (other.log[line]?.endsWith(rowsWait) || other.log[line]?.endsWith(flushWaits)) {
    return { difference: leak(pair), bytesTaken, isCutShort: true };
  }
  const found = describeDifference(plain.log, other.log, line);
  return { difference: found, bytesTaken, isCutShort: false };
}

export function difference(pair: Pair, steps: readonly Step[]): string | null {
  return compare(pair, steps).difference;
}

function firstDifferingLine(plain: readonly string[], other: readonly string[]): number | null {
  const length = Math.max(plain.length, other.length);
  for (let line = 0; line < length; line += 1) {
    if (plain[line] !== other[line]) {
      return line;
    }
  }
  return null;
}

export function firstDifference(plain: readonly string[], other: readonly string[]): string | null {
  const line = firstDifferingLine(plain, other);
  return line === null ? null : describeDifference(plain, other, line);
}

function describeDifference(
  plain: readonly string[],
  other: readonly string[],
  line: number,
): string {
  const before = plain.slice(Math.max(0, line - 12), line);
  const both = before.map((earlier) => `  both: ${shown(earlier)}`);
  return [...both, ` plain: ${shown(plain[line])}`, ` other: ${shown(other[line])}`].join("\n");
}

function leak({ plain, other }: Pair): string | null {
  for (const [name, fabric] of [
    ["plain", plain],
    ["other", other],
  ] as const) {
    const { outboxBytes } = fabric.memoryStatistics();
    const { subscriptions } = fabric.interestStatistics();
    if (outboxBytes !== 0 || subscriptions !== 0) {
      return ` ${name} holds ${outboxBytes} outbox bytes and ${subscriptions} subscriptions at the end`;
    }
  }
  return null;
}

function shown(line: string | undefined): string {
  return line === undefined ? "(nothing)" : JSON.stringify(line).slice(0, 3_000);
}

/** Leaves out steps, then cuts, then single bytes, while the two still differ. */
export function shrunk(makePair: MakePair, failing: readonly Step[]): readonly Step[] {
  let steps = failing;
  const fails = (candidate: readonly Step[]): boolean => difference(makePair(), candidate) !== null;
  let budget = 1_500;
  for (
    let size = Math.ceil(steps.length / 2);
    size >= 1 && budget > 0;
    size = Math.floor(size / 2)
  ) {
    for (let start = 0; start < steps.length && budget > 0; budget -= 1) {
      const without = [...steps.slice(0, start), ...steps.slice(start + size)];
      if (fails(without)) {
        steps = without;
      } else {
        start += size;
      }
    }
  }
  for (let index = 0; index < steps.length; index += 1) {
    steps = withShorterBytes(steps, index, fails);
  }
  return steps;
}

function withShorterBytes(
  given: readonly Step[],
  index: number,
  fails: (steps: readonly Step[]) => boolean,
): readonly Step[] {
  let steps = given;
  const attempt = (change: (step: Step & { kind: "bytes" }) => Step): boolean => {
    const step = steps[index];
    if (step?.kind !== "bytes") {
      return false;
    }
    const candidate = steps.with(index, change(step));
    if (!fails(candidate)) {
      return false;
    }
    steps = candidate;
    return true;
  };
  attempt((step) => ({ ...step, cuts: [] }));
  const bytesStep = steps[index];
  const length = bytesStep?.kind === "bytes" ? bytesStep.bytes.length : 0;
  let budget = 300;
  for (let size = Math.ceil(length / 2); size >= 1; size = Math.floor(size / 2)) {
    for (let start = 0; start < length && budget > 0; start += size, budget -= 1) {
      const from = start;
      while (
        budget > 0 &&
        attempt((step) => ({
          ...step,
          bytes: step.bytes.slice(0, from) + step.bytes.slice(from + size),
        }))
      ) {
        const now = steps[index];
        budget -= 1;
        if (now?.kind !== "bytes" || now.bytes.length <= from) {
          break;
        }
      }
    }
  }
  return steps;
}

/** The collector takes the WASM memory for live heap and would let gigabytes of what is over pile up beside it. */
const sequencesPerCollection = 200;

export interface Report {
  readonly sequences: number;
  readonly bytesTaken: number;
  /** Of those that went the same way, how many were compared only up to an outcome of the implementation's own. */
  readonly cutShort: number;
  /** Null when all sequences went the same way. */
  readonly failure: string | null;
}

export type MakeSequence = (dice: Dice) => Step[];

/** The sequence of a number, from the seed of the whole run. */
export function sequenceOf(make: MakeSequence, seed: number, number: number): Step[] {
  return make(new Dice(seed ^ Math.imul(number + 1, 0x9e37_79b1)));
}

export interface Run {
  readonly makePair: MakePair;
  readonly makeSequence: MakeSequence;
  readonly seed: number;
  /** Asked before each sequence. */
  isEnough(sequences: number, bytesTaken: number): boolean;
}

/**
 * Many sequences on the same two fabrics, so that what one leaves behind meets the next. A failing one is tried again
 * on fresh fabrics and shortened there; one that fails only after the others is named by its number.
 */
export function compareMany(run: Run): Report {
  let pair = run.makePair();
  let [bytesTaken, cutShort] = [0, 0];
  for (let sequences = 0; ; sequences += 1) {
    if (run.isEnough(sequences, bytesTaken)) {
      return { sequences, bytesTaken, cutShort, failure: null };
    }
    if (sequences % sequencesPerCollection === 0) {
      Bun.gc(true);
    }
    const steps = sequenceOf(run.makeSequence, run.seed, sequences);
    const compared = compare(pair, steps);
    bytesTaken += compared.bytesTaken;
    if (compared.difference !== null) {
      const failure = describeFailure(run, sequences, steps, compared.difference);
      return { sequences, bytesTaken, cutShort, failure };
    }
    if (compared.isCutShort) {
      cutShort += 1;
      pair = run.makePair();
    }
  }
}

function describeFailure(
  { makePair, seed }: Run,
  number: number,
  steps: readonly Step[],
  found: string,
): string {
  const name = `seed ${seed}, sequence ${number}`;
  if (difference(makePair(), steps) === null) {
    return `${name} differs only after the sequences before it:\n${found}`;
  }
  const short = shrunk(makePair, steps);
  const lines = short.map((step) => `  ${JSON.stringify(step)},`).join("\n");
  return `${name}, shortened:\n${lines}\n${difference(makePair(), short)}`;
}
