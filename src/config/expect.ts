// Takes a value of the tree as the type its key needs, or throws WrongType with the words of the reference.

import { type Findings, WrongType } from "./findings.ts";
import { parseDuration } from "./quantity.ts";
import type { ConfigContent, ConfigEntries, ConfigNode } from "./tree.ts";

/** The reference's names of types, which stand in its error texts. */
const typeNames: Readonly<Record<ConfigContent["kind"], string>> = {
  string: "string",
  integer: "int64",
  float: "float64",
  boolean: "bool",
  date: "time.Time",
  array: "[]interface {}",
  map: "map[string]interface {}",
};

export function typeNameOf(node: ConfigNode): string {
  return typeNames[node.content.kind];
}

/** `place` is where a wrong type is reported, for blocks that report all theirs at their own place. */
export function stringOf(node: ConfigNode, place: ConfigNode = node): string {
  return node.content.kind === "string" ? node.content.text : wrongType(node, "string", place);
}

/** Empty counts as not given. */
export function stringOrNull(node: ConfigNode): string | null {
  const text = stringOf(node);
  return text === "" ? null : text;
}

export function booleanOf(node: ConfigNode, place: ConfigNode = node): boolean {
  return node.content.kind === "boolean" ? node.content.value : wrongType(node, "boolean", place);
}

export function integerOf(node: ConfigNode, place: ConfigNode = node): number {
  return node.content.kind === "integer"
    ? Number(node.content.value)
    : wrongType(node, "integer", place);
}

export function itemsOf(node: ConfigNode): readonly ConfigNode[] {
  return node.content.kind === "array" ? node.content.items : wrongType(node, "array");
}

export function entriesOf(node: ConfigNode): ConfigEntries {
  return node.content.kind === "map" ? node.content.entries : wrongType(node, "map");
}

/** A plain integer counts seconds, and is warned of. Null, with an error found, when the text is no duration. */
export function durationOf(
  node: ConfigNode,
  field: string,
  findings: Findings,
  place: ConfigNode = node,
): number | null {
  if (node.content.kind !== "string") {
    findings.doubtfulUse(node, field, `${field} should be converted to a duration`);
    return integerOf(node, place) * 1000;
  }
  const duration = parseDuration(node.content.text);
  if (!duration.ok) {
    findings.error(node, `error parsing ${field}: ${duration.refusal}`);
    return null;
  }
  return duration.value;
}

/** The value as a person would write it, for texts that repeat it. */
export function shownValue(node: ConfigNode): string {
  const content = node.content;
  switch (content.kind) {
    case "string":
    case "date":
      return content.text;
    case "array":
      return `[${content.items.map(shownValue).join(" ")}]`;
    case "map":
      return `map[${[...content.entries.keys()].join(" ")}]`;
    default:
      return String(content.value);
  }
}

function wrongType(
  node: ConfigNode,
  wanted: ConfigContent["kind"],
  place: ConfigNode = node,
): never {
  throw new WrongType(
    place,
    `interface conversion: interface {} is ${typeNameOf(node)}, not ${typeNames[wanted]}`,
  );
}
