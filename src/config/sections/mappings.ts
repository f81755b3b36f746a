// Subject mappings, of an account or at top level: a source and where its messages go, perhaps by weight and cluster.

import { isValidSubject } from "../../subjects/subject.ts";
import { SubjectTransform } from "../../subjects/transform.ts";
import { entriesOf, shownValue, stringOf } from "../expect.ts";
import type { Findings } from "../findings.ts";
import type { MappingDestination, MappingOptions } from "../options.ts";
import { quote } from "../quote.ts";
import type { ConfigNode } from "../tree.ts";

export function decodeMappings(node: ConfigNode, findings: Findings): readonly MappingOptions[] {
  const mappings: MappingOptions[] = [];
  for (const [source, value] of entriesOf(node)) {
    if (!isValidSubject(source)) {
      findings.error(node, `Subject ${quote(source)} is not a valid subject`);
      continue;
    }
    const destinations = decodeDestinations(value, findings);
    const fault = destinationsFault(source, destinations);
    if (fault !== null) {
      const to = value.content.kind === "string" ? ` to ${quote(value.content.text)}` : "";
      findings.error(value, `Error adding mapping for ${quote(source)}${to} : ${fault}`);
      continue;
    }
    mappings.push({ source, destinations });
  }
  return mappings;
}

function decodeDestinations(node: ConfigNode, findings: Findings): readonly MappingDestination[] {
  switch (node.content.kind) {
    case "string":
      return [{ destination: node.content.text, weight: 100, cluster: null }];
    case "array":
      return node.content.items.flatMap((item) => decodeDestination(item, findings) ?? []);
    default: {
      const destination = decodeDestination(node, findings);
      return destination === null ? [] : [destination];
    }
  }
}

/** Null with an error found. */
function decodeDestination(node: ConfigNode, findings: Findings): MappingDestination | null {
  if (node.content.kind !== "map") {
    findings.error(node, "Expected an entry for the mapping destination");
    return null;
  }
  let destination = "";
  let weight: number | null = null;
  let cluster: string | null = null;
  for (const [key, value] of node.content.entries) {
    switch (key.toLowerCase()) {
      case "dest":
      case "destination":
        destination = stringOf(value);
        break;
      case "weight":
        weight = decodeWeight(value, findings);
        if (weight === null) {
          return null;
        }
        break;
      case "cluster":
        cluster = stringOf(value);
        break;
      default:
        findings.error(value, `Unknown field ${quote(key)} for mapping destination`);
        return null;
    }
  }
  if (weight === null) {
    findings.error(node, `Missing weight for mapping destination ${quote(destination)}`);
    return null;
  }
  return { destination, weight, cluster: cluster === "" ? null : cluster };
}

/** A number or a text with or without the percent sign. */
function decodeWeight(node: ConfigNode, findings: Findings): number | null {
  if (node.content.kind !== "string" && node.content.kind !== "integer") {
    findings.error(node, `Unknown entry type for weight of ${shownValue(node)}`);
    return null;
  }
  const text = shownValue(node).replace(/%$/, "");
  if (!/^[-+]?[0-9]{1,18}$/.test(text)) {
    findings.error(node, `Invalid weight ${quote(text)} for mapping destination`);
    return null;
  }
  const weight = Number(text);
  if (weight > 100 || weight < 0) {
    findings.error(node, `Invalid weight ${weight} for mapping destination`);
    return null;
  }
  return weight;
}

/** Weights count for each cluster on its own. */
function destinationsFault(
  source: string,
  destinations: readonly MappingDestination[],
): string | null {
  const seen = new Set<string>();
  const totals = new Map<string | null, number>();
  for (const { destination, weight, cluster } of destinations) {
    if (seen.has(destination)) {
      return `duplicate entry for ${quote(destination)}`;
    }
    seen.add(destination);
    const total = (totals.get(cluster) ?? 0) + weight;
    totals.set(cluster, total);
    if (total > 100) {
      return "total weight needs to be <= 100";
    }
    const transform = SubjectTransform.parseMapping(source, destination);
    if (!transform.ok) {
      return transform.refusal;
    }
  }
  return null;
}
