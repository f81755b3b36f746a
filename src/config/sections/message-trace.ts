// Where an account sends traces of messages whose `traceparent` asks for one, and of how many of them.

import { hasWildcard, isValidSubject } from "../../subjects/subject.ts";
import { shownValue, typeNameOf } from "../expect.ts";
import type { Findings } from "../findings.ts";
import type { MessageTraceOptions } from "../options.ts";
import { quote } from "../quote.ts";
import { type ConfigEntries, type ConfigNode, textOfPlace } from "../tree.ts";

/** A destination alone, tracing all, or a map with destination and sampling. Null traces nothing. */
export function decodeMessageTrace(
  node: ConfigNode,
  key: string,
  findings: Findings,
): MessageTraceOptions | null {
  switch (node.content.kind) {
    case "string": {
      const destination = decodeDestination(node, key, findings);
      return destination === null ? null : { destination, sampling: 100 };
    }
    case "map":
      return decodeBlock(node, node.content.entries, key, findings);
    default:
      findings.error(
        node,
        `Expected account message trace ${quote(key)} to be a string or a map/struct, got ${typeNameOf(node)}`,
      );
      return null;
  }
}

function decodeBlock(
  node: ConfigNode,
  entries: ConfigEntries,
  blockKey: string,
  findings: Findings,
): MessageTraceOptions | null {
  let destination: string | null = null;
  let sampling: number | null = null;
  for (const [key, value] of entries) {
    switch (key.toLowerCase()) {
      case "dest":
        destination = decodeDestination(value, key, findings);
        break;
      case "sampling":
        sampling = decodeSampling(value, key, findings);
        break;
      default:
        findings.unknown(
          value,
          `Unknown field ${quote(key)} parsing account message trace map/struct ${quote(blockKey)}`,
        );
    }
  }
  if (destination !== null) {
    return { destination, sampling: sampling ?? 100 };
  }
  if (sampling !== null) {
    findings.warning(
      `${textOfPlace(node.place)}: Trace destination sampling ignored since no destination was set`,
    );
  }
  return null;
}

function decodeDestination(node: ConfigNode, key: string, findings: Findings): string | null {
  if (node.content.kind !== "string") {
    findings.error(node, `Field ${quote(key)} should be a string, got ${typeNameOf(node)}`);
    return null;
  }
  const { text } = node.content;
  if (!isValidSubject(text) || hasWildcard(text)) {
    findings.error(node, `Trace destination ${quote(text)} is not valid`);
    return null;
  }
  return text;
}

function decodeSampling(node: ConfigNode, key: string, findings: Findings): number {
  const { kind } = node.content;
  if (kind !== "integer" && kind !== "string") {
    findings.error(
      node,
      `Trace destination sampling field ${quote(key)} should be an integer or a percentage, got ${typeNameOf(node)}`,
    );
    return 100;
  }
  const text = shownValue(node);
  const digits = kind === "string" ? text.replace(/%$/, "") : text;
  if (!/^[-+]?[0-9]{1,18}$/.test(digits)) {
    findings.error(node, `Invalid trace destination sampling value ${quote(text)}`);
    return 100;
  }
  const percent = Number(digits);
  if (percent < 1 || percent > 100) {
    // The first word is spelt as the reference spells it.
    findings.error(
      node,
      `Ttrace destination sampling value ${percent} is invalid, needs to be [1..100]`,
    );
  }
  return percent;
}
