// What an account takes from others: compiled imports, whether the exporter allows them, and the rules against circles.
// It knows accounts by name and what they trade, nothing else of them.

import { accepted, type Result, refused } from "../base/result.ts";
import type { ImportOptions } from "../config/options.ts";
import { collide, isSubset } from "../subjects/overlap.ts";
import { hasWildcard, isValidSubject } from "../subjects/subject.ts";
import { SubjectTransform, withoutPlaceholders, withPlaceholders } from "../subjects/transform.ts";
import { findExport, mayImport, type ServiceExport, type StreamExport } from "./exports.ts";

/** How many accounts a circle may be looked for in. */
const circleSearchDepth = 1024;

const notAuthorized = {
  stream: "stream import not authorized",
  service: "service import not authorized",
} as const;
const formsCycle = "import forms a cycle";
const searchExhausted = "search cycle depth exhausted";
const invalidSubject = "sublist: invalid subject";

export interface StreamImport {
  readonly exporter: string;
  /** The pattern in the exporting account. */
  readonly from: string;
  /** The pattern under which the importing account sees it. */
  readonly to: string;
  /** From the exporter's subjects to the importer's; null when they are the same, or one literal stands for another. */
  readonly transform: SubjectTransform | null;
  /** Traces may follow messages into the importing account. */
  readonly allowsTrace: boolean;
}

export interface ServiceImport {
  readonly exporter: string;
  /** What the importing account publishes to. */
  readonly from: string;
  /** What the exporting account sees, or a pattern of it. */
  readonly to: string;
  /** From the importer's subject to the exporter's; null when it becomes `to`, or stays as it is. */
  readonly transform: SubjectTransform | null;
  readonly keepsSubject: boolean;
  /** Whether the responder learns who asks. */
  readonly share: boolean;
  /** Null for the services of the system, which need no export. */
  readonly offer: ServiceExport | null;
}

/** What one account trades; imports are added to it one by one, in the order they are checked. */
export interface Trade {
  readonly name: string;
  readonly streamExports: readonly StreamExport[];
  readonly serviceExports: readonly ServiceExport[];
  readonly streamImports: readonly StreamImport[];
  readonly serviceImports: readonly ServiceImport[];
}

export type Trades = ReadonlyMap<string, Trade>;

/** The refusal is the text for the operator. */
export function compileStreamImport(
  option: ImportOptions,
  importer: Trade,
  trades: Trades,
): Result<StreamImport, string> {
  const exporter = trades.get(option.account);
  if (exporter === undefined) {
    return refused(`${JSON.stringify(option.account)} account not defined for stream import`);
  }
  const from = option.subject;
  const isOffered = isOfferedTo(exporter.streamExports, importer.name, from);
  if (option.prefix !== null && option.prefix !== "" && hasWildcard(option.prefix)) {
    return streamFault(
      from,
      isOffered ? "stream import prefix can not contain wildcard tokens" : notAuthorized.stream,
    );
  }
  if (!isOffered) {
    return streamFault(from, notAuthorized.stream);
  }
  const wanted = targetOf(option);
  const circle =
    circleFault(importer, exporter, wanted, trades, streamSteps) ??
    circleFault(importer, exporter, from, trades, streamSteps);
  if (circle !== null) {
    return streamFault(from, circle);
  }
  let transform: SubjectTransform | null = null;
  if (hasWildcard(from) && wanted !== from) {
    const parsed = SubjectTransform.parseReversible(from, withPlaceholders(wanted));
    if (!parsed.ok) {
      const pair = `${JSON.stringify(from)} to ${JSON.stringify(wanted)}`;
      return streamFault(
        from,
        `failed to create mapping transform for stream import subject from ${pair}: ${parsed.refusal}`,
      );
    }
    transform = parsed.value;
  }
  if (importer.streamImports.some((one) => one.exporter === exporter.name && one.from === from)) {
    return streamFault(from, "stream import already exists");
  }
  const to = hasWildcard(from) ? withoutPlaceholders(wanted).subject : wanted;
  const allowsTrace = option.allowTrace;
  return accepted({ exporter: exporter.name, from, to, transform, allowsTrace });
}

function streamFault(subject: string, what: string): { ok: false; refusal: string } {
  return refused(`Error adding stream import ${JSON.stringify(subject)}: ${what}`);
}

function targetOf({ subject, prefix, to }: ImportOptions): string {
  if (prefix !== null && prefix !== "") {
    return prefix.endsWith(".") ? `${prefix}${subject}` : `${prefix}.${subject}`;
  }
  return to === null || to === "" ? subject : to;
}

