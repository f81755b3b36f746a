// Rewrites a subject from a source pattern to a destination with mapping functions. It knows neither accounts nor
// weights; chance comes from the source of randomness it is given.

import { unreachable } from "../base/assert.ts";
import { accepted, type Result, refused } from "../base/result.ts";
import {
  type CutName,
  looksLikeFunction,
  type MappingFunction,
  mappingRefusal,
  parseMappingFunction,
  refusal,
} from "./mapping-function.ts";
import { isSubsetOfTokens } from "./overlap.ts";
import { isValidLiteral } from "./subject.ts";
import { anyTail, anyToken, tokensOf } from "./tokens.ts";

/** The part of the Random port that `{{random(n)}}` needs. */
export interface RandomNumbers {
  /** An integer with 0 <= n < bound. */
  below(bound: number): number;
}

export type TransformResult = Result<SubjectTransform, string>;

interface SubjectShape {
  readonly tokens: readonly string[];
  readonly wildcards: number;
  readonly isOpen: boolean;
}

const invalidSubject = "invalid subject";
const blank = /[\t\n\f\r ]/;
const utf8Encoder: TextEncoder = new TextEncoder();
const utf8Decoder: TextDecoder = new TextDecoder();

export class SubjectTransform {
  readonly source: string;
  readonly destination: string;
  readonly #sourceTokens: readonly string[];
  /** Of the n-th wildcard of the source, the position of its token (from 0). */
  readonly #wildcardPositions: readonly number[];
  readonly #steps: readonly MappingFunction[];
  readonly #random: RandomNumbers;
  readonly #isOpen: boolean;

  private constructor(
    source: string,
    destination: string,
    steps: readonly MappingFunction[],
    random: RandomNumbers,
  ) {
    this.source = source;
    this.destination = destination;
    this.#sourceTokens = tokensOf(source);
    this.#wildcardPositions = wildcardPositionsOf(this.#sourceTokens);
    this.#isOpen = destination === anyTail || destination.endsWith(`.${anyTail}`);
    this.#steps = this.#isOpen ? steps.slice(0, -1) : steps;
    this.#random = random;
  }

  /** An empty source stands for `>`. The refusal is the text for the operator. */
  static parse(
    source: string,
    destination: string,
    random: RandomNumbers = xorshift(),
  ): TransformResult {
    return SubjectTransform.#parse(source, destination, random, false);
  }

  /** For imports, which must be reversible: only wildcards, and all of them. */
  static parseReversible(source: string, destination: string): TransformResult {
    return SubjectTransform.#parse(source, destination, xorshift(), true);
  }

  /** For the mappings of an account: the destination's form is checked more narrowly first. */
  static parseMapping(
    source: string,
    destination: string,
    random: RandomNumbers = xorshift(),
  ): TransformResult {
    const fault = mappingDestinationFault(destination);
    return fault === null ? SubjectTransform.parse(source, destination, random) : refused(fault);
  }

