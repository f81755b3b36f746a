// Reads one scalar where the cursor stands: quoted, block and bare strings, numbers, dates, booleans, names of
// variables. What surrounds it is the lexer's business.

import {
  type Cursor,
  isBlank,
  isBreak,
  isDigit,
  type Mark,
  nothing,
  shown,
  type Token,
} from "./cursor.ts";
import { StringParts } from "./string-parts.ts";

const numberSuffix = /^[kmgtpe]$/i;
const booleanWord = /^(?:true|false|on|off|yes|no)$/i;
const dateAfterYear = "00-00T00:00:00Z";

export function readScalar(cursor: Cursor): Token {
  const char = cursor.peek();
  const start = cursor.mark();
  switch (char) {
    case "'":
      return singleQuoted(cursor);
    case '"':
      return doubleQuoted(cursor);
    case "(":
      return blockString(cursor);
    case "-":
      cursor.take();
      expectDigitAfterSign(cursor);
      return number(cursor, start, true);
    case ".":
      return cursor.fail("Floats must start with a digit");
    case "\n":
    case "\r":
      cursor.take();
      return cursor.fail("Expected value but found new line");
    default:
      return isDigit(char) ? number(cursor, start, false) : bare(cursor, start);
  }
}

function singleQuoted(cursor: Cursor): Token {
  cursor.take();
  const start = cursor.mark();
  while (cursor.peek() !== "'") {
    failAtEnd(cursor);
    cursor.take();
  }
  const token = cursor.token("string", cursor.since(start), start);
  cursor.take();
  return token;
}

function doubleQuoted(cursor: Cursor): Token {
  cursor.take();
  const start = cursor.mark();
  const parts = new StringParts();
  while (cursor.peek() !== '"') {
    failAtEnd(cursor);
    part(cursor, parts);
  }
  const token = cursor.token("string", parts.text(), start);
  cursor.take();
  return token;
}

/** Until a closing parenthesis alone on its line. */
function blockString(cursor: Cursor): Token {
  cursor.take();
  const start = cursor.mark();
  while (!isAtBlockEnd(cursor)) {
    if (cursor.take() === nothing) {
      cursor.fail("Unexpected EOF processing block.");
    }
  }
  if (cursor.unitAt(1) === nothing) {
    // The reference keeps the parenthesis when nothing follows it: kept, for equal digests.
    cursor.take();
    return cursor.token("string", cursor.since(start), start);
  }
  const token = cursor.token("string", cursor.since(start), start);
  cursor.take();
  return token;
}

/** A word without quotes; what was taken since `start` belongs to it. */
function bare(cursor: Cursor, start: Mark): Token {
  const parts = new StringParts();
  parts.add(cursor.since(start));
  while (!isBareEnd(cursor.peek())) {
    part(cursor, parts);
  }
  const text = parts.text();
  if (cursor.peek() === "'") {
    const token = cursor.token("string", text, start);
    cursor.take();
    return token;
  }
  if (!parts.hasEscapes && booleanWord.test(text)) {
    return cursor.token("boolean", text, start);
  }
  return !parts.hasEscapes && text.startsWith("$")
    ? cursor.token("variable", text.slice(1), start)
    : cursor.token("string", text, start);
}

function part(cursor: Cursor, parts: StringParts): void {
  const char = cursor.take();
  if (char === "\\") {
    readEscape(cursor, parts);
  } else {
    parts.add(char);
  }
}

function readEscape(cursor: Cursor, parts: StringParts): void {
  const char = cursor.take();
  const meaning = { t: "\t", n: "\n", r: "\r", '"': '"', "\\": "\\" }[char];
  if (meaning !== undefined) {
    parts.addEscaped(meaning);
    return;
  }
  if (char !== "x") {
    cursor.fail(
      `Invalid escape character '${shown(char)}'. Only the following escape characters are allowed: \\xXX, \\t, \\n, \\r, \\", \\\\.`,
    );
  }
  for (let digit = 0; digit < 2; digit++) {
    if (isBreak(cursor.take())) {
      cursor.fail("Expected two hexadecimal digits after '\\x', but hit end of line");
    }
  }
  const digits = cursor.unitAt(-2) + cursor.unitAt(-1);
  if (!/^[0-9a-f]{2}$/i.test(digits)) {
    cursor.fail(`Expected two hexadecimal digits after '\\x', but got '${digits}'`);
  }
  parts.addByte(Number.parseInt(digits, 16));
}

function number(cursor: Cursor, start: Mark, isNegative: boolean): Token {
  cursor.skip(isDigit);
  const char = cursor.peek();
  if (char === ".") {
    cursor.take();
    return fraction(cursor, start);
  }
  if (numberSuffix.test(char)) {
    cursor.take();
    cursor.skip((next) => /^[bi]$/i.test(next));
    return isNumberEnd(cursor.peek())
      ? cursor.token("integer", cursor.since(start), start)
      : bare(cursor, start);
  }
  if (isNegative || isNumberEnd(char)) {
    return cursor.token("integer", cursor.since(start), start);
  }
  cursor.take();
  return char === "-" ? date(cursor, start) : bare(cursor, start);
}

function expectDigitAfterSign(cursor: Cursor): void {
  if (!isDigit(cursor.peek())) {
    const char = cursor.take();
    cursor.fail(
      char === "."
        ? "Floats must start with a digit, not '.'."
        : `Expected a digit but got '${shown(char)}'.`,
    );
  }
}

/** A float, or an IP address when a second dot comes. */
function fraction(cursor: Cursor, start: Mark): Token {
  if (!isDigit(cursor.peek())) {
    const char = cursor.take();
    cursor.fail(`Floats must have a digit after the '.', but got '${shown(char)}' instead.`);
  }
  cursor.skip(isDigit);
  if (cursor.peek() !== ".") {
    return cursor.token("float", cursor.since(start), start);
  }
  cursor.skip((char) => isDigit(char) || char === "." || char === ":" || char === "-");
  return cursor.token("string", cursor.since(start), start);
}

function date(cursor: Cursor, start: Mark): Token {
  if (cursor.since(start).length !== 5) {
    cursor.fail("All ISO8601 dates must be in full Zulu form.");
  }
  for (const wanted of dateAfterYear) {
    const char = cursor.take();
    if (wanted === "0" ? !isDigit(char) : char !== wanted) {
      const name = wanted === "0" ? "digit" : `'${wanted}'`;
      cursor.fail(`Expected ${name} in ISO8601 datetime, but found '${shown(char)}' instead.`);
    }
  }
  return cursor.token("date", cursor.since(start), start);
}

function isAtBlockEnd(cursor: Cursor): boolean {
  const after = cursor.unitAt(1);
  return (
    cursor.peek() === ")" && cursor.unitAt(-1) === "\n" && (after === "\n" || after === nothing)
  );
}

function failAtEnd(cursor: Cursor): void {
  if (cursor.peek() === nothing) {
    cursor.fail("Unexpected EOF.");
  }
}

function isBareEnd(char: string): boolean {
  return isNumberEnd(char) || char === "'";
}

/** The reference does not end a number at a closing bracket, and so cannot read [1]: we can. */
function isNumberEnd(char: string): boolean {
  return isBreak(char) || isBlank(char) || char === nothing || ";,]}".includes(char);
}
