// The digest that tells two configurations apart: over the values alone, in the form the reference digests, so that one
// file has the same digest there and here.

import type { Crypto } from "../ports/crypto.ts";
import type { ConfigEntries, ConfigNode } from "./tree.ts";

const encoder: TextEncoder = new TextEncoder();

export function digestOf(entries: ConfigEntries, crypto: Pick<Crypto, "sha256">): string {
  const hash = crypto.sha256(encoder.encode(`${jsonOfMap(entries)}\n`));
  return `sha256:${[...hash].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

function jsonOf(node: ConfigNode): string {
  const content = node.content;
  switch (content.kind) {
    case "string":
    case "date":
      return jsonOfText(content.text);
    case "integer":
    case "boolean":
      return String(content.value);
    case "float":
      return Object.is(content.value, -0) ? "-0" : String(content.value);
    case "array":
      return `[${content.items.map(jsonOf).join(",")}]`;
    default:
      return jsonOfMap(content.entries);
  }
}

/** Keys stand in the order of their bytes. */
function jsonOfMap(entries: ConfigEntries): string {
  const keys = [...entries].sort(([a], [b]) => compareBytes(a, b));
  return `{${keys.map(([key, node]) => `${jsonOfText(key)}:${jsonOf(node)}`).join(",")}}`;
}

function compareBytes(a: string, b: string): number {
  const left = encoder.encode(a);
  const right = encoder.encode(b);
  const shared = Math.min(left.length, right.length);
  for (let index = 0; index < shared; index++) {
    const difference = (left[index] ?? 0) - (right[index] ?? 0);
    if (difference !== 0) {
      return difference;
    }
  }
  return left.length - right.length;
}

/** JSON that may also stand inside HTML. */
function jsonOfText(text: string): string {
  return JSON.stringify(text.toWellFormed()).replace(
    /[<>&\u2028\u2029]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
