// Streams of other accounts: which stand-ins a subscription needs in the exporting accounts, on which subjects, and
// under which subject the client sees their messages. The fabric delivers; this only says where.

import type { StreamImport } from "../accounts/imports.ts";
import { byteTextOf } from "../base/byte-text.ts";
import { parseMappingFunction } from "../subjects/mapping-function.ts";
import { isSubset, isSubsetOfTokens } from "../subjects/overlap.ts";
import { hasWildcard } from "../subjects/subject.ts";
import { anyTail, anyToken, tokensOf } from "../subjects/tokens.ts";
import { withPlaceholders } from "../subjects/transform.ts";

export interface StandIn {
  readonly exporter: string;
  /** The pattern in the exporting account. */
  readonly subject: string;
  /** What the client sees, with $1, $2... for what the wildcards of `subject` matched; null is what was published. */
  readonly show: string | null;
  /** Traces may follow its messages. */
  readonly allowsTrace: boolean;
}

/** One for each import that can bring messages to a subscription on `subject`. */
export function standInsFor(subject: string, imports: readonly StreamImport[]): readonly StandIn[] {
  const found: StandIn[] = [];
  for (const one of imports) {
    const seen = sharedPart(subject, one.to);
    if (seen !== null) {
      found.push(standInFor(one, seen));
    }
  }
  return found;
}

/**
 * The part of the import that the subscription wants, in the importer's subjects: the import when it lies within the
 * subscription, the subscription when it lies within the import, or what their tokens have in common.
 */
function sharedPart(subject: string, imported: string): string | null {
  if (subject === imported || isSubset(subject, imported)) {
    return subject;
  }
  if (!hasWildcard(subject)) {
    return null;
  }
  if (isSubset(imported, subject)) {
    return imported;
  }
  const importedTokens = tokensOf(imported);
  const narrowed = narrow(tokensOf(subject), importedTokens);
  return isSubsetOfTokens(narrowed, importedTokens) ? narrowed.join(".") : null;
}

/** The subscription's tokens with its wildcards replaced by what the import says there. */
function narrow(tokens: readonly string[], imported: readonly string[]): readonly string[] {
  const narrowed = tokens.map((token, position) => {
    const other = imported[position];
    return token === anyToken && other !== undefined && other !== anyTail ? other : token;
  });
  const last = narrowed.length - 1;
  if (narrowed[last] === anyTail && imported.length >= narrowed.length) {
    narrowed.splice(last, 1, ...imported.slice(last));
  }
  return narrowed;
}

function standInFor(one: StreamImport, seen: string): StandIn {
  const { exporter, from, to, transform, allowsTrace } = one;
  if (transform === null) {
    // Either the subjects are the same on both sides, or one literal stands for another.
    return from === to
      ? { exporter, subject: seen, show: null, allowsTrace }
      : { exporter, subject: from, show: to, allowsTrace };
  }
  const subject = seen === to ? from : (transform.reversed()?.rewrite(seen) ?? from);
  return { exporter, subject, show: shownAs(transform.destination, from, subject), allowsTrace };
}

/** What the client sees of a message published on a subject that the stand-in matches. Byte texts. */
export function shownSubject({ subject, show }: StandIn, published: string): string {
  if (show === null) {
    return published;
  }
  const tokens = tokensOf(published);
  const caught = tokensOf(byteTextOf(subject)).flatMap((token, at) => {
    if (token === anyTail) {
      return [tokens.slice(at).join(".")];
    }
    return token === anyToken ? [tokens[at] ?? ""] : [];
  });
  return tokensOf(byteTextOf(show))
    .map((token) => {
      const place = /^\$([1-9]\d*)$/.exec(token)?.[1];
      return place === undefined ? token : (caught[Number(place) - 1] ?? token);
    })
    .join(".");
}

/** The destination of the import, whose $n count the wildcards of `from`, for the narrower `subject`. */
function shownAs(destination: string, from: string, subject: string): string {
  const fromTokens = tokensOf(from);
  const filled = tokensOf(withPlaceholders(subject));
  const behindLast = tokensOf(subject).filter((token) => token === anyToken).length + 1;
  const positions = [...fromTokens.keys()].filter((at) => fromTokens[at] === anyToken);
  return tokensOf(destination)
    .flatMap((token) => {
      if (token === anyTail) {
        const rest = filled.slice(fromTokens.length - 1);
        return rest.map((part) => (part === anyTail ? `$${behindLast}` : part));
      }
      const step = parseMappingFunction(token);
      const isWildcard = step.ok && step.value.kind === "wildcard";
      return isWildcard ? (filled[positions[step.value.wildcard - 1] ?? 0] ?? token) : token;
    })
    .join(".");
}
