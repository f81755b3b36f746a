// Quotes text as clients expect it inside error texts: in double quotes, with the escapes of Go's %q. It knows the
// escapes and nothing of where they are used.

const decoder: TextDecoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const printable = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;

const shortEscapes: ReadonlyMap<number, string> = new Map([
  [0x07, "\\a"],
  [0x08, "\\b"],
  [0x09, "\\t"],
  [0x0a, "\\n"],
  [0x0b, "\\v"],
  [0x0c, "\\f"],
  [0x0d, "\\r"],
  [0x22, '\\"'],
  [0x5c, "\\\\"],
]);

export function goQuote(text: string): string {
  let quoted = '"';
  for (const character of text) {
    quoted += escaped(character);
  }
  return `${quoted}"`;
}

/** Bytes that are not UTF-8 become \xhh, one by one. */
export function goQuoteBytes(bytes: Uint8Array): string {
  let quoted = '"';
  for (let at = 0; at < bytes.length; ) {
    const character = characterAt(bytes, at);
    if (character === null) {
      quoted += `\\x${hex(bytes[at] ?? 0, 2)}`;
      at++;
    } else {
      quoted += escaped(character.text);
      at += character.length;
    }
  }
  return `${quoted}"`;
}

function escaped(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  const short = shortEscapes.get(code);
  if (short !== undefined) {
    return short;
  }
  if (isSurrogate(code)) {
    return "\uFFFD";
  }
  if (printable.test(character)) {
    return character;
  }
  if (code < 0x20 || code === 0x7f) {
    return `\\x${hex(code, 2)}`;
  }
  return code > 0xffff ? `\\U${hex(code, 8)}` : `\\u${hex(code, 4)}`;
}

function isSurrogate(code: number): boolean {
  return code >= 0xd800 && code <= 0xdfff;
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, "0");
}

/** The UTF-8 character that begins there, or null when none does. */
function characterAt(
  bytes: Uint8Array,
  at: number,
): { readonly text: string; readonly length: number } | null {
  const first = bytes[at] ?? 0;
  const length = lengthFrom(first);
  if (length === 0 || at + length > bytes.length) {
    return null;
  }
  try {
    return { text: decoder.decode(bytes.subarray(at, at + length)), length };
  } catch {
    return null;
  }
}

function lengthFrom(first: number): number {
  if (first < 0x80) {
    return 1;
  }
  if (first >= 0xc2 && first <= 0xdf) {
    return 2;
  }
  if (first >= 0xe0 && first <= 0xef) {
    return 3;
  }
  return first >= 0xf0 && first <= 0xf4 ? 4 : 0;
}