  static #parse(
    source: string,
    destination: string,
    random: RandomNumbers,
    isReversible: boolean,
  ): TransformResult {
    const from = source === "" ? anyTail : source;
    const sourceShape = shapeOf(from);
    const destinationShape = shapeOf(destination);
    if (
      sourceShape === null ||
      destinationShape === null ||
      destinationShape.wildcards > 0 ||
      sourceShape.isOpen !== destinationShape.isOpen
    ) {
      return refused(invalidSubject);
    }
    const steps = stepsOf(destinationShape, sourceShape, isReversible);
    if (!steps.ok) {
      return steps;
    }
    if (isReversible && wildcardsUsed(steps.value) < sourceShape.wildcards) {
      return refusal(mappingRefusal.notAllWildcards, destination);
    }
    return accepted(new SubjectTransform(from, destination, steps.value, random));
  }

  /** Null when the source does not match, or the subject is not a valid literal. */
  apply(subject: string): string | null {
    if (this.source === anyTail && this.destination === anyTail) {
      return subject;
    }
    const tokens = tokensOf(subject);
    return isValidLiteral(subject) && isSubsetOfTokens(tokens, this.#sourceTokens)
      ? this.#rewrite(tokens)
      : null;
  }

  /** For a pattern or subject that the caller knows to lie within the source. */
  rewrite(subject: string): string {
    return this.#rewrite(tokensOf(subject));
  }

  /** From the destination back to the source; null when functions other than wildcards make that impossible. */
  reversed(): SubjectTransform | null {
    const { subject, wildcards } = withoutPlaceholders(this.destination);
    let wildcard = 0;
    const back = this.#sourceTokens.map((token) =>
      token === anyToken ? `$${wildcards.indexOf(++wildcard) + 1}` : token,
    );
    if (back.includes("$0")) {
      return null;
    }
    const reversed = SubjectTransform.parseReversible(subject, back.join("."));
    return reversed.ok ? reversed.value : null;
  }

  #rewrite(tokens: readonly string[]): string {
    const written = this.#steps.map((step) => this.#tokenFor(step, tokens));
    if (this.#isOpen) {
      written.push(...tokens.slice(this.#sourceTokens.length - 1));
    }
    return written.join(".");
  }

  #tokenFor(step: MappingFunction, tokens: readonly string[]): string {
    switch (step.kind) {
      case "literal":
        return step.text;
      case "wildcard":
        return this.#wildcard(step.wildcard, tokens);
      case "partition": {
        const key =
          step.wildcards.length === 0
            ? tokens.join(".")
            : step.wildcards.map((wildcard) => this.#wildcard(wildcard, tokens)).join("");
        return String(partitionOf(key, step.buckets));
      }
      case "cut":
        return cut(this.#wildcard(step.wildcard, tokens), step.name, step.size);
      case "split":
        return split(this.#wildcard(step.wildcard, tokens), step.delimiter);
      case "random":
        return step.bound === 0 ? "0" : String(this.#random.below(Math.abs(step.bound)));
      default:
        return unreachable(step);
    }
  }

  /** An index below 1 stands for the first token, as configurations in the field may rely on. */
  #wildcard(wildcard: number, tokens: readonly string[]): string {
    return tokens[this.#wildcardPositions[wildcard - 1] ?? 0] ?? "";
  }
}

/** `foo.*.*` as the destination that changes nothing: `foo.$1.$2`. */
export function withPlaceholders(pattern: string): string {
  let wildcard = 0;
  return tokensOf(pattern)
    .map((token) => (token === anyToken ? `$${++wildcard}` : token))
    .join(".");
}

/** `foo.$2.{{wildcard(1)}}` as the pattern it writes to, `foo.*.*`, and the wildcards written there: 2, 1. */
export function withoutPlaceholders(destination: string): {
  readonly subject: string;
  readonly wildcards: readonly number[];
} {
  const wildcards: number[] = [];
  const tokens = tokensOf(destination).map((token) => {
    const step = parseMappingFunction(token);
    if (!step.ok || step.value.kind !== "wildcard") {
      return token;
    }
    wildcards.push(step.value.wildcard);
    return anyToken;
  });
  return { subject: tokens.join("."), wildcards };
}

/** FNV-1a of 32 bits over the key's UTF-8 bytes, modulo the buckets. */
export function partitionOf(key: string, buckets: number): number {
  if (buckets === 0) {
    return 0;
  }
  let hash = 0x811c9dc5;
  for (const byte of utf8Encoder.encode(key)) {
    hash = Math.imul(hash ^ byte, 0x01000193);
  }
  return (hash >>> 0) % (buckets >>> 0);
}

function shapeOf(subject: string): SubjectShape | null {
  const tokens = tokensOf(subject);
  const tail = tokens.indexOf(anyTail);
  if (tokens.includes("") || (tail !== -1 && tail !== tokens.length - 1)) {
    return null;
  }
  return {
    tokens,
    wildcards: wildcardPositionsOf(tokens).length,
    isOpen: tail !== -1,
  };
}

function wildcardPositionsOf(tokens: readonly string[]): readonly number[] {
  return [...tokens.entries()]
    .filter(([, token]) => token === anyToken)
    .map(([position]) => position);
}

function stepsOf(
  destination: SubjectShape,
  source: SubjectShape,
  isReversible: boolean,
): Result<readonly MappingFunction[], string> {
  const steps: MappingFunction[] = [];
  const isLiteralSource = source.wildcards === 0 && !source.isOpen;
  for (const token of destination.tokens) {
    const parsed = parseMappingFunction(token);
    if (!parsed.ok) {
      return parsed;
    }
    const step = parsed.value;
    if (isLiteralSource) {
      if (step.kind !== "literal" && step.kind !== "random" && step.kind !== "partition") {
        return refusal(mappingRefusal.outOfRange, token);
      }
      // Nothing to choose from: the whole subject is the key.
      steps.push(step.kind === "partition" ? { ...step, wildcards: [] } : step);
      continue;
    }
    if (isReversible && step.kind !== "literal" && step.kind !== "wildcard") {
      return refusal(mappingRefusal.onlyWildcard, token);
    }
    const beyond = wildcardsOf(step).find((wildcard) => wildcard > source.wildcards);
    if (beyond !== undefined) {
      return refusal(mappingRefusal.outOfRange, `${token}: [${beyond}]`);
    }
    steps.push(step);
  }
  return accepted(steps);
}

function wildcardsOf(step: MappingFunction): readonly number[] {
  switch (step.kind) {
    case "literal":
    case "random":
      return [];
    case "partition":
      return step.wildcards;
    case "wildcard":
    case "cut":
    case "split":
      return [step.wildcard];
    default:
      return unreachable(step);
  }
}

function wildcardsUsed(steps: readonly MappingFunction[]): number {
  return steps.reduce((sum, step) => sum + wildcardsOf(step).length, 0);
}

/** Account mappings refuse some forms that other transforms bear. */
function mappingDestinationFault(destination: string): string | null {
  const tokens = tokensOf(destination);
  for (const [position, token] of tokens.entries()) {
    const isBehindTail = position > 0 && tokens[position - 1] === anyTail;
    if (token === "") {
      return mappingRefusal.invalidTransform;
    }
    if (isBehindTail) {
      return `${mappingRefusal.invalidTransform} in ${token}`;
    }
    if (!looksLikeFunction(token) && blank.test(token)) {
      return mappingRefusal.invalidTransform;
    }
  }
  return null;
}

/** Sizes are bytes. A size that leaves nothing to cut leaves the token whole. */
function cut(token: string, name: CutName, size: number): string {
  const bytes = utf8Encoder.encode(token);
  if (size <= 0 || size >= bytes.length) {
    return token;
  }
  const part = (from: number, to: number): string =>
    bytes.length === token.length
      ? token.slice(from, to)
      : utf8Decoder.decode(bytes.subarray(from, to));
  switch (name) {
    case "left":
      return part(0, size);
    case "right":
      return part(bytes.length - size, bytes.length);
    case "splitFromLeft":
      return `${part(0, size)}.${part(size, bytes.length)}`;
    case "splitFromRight":
      return `${part(0, bytes.length - size)}.${part(bytes.length - size, bytes.length)}`;
    case "sliceFromLeft":
      return slices(size, size, bytes.length, part);
    case "sliceFromRight":
      return slices(bytes.length % size || size, size, bytes.length, part);
    default:
      return unreachable(name);
  }
}

function slices(
  first: number,
  size: number,
  length: number,
  part: (from: number, to: number) => string,
): string {
  const parts = [part(0, first)];
  for (let from = first; from < length; from += size) {
    parts.push(part(from, Math.min(from + size, length)));
  }
  return parts.join(".");
}

function split(token: string, delimiter: string): string {
  const parts = delimiter === "" ? [...token] : token.split(delimiter);
  return parts.filter((part) => part !== "").join(".");
}

/** A generator for callers who have no better one: even, repeatable, not secret. */
function xorshift(): RandomNumbers {
  let state = 0x9e3779b9;
  return {
    below(bound: number): number {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      return (state >>> 0) % bound;
    },
  };
}
