// Texts inside error messages, written as the reference writes them.

const short: Readonly<Record<string, string>> = {
  "\x07": "\\a",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\v": "\\v",
  "\\": "\\\\",
  '"': '\\"',
};

const unprintable = /[\p{C}\p{Z}]/u;

/** In double quotes, with everything escaped that would not print; a space prints. */
export function quote(text: string): string {
  let quoted = "";
  for (const char of text) {
    quoted += short[char] ?? (char !== " " && unprintable.test(char) ? escapeOf(char) : char);
  }
  return `"${quoted}"`;
}

/** Several quoted texts in brackets. */
export function quoteAll(texts: readonly string[]): string {
  return `[${texts.map(quote).join(" ")}]`;
}

function escapeOf(char: string): string {
  const code = char.codePointAt(0) ?? 0;
  if (code < 0x80) {
    return `\\x${code.toString(16).padStart(2, "0")}`;
  }
  return code > 0xffff
    ? `\\U${code.toString(16).padStart(8, "0")}`
    : `\\u${code.toString(16).padStart(4, "0")}`;
}
