// JSON text whose integers keep all their digits, in and out, read in order and judged in the words of Go's decoder,
// which tools show to their users. It knows no message: json-kinds.ts turns values into typed fields.

/** Whole numbers are numbers while a double holds them, else bigints; keys stand in the order of the text. */
export type JsonValue =
  | string
  | number
  | bigint
  | boolean
  | null
  | JsonDecimal
  | readonly JsonValue[]
  | JsonMap;

export type JsonMap = ReadonlyMap<string, JsonValue>;

/** A number with a fraction or an exponent, or one too long to be any integer: as it was written. */
export class JsonDecimal {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export interface JsonFault {
  /** The text ended too early; then `message` says nothing. */
  readonly isCutShort: boolean;
  readonly message: string;
  /** How many characters were read, the one that does not fit included. */
  readonly offset: number;
}

export type JsonTexts =
  | { readonly values: readonly JsonValue[]; readonly fault: null }
  | { readonly values: readonly JsonValue[]; readonly fault: JsonFault };

/** Where JSON.parse would lose how numbers were written, digits, or the order of keys. */
const needsCare = /(?:^|"\s*:|[[,])\s*-?\d+[.eE]|"\d+"\s*:|\d{16}/;

/** The one value of a text without faults and without what needs care, many times faster; else undefined. */
function plainValue(text: string): JsonValue | undefined {
  if (needsCare.test(text)) {
    return undefined;
  }
  try {
    return exactly(JSON.parse(text), 0);
  } catch {
    return undefined;
  }
}

/** What JSON.parse made, as it stands here. */
function exactly(value: unknown, depth: number): JsonValue {
  if (typeof value === "string") {
    return value.toWellFormed();
  }
  if (typeof value === "number") {
    return value + 0;
  }
  if (typeof value === "boolean" || value === null) {
    return value;
  }
  if (depth > maxDepth || typeof value !== "object") {
    throw new Misfit("", 0, false);
  }
  if (Array.isArray(value)) {
    return value.map((entry: unknown) => exactly(entry, depth + 1));
  }
  const map = new Map<string, JsonValue>();
  for (const [key, entry] of Object.entries(value)) {
    map.set(key.toWellFormed(), exactly(entry, depth + 1));
  }
  return map;
}

/** All values that stand one behind the other in the text; those before a fault are given too. */
export function parseJsonTexts(text: string): JsonTexts {
  const plain = plainValue(text);
  if (plain !== undefined) {
    return { values: [plain], fault: null };
  }
  const parser = new Parser(text);
  const values: JsonValue[] = [];
  try {
    while (!parser.isAtEnd) {
      values.push(parser.value(0));
    }
    return { values, fault: null };
  } catch (fault) {
    if (fault instanceof Misfit) {
      return { values, fault };
    }
    throw fault;
  }
}

/** Exactly one value; what stands behind it is a fault. */
export function parseJsonText(text: string): JsonTexts {
  const plain = plainValue(text);
  if (plain !== undefined) {
    return { values: [plain], fault: null };
  }
  const parser = new Parser(text);
  try {
    const value = parser.value(0);
    parser.end();
    return { values: [value], fault: null };
  } catch (fault) {
    if (fault instanceof Misfit) {
      return { values: [], fault };
    }
    throw fault;
  }
}

/** What JSON.stringify prints with all its digits. */
export function exactInteger(value: bigint): number | object {
  return value >= smallestSafe && value <= largestSafe
    ? Number(value)
    : JSON.rawJSON(value.toString());
}

/** The same, undefined for 0: what `omitempty` leaves out. */
export function exactNonZero(value: bigint): number | object | undefined {
  return value === 0n ? undefined : exactInteger(value);
}

declare global {
  interface JSON {
    rawJSON(text: string): object;
  }
}

const smallestSafe = BigInt(Number.MIN_SAFE_INTEGER);
const largestSafe = BigInt(Number.MAX_SAFE_INTEGER);
/** Far above what messages of the API need; each level is a call. */
const maxDepth = 500;
/** No integer of 64 bits is longer; longer ones are not worth the work. */
const maxIntegerLength = 20;

const blanks = /[ \t\r\n]*/y;
/** Neither a quote, nor a backslash, nor a control character. */
const plainCharacters = /[ -!\u0023-[\]-\uffff]*/y;
const numberForm = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const integerForm = /^-?[0-9]+$/;
const hexForm = /^[0-9a-fA-F]$/;

const escapes: Readonly<Record<string, string>> = {
  '"': '"',
  "\\": "\\",
  "/": "/",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
};

/** Thrown and caught in this file alone: a parser's way out of its depth. */
class Misfit extends Error implements JsonFault {
  readonly isCutShort: boolean;
  readonly offset: number;

  constructor(message: string, offset: number, isCutShort: boolean) {
    super(message);
    this.offset = offset;
    this.isCutShort = isCutShort;
  }
}

class Parser {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get isAtEnd(): boolean {
    this.#take(blanks);
    return this.#at >= this.#text.length;
  }

  end(): void {
    if (!this.isAtEnd) {
      throw this.#misfit("after top-level value");
    }
  }

  value(depth: number): JsonValue {
    this.#take(blanks);
    if (depth > maxDepth) {
      throw new Misfit("exceeded max depth", this.#at + 1, false);
    }
    switch (this.#text.charAt(this.#at)) {
      case "{":
        return this.#object(depth);
      case "[":
        return this.#array(depth);
      case '"':
        return this.#string();
      case "t":
        return this.#literal("true", true);
      case "f":
        return this.#literal("false", false);
      case "n":
        return this.#literal("null", null);
      default:
        return this.#number();
    }
  }

  #object(depth: number): JsonMap {
    const map = new Map<string, JsonValue>();
    this.#at += 1;
    this.#take(blanks);
    if (this.#takes("}")) {
      return map;
    }
    for (;;) {
      this.#take(blanks);
      if (this.#text.charAt(this.#at) !== '"') {
        throw this.#misfit("looking for beginning of object key string");
      }
      const key = this.#string();
      this.#take(blanks);
      if (!this.#takes(":")) {
        throw this.#misfit("after object key");
      }
      map.set(key, this.value(depth + 1));
      this.#take(blanks);
      if (this.#takes("}")) {
        return map;
      }
      if (!this.#takes(",")) {
        throw this.#misfit("after object key:value pair");
      }
    }
  }

  #array(depth: number): readonly JsonValue[] {
    const values: JsonValue[] = [];
    this.#at += 1;
    this.#take(blanks);
    if (this.#takes("]")) {
      return values;
    }
    for (;;) {
      values.push(this.value(depth + 1));
      this.#take(blanks);
      if (this.#takes("]")) {
        return values;
      }
      if (!this.#takes(",")) {
        throw this.#misfit("after array element");
      }
    }
  }

  #string(): string {
    this.#at += 1;
    let text = "";
    for (;;) {
      text += this.#take(plainCharacters);
      if (this.#takes('"')) {
        return text.toWellFormed();
      }
      if (!this.#takes("\\")) {
        throw this.#misfit("in string literal");
      }
      text += this.#escape();
    }
  }