/** The refusal is the text for the operator. */
export function compileServiceImport(
  option: ImportOptions,
  importer: Trade,
  trades: Trades,
): Result<ServiceImport, string> {
  const exporter = trades.get(option.account);
  if (exporter === undefined) {
    return refused(`${JSON.stringify(option.account)} account not defined for service import`);
  }
  const to = option.subject;
  const from = option.to === null || option.to === "" ? to : option.to;
  const taken = duplicateOf(importer, exporter.name, from);
  if (taken !== undefined) {
    return refused(
      `Duplicate service import subject ${JSON.stringify(from)}, previously used in import for account ` +
        `${JSON.stringify(taken.exporter)}, subject ${JSON.stringify(taken.to)}`,
    );
  }
  if (!isValidSubject(from) || !isValidSubject(to)) {
    return serviceFault(to, invalidSubject);
  }
  if (!isOfferedTo(exporter.serviceExports, importer.name, to)) {
    return serviceFault(to, notAuthorized.service);
  }
  // Compared as the pattern that the finished import will have.
  const pattern = hasWildcard(to) ? withoutPlaceholders(from).subject : from;
  const circle = circleFault(importer, exporter, pattern, trades, serviceSteps);
  if (circle !== null) {
    return serviceFault(to, circle);
  }
  const offer = findExport(exporter.serviceExports, to);
  const compiled = compileServiceRoad(exporter.name, from, to, option.share, offer);
  return compiled.ok ? compiled : serviceFault(to, compiled.refusal);
}

/** The road alone, unchecked: for what the server itself lets accounts import. */
export function compileServiceRoad(
  exporter: string,
  from: string,
  to: string,
  share: boolean,
  offer: ServiceExport | null,
): Result<ServiceImport, string> {
  const base = { exporter, share, offer };
  if (!hasWildcard(to) || to === from) {
    return accepted({ ...base, from, to, transform: null, keepsSubject: hasWildcard(to) });
  }
  const target = withoutPlaceholders(to).subject;
  const backward = SubjectTransform.parseReversible(target, withPlaceholders(from));
  const transform = backward.ok ? backward.value.reversed() : null;
  if (!backward.ok || transform === null) {
    const pair = `${JSON.stringify(from)} to ${JSON.stringify(target)}`;
    const why = backward.ok ? "not reversible" : backward.refusal;
    return refused(
      `failed to create mapping transform for service import subject from ${pair}: ${why}`,
    );
  }
  const source = withoutPlaceholders(from).subject;
  return accepted({ ...base, from: source, to: target, transform, keepsSubject: false });
}

function serviceFault(subject: string, what: string): { ok: false; refusal: string } {
  return refused(`Error adding service import ${JSON.stringify(subject)}: ${what}`);
}

function duplicateOf(importer: Trade, exporter: string, from: string): ServiceImport | undefined {
  return importer.serviceImports.find((one) => one.exporter === exporter && one.from === from);
}

function isOfferedTo(
  exports: readonly (StreamExport | ServiceExport)[],
  importer: string,
  subject: string,
): boolean {
  const offer = isValidSubject(subject) ? findExport(exports, subject) : null;
  return offer !== null && mayImport(offer, importer, subject);
}

/** One import as the search for circles sees it: where it may continue a road, and under which subject. */
interface Step {
  readonly exporter: string;
  readonly meets: string;
  readonly becomes: string;
}

type StepsOf = (trade: Trade, wanted: string) => readonly Step[];

/** Streams end where they are not exported again. */
const streamSteps: StepsOf = (trade, wanted) =>
  trade.streamExports.some((offer) => isSubset(wanted, offer.subject))
    ? trade.streamImports.map(({ exporter, to }) => ({ exporter, meets: to, becomes: to }))
    : [];

const serviceSteps: StepsOf = (trade) =>
  trade.serviceImports.map(({ exporter, from, to }) => ({ exporter, meets: to, becomes: from }));

interface Search {
  readonly trades: Trades;
  readonly stepsOf: StepsOf;
  readonly visited: Set<string>;
}

/** Follows what the exporter itself imports under subjects that `subject` touches; null when nothing leads back. */
function circleFault(
  importer: Trade,
  exporter: Trade,
  subject: string,
  trades: Trades,
  stepsOf: StepsOf,
): string | null {
  return follow({ trades, stepsOf, visited: new Set([importer.name]) }, exporter, subject);
}

function follow(search: Search, trade: Trade, wanted: string): string | null {
  const { trades, stepsOf, visited } = search;
  if (visited.size >= circleSearchDepth) {
    return searchExhausted;
  }
  for (const step of stepsOf(trade, wanted).filter(({ meets }) => collide(wanted, meets))) {
    const next = visited.has(step.exporter) ? undefined : trades.get(step.exporter);
    if (next === undefined) {
      return formsCycle;
    }
    visited.add(trade.name);
    const fault = follow(search, next, isSubset(step.becomes, wanted) ? step.becomes : wanted);
    if (fault !== null) {
      return fault;
    }
  }
  return null;
}
