// What an account offers to others: compiled exports, and the rule who may import them. It does not know imports.

import { accepted, type Result, refused } from "../base/result.ts";
import type { ExportOptions, LatencyOptions } from "../config/options.ts";
import { isSubset } from "../subjects/overlap.ts";
import { hasWildcard, isValidSubject } from "../subjects/subject.ts";
import { anyToken, tokenAt } from "../subjects/tokens.ts";

/** How long a responder has when the export does not say. */
export const defaultResponseThresholdMillis: number = 2 * 60 * 1000;

interface Offer {
  readonly subject: string;
  /** Null is public. */
  readonly approved: ReadonlySet<string> | null;
  /** From 1; 0 is none. */
  readonly accountTokenPosition: number;
}

export interface StreamExport extends Offer {
  readonly kind: "stream";
}

export interface ServiceExport extends Offer {
  readonly kind: "service";
  readonly responseType: ExportOptions["responseType"];
  readonly thresholdMillis: number;
  readonly latency: LatencyOptions | null;
  /** Traces may follow requests into the exporting account. */
  readonly allowsTrace: boolean;
}

export type Export = StreamExport | ServiceExport;

/** What the rules must know beside the export itself. */
export interface ExportSurroundings {
  isAccount(name: string): boolean;
  readonly hasSystemAccount: boolean;
  /** Whether a subject is served by an export that the account already has. */
  isService(subject: string): boolean;
}

/** The refusal is the text for the operator. */
export function compileExport(
  option: ExportOptions,
  surroundings: ExportSurroundings,
): Result<Export, string> {
  const quoted = JSON.stringify(option.subject);
  const stranger = option.accounts.find((name) => !surroundings.isAccount(name));
  if (stranger !== undefined) {
    return refused(`${JSON.stringify(stranger)} account not defined for ${option.kind} export`);
  }
  const position = option.accountTokenPosition;
  if (position > 0 && tokenAt(option.subject, position) !== anyToken) {
    return refused(`Error adding ${option.kind} export ${quoted}: sublist: invalid subject`);
  }
  const offer: Offer = {
    subject: option.subject,
    approved: option.accounts.length === 0 ? null : new Set(option.accounts),
    accountTokenPosition: position,
  };
  if (option.kind === "stream") {
    return accepted({ kind: "stream", ...offer });
  }
  const fault = latencyFault(option, surroundings);
  if (fault !== null) {
    return refused(`Error adding service latency sampling for ${quoted}${fault}`);
  }
  return accepted({
    kind: "service",
    ...offer,
    responseType: option.responseType,
    thresholdMillis: option.thresholdMillis ?? defaultResponseThresholdMillis,
    latency: option.latency,
    allowsTrace: option.allowTrace,
  });
}

function latencyFault(option: ExportOptions, surroundings: ExportSurroundings): string | null {
  if (option.latency === null) {
    return null;
  }
  if (!surroundings.hasSystemAccount) {
    return ": system account not setup";
  }
  const { sampling, subject } = option.latency;
  const on = ` on subject ${JSON.stringify(subject)}: `;
  if (sampling !== "headers" && (sampling < 1 || sampling > 100)) {
    return `${on}bad sampling percentage, should be 1-100`;
  }
  const loopsBack = surroundings.isService(subject) || isSubset(subject, option.subject);
  if (!isValidSubject(subject) || hasWildcard(subject) || loopsBack) {
    return `${on}invalid publish subject`;
  }
  return option.responseType === "single" ? null : `${on}bad service response type`;
}

/** The export that offers a subject or pattern: the same one, or else the first that covers it. */
export function findExport<Kind extends Export>(
  exports: readonly Kind[],
  subject: string,
): Kind | null {
  return (
    exports.find((offer) => offer.subject === subject) ??
    exports.find((offer) => isSubset(subject, offer.subject)) ??
    null
  );
}

/** Whether an account may import `subject`, which the export offers. */
export function mayImport(offer: Export, importer: string, subject: string): boolean {
  if (offer.accountTokenPosition > 0) {
    // The whole pattern speaks of every account at once, so nobody may have it.
    return offer.subject !== subject && tokenAt(subject, offer.accountTokenPosition) === importer;
  }
  return offer.approved === null || offer.approved.has(importer);
}
