// Plays sequences on two fabrics and finds the shortest one on which they differ.

import type { Fabric } from "../../src/wasm/fabric.ts";
import { Dice } from "./road-dice.ts";
import { RoadRunner } from "./road-runner.ts";
import { type Step, sequence } from "./road-step.ts";

export interface Pair {
  readonly plain: Fabric;
  readonly other: Fabric;
}

export type MakePair = () => Pair;

/** The log of one fabric; where it throws, the throw is the last line. */
function logOf(fabric: Fabric, steps: readonly Step[]): readonly string[] {
  const runner = new RoadRunner(fabric);
  try {
    runner.play(steps);
    runner.close();
  } catch (failure) {
    runner.noteFailure(failure);
  }
  return runner.log;
}

/** Null when both saw the same; else the first differing lines and what was before. */
export function difference(pair: Pair, steps: readonly Step[]): string | null {
  const plain = logOf(pair.plain, steps);
  const other = logOf(pair.other, steps);
  const length = Math.max(plain.length, other.length);
  for (let line = 0; line < length; line += 1) {
    if (plain[line] !== other[line]) {
      const before = plain
        .slice(Math.max(0, line - 12), line)
        .map((text) => `  both: ${shown(text)}`);
      return [...before, ` plain: ${shown(plain[line])}`, ` other: ${shown(other[line])}`].join(
        "\n",
      );
    }
  }
  const thrown = plain.at(-1) ?? "";
  return thrown.startsWith("threw") ? ` both ${thrown}` : leak(pair);
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

export interface Report {
  readonly sequences: number;
  /** Null when all sequences went the same way. */
  readonly failure: string | null;
}

/** The sequence of a number, from the seed of the whole run. */
export function sequenceOf(seed: number, number: number, length: number): Step[] {
  return sequence(new Dice(seed ^ Math.imul(number + 1, 0x9e37_79b1)), length);
}

/**
 * Many sequences on the same two fabrics, so that what one leaves behind meets the next. A failing one is tried again
 * on fresh fabrics and shortened there; one that fails only after the others is named by its number.
 */
export function compareMany(
  makePair: MakePair,
  seed: number,
  until: (number: number) => boolean,
  length: number,
): Report {
  const pair = makePair();
  for (let number = 0; ; number += 1) {
    if (until(number)) {
      return { sequences: number, failure: null };
    }
    const steps = sequenceOf(seed, number, length);
    const found = difference(pair, steps);
    if (found !== null) {
      return { sequences: number, failure: describeFailure(makePair, seed, number, steps, found) };
    }
  }
}

function describeFailure(
  makePair: MakePair,
  seed: number,
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
