// Account-wide mapping of published subjects, with weights: which destination a subject gets this time. It does not
// deliver, and it gets chance and the cluster's name from outside.

import { accepted, type Result, refused } from "../base/result.ts";
import type { MappingDestination, MappingOptions } from "../config/options.ts";
import type { Random } from "../ports/random.ts";
import { matches } from "../subjects/overlap.ts";
import { hasWildcard, isValidSubject } from "../subjects/subject.ts";
import { SubjectTransform, withPlaceholders } from "../subjects/transform.ts";

const wholeWeight = 100;

/** A message that a mapping loses on purpose. */
export const lost: unique symbol = Symbol("lost");

interface Choice {
  readonly transform: SubjectTransform;
  /** The share of this choice and of those before it. */
  readonly below: number;
}

interface Mapping {
  readonly source: string;
  readonly isLiteral: boolean;
  readonly everywhere: readonly Choice[];
  readonly inCluster: ReadonlyMap<string, readonly Choice[]>;
}

export class Mappings {
  readonly #mappings: readonly Mapping[];
  readonly #random: Random;

  private constructor(mappings: readonly Mapping[], random: Random) {
    this.#mappings = mappings;
    this.#random = random;
  }

  /** The refusal is the text for the operator. Of two mappings of one source the later one holds. */
  static compile(options: readonly MappingOptions[], random: Random): Result<Mappings, string> {
    const bySource = new Map<string, Mapping>();
    for (const option of options) {
      const mapping = compileMapping(option, random);
      if (!mapping.ok) {
        return mapping;
      }
      bySource.set(option.source, mapping.value);
    }
    return accepted(new Mappings([...bySource.values()], random));
  }

  get isEmpty(): boolean {
    return this.#mappings.length === 0;
  }

  /** The patterns of which a publish must be asked about. */
  get sources(): readonly string[] {
    return this.#mappings.map((mapping) => mapping.source);
  }

  /** Whether a mapping decides where this subject goes, be it to itself. */
  maps(subject: string): boolean {
    return this.#mappings.some((mapping) => isMapped(mapping, subject));
  }

  /** The subject to publish to instead, the same subject when no mapping matches, or `lost`. */
  select(subject: string, cluster = ""): string | typeof lost {
    for (const mapping of this.#mappings) {
      if (isMapped(mapping, subject)) {
        return this.#choose(mapping.inCluster.get(cluster) ?? mapping.everywhere, subject);
      }
    }
    return subject;
  }

  #choose(choices: readonly Choice[], subject: string): string | typeof lost {
    const first = choices[0];
    const drawn = first?.below === wholeWeight ? 0 : this.#random.below(wholeWeight);
    for (const choice of choices) {
      if (drawn < choice.below) {
        return choice.transform.rewrite(subject);
      }
    }
    return lost;
  }
}

function isMapped({ source, isLiteral }: Mapping, subject: string): boolean {
  return isLiteral ? source === subject : matches(source, subject);
}

function compileMapping(option: MappingOptions, random: Random): Result<Mapping, string> {
  const { source, destinations } = option;
  if (!isValidSubject(source)) {
    return refused(`Subject ${JSON.stringify(source)} is not a valid subject`);
  }
  const fault = weightFault(destinations);
  if (fault !== null) {
    return refused(`${introduction(option)} : ${fault}`);
  }
  const transforms = new Map<string, SubjectTransform>();
  for (const { destination } of destinations) {
    const transform = SubjectTransform.parseMapping(source, destination, random);
    if (!transform.ok) {
      return refused(`${introduction(option)} : ${transform.refusal}`);
    }
    transforms.set(destination, transform.value);
  }
  const byCluster = Map.groupBy(destinations, (destination) => destination.cluster ?? "");
  const inCluster = new Map<string, readonly Choice[]>();
  for (const [cluster, members] of byCluster) {
    inCluster.set(cluster, choicesOf(source, members, transforms));
  }
  const everywhere = inCluster.get("") ?? choicesOf(source, [], transforms);
  inCluster.delete("");
  return accepted({ source, isLiteral: !hasWildcard(source), everywhere, inCluster });
}

/** A single destination with all the weight is how the short form `source: destination` arrives. */
function introduction({ source, destinations }: MappingOptions): string {
  const [only, ...more] = destinations;
  const isShort = more.length === 0 && only?.weight === wholeWeight && only.cluster === null;
  const from = `Error adding mapping for ${JSON.stringify(source)}`;
  return isShort ? `${from} to ${JSON.stringify(only.destination)}` : from;
}

function weightFault(destinations: readonly MappingDestination[]): string | null {
  const seen = new Set<string>();
  const totals = new Map<string, number>();
  for (const { destination, weight, cluster } of destinations) {
    if (seen.has(destination)) {
      return `duplicate entry for ${JSON.stringify(destination)}`;
    }
    seen.add(destination);
    if (weight > wholeWeight) {
      return "individual weights need to be <= 100";
    }
    const total = (totals.get(cluster ?? "") ?? 0) + weight;
    totals.set(cluster ?? "", total);
    if (total > wholeWeight) {
      return "total weight needs to be <= 100";
    }
  }
  return null;
}

/**
 * What is missing to the whole keeps the source, unless the source stands among the destinations (of any cluster): then
 * less than the whole is meant, and the rest is lost.
 */
function choicesOf(
  source: string,
  destinations: readonly MappingDestination[],
  transforms: ReadonlyMap<string, SubjectTransform>,
): readonly Choice[] {
  const weighted = destinations.flatMap(({ destination, weight }) => {
    const transform = transforms.get(destination);
    return transform === undefined ? [] : [{ transform, weight }];
  });
  const total = weighted.reduce((sum, { weight }) => sum + weight, 0);
  if (total !== wholeWeight && !transforms.has(source)) {
    const unchanged = SubjectTransform.parse(source, withPlaceholders(source));
    if (unchanged.ok) {
      weighted.push({ transform: unchanged.value, weight: wholeWeight - total });
    }
  }
  weighted.sort((one, other) => one.weight - other.weight);
  let below = 0;
  return weighted.map(({ transform, weight }) => {
    below += weight;
    return { transform, below };
  });
}