  #escape(): string {
    const character = this.#text.charAt(this.#at);
    if (character !== "u") {
      const meant = Object.hasOwn(escapes, character) ? escapes[character] : undefined;
      if (meant === undefined) {
        throw this.#misfit("in string escape code");
      }
      this.#at += 1;
      return meant;
    }
    this.#at += 1;
    const start = this.#at;
    while (this.#at < start + 4) {
      if (!hexForm.test(this.#text.charAt(this.#at))) {
        throw this.#misfit("in \\u hexadecimal character escape");
      }
      this.#at += 1;
    }
    return String.fromCharCode(Number.parseInt(this.#text.slice(start, this.#at), 16));
  }

  #literal<T>(word: string, value: T): T {
    for (const expected of word) {
      if (!this.#takes(expected)) {
        throw this.#misfit(`in literal ${word} (expecting '${expected}')`);
      }
    }
    return value;
  }

  #number(): JsonValue {
    const start = this.#at;
    const text = this.#take(numberForm);
    if (text === "") {
      const isNumber = this.#takes("-");
      throw this.#misfit(isNumber ? "in numeric literal" : "looking for beginning of value");
    }
    const next = this.#text.charAt(this.#at);
    if (next === "." && integerForm.test(text)) {
      this.#at += 1;
      throw this.#misfit("after decimal point in numeric literal");
    }
    if ((next === "e" || next === "E") && !/[eE]/.test(text)) {
      this.#at += /[+-]/.test(this.#text.charAt(this.#at + 1)) ? 2 : 1;
      throw this.#misfit("in exponent of numeric literal");
    }
    return numberOf(this.#text.slice(start, this.#at));
  }

  #take(form: RegExp): string {
    form.lastIndex = this.#at;
    const found = form.exec(this.#text)?.[0] ?? "";
    this.#at += found.length;
    return found;
  }

  #takes(character: string): boolean {
    if (this.#text.charAt(this.#at) !== character) {
      return false;
    }
    this.#at += 1;
    return true;
  }

  #misfit(context: string): Misfit {
    const point = this.#text.codePointAt(this.#at);
    return point === undefined
      ? new Misfit("", this.#at, true)
      : new Misfit(`invalid character ${quoted(point)} ${context}`, this.#at + 1, false);
  }
}

function numberOf(text: string): JsonValue {
  if (!integerForm.test(text) || text.length > maxIntegerLength) {
    return new JsonDecimal(text);
  }
  const value = Number(text);
  return Number.isSafeInteger(value) ? value + 0 : BigInt(text);
}

function quoted(point: number): string {
  if (point === 0x27) {
    return "'\\''";
  }
  if (point === 0x22) {
    return "'\"'";
  }
  const character = JSON.stringify(String.fromCodePoint(point)).slice(1, -1);
  const isControl = point < 0x20 && character.startsWith("\\u");
  return `'${isControl ? `\\x${point.toString(16).padStart(2, "0")}` : character}'`;
}
