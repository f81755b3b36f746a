// A cursor over configuration text: characters, lines and the tokens cut from it. It knows kinds of characters, and no
// grammar.

import { ConfigError } from "./config-error.ts";

export type TokenKind =
  | "key"
  | "string"
  | "boolean"
  | "integer"
  | "float"
  | "date"
  | "variable"
  | "include"
  | "array start"
  | "array end"
  | "map start"
  | "map end"
  | "end";

export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
  readonly line: number;
  readonly column: number;
}

export interface Mark {
  readonly at: number;
  readonly lineStart: number;
}

/** The end of the text reads as NUL, and a NUL in the text ends things like the end does. */
export const nothing = "\0";

const wideSpace = /^\p{White_Space}$/u;
const decimalDigit = /^\p{Nd}$/u;
const encoder: TextEncoder = new TextEncoder();

export class Cursor {
  readonly #text: string;
  /** Of every UTF-16 unit, how many UTF-8 bytes stand before it; null when all are ASCII. */
  readonly #byteOffsets: Uint32Array | null;
  #at = 0;
  #line = 1;
  /** Where the last line break before #at stands; 0 on the first line. */
  #lineStart = 0;

  constructor(text: string) {
    this.#text = text;
    this.#byteOffsets = byteOffsetsOf(text);
  }

  /** Throws the error that names the current line. */
  fail(reason: string): never {
    throw new ConfigError(`Parse error on line ${this.#line}: '${reason}'`);
  }

  peek(): string {
    const code = this.#text.codePointAt(this.#at);
    return code === undefined ? nothing : String.fromCodePoint(code);
  }

  /** The UTF-16 unit so far from the next one; negative looks back. */
  unitAt(distance: number): string {
    return this.#text[this.#at + distance] ?? nothing;
  }

  take(): string {
    const char = this.peek();
    if (this.#at < this.#text.length) {
      if (char === "\n") {
        this.#line++;
        this.#lineStart = this.#at;
      }
      this.#at += char.length;
    }
    return char;
  }

  skip(isSkipped: (char: string) => boolean): void {
    while (this.#at < this.#text.length && isSkipped(this.peek())) {
      this.take();
    }
  }

  /** Over a comment up to its line break, if one stands here. */
  skipComment(): boolean {
    if (this.peek() !== "#" && !this.#text.startsWith("//", this.#at)) {
      return false;
    }
    this.skip((char) => !isBreak(char) && char !== nothing);
    return true;
  }

  mark(): Mark {
    return { at: this.#at, lineStart: this.#lineStart };
  }

  hasMovedSince(start: Mark): boolean {
    return this.#at > start.at;
  }

  since(start: Mark): string {
    return this.#text.slice(start.at, this.#at);
  }

  /** Columns are those of the reference: counted back from the end of the token by the length of its value. */
  token(kind: TokenKind, text: string, start: Mark): Token {
    const bytes = this.#bytesBefore(this.#at) - this.#bytesBefore(start.lineStart);
    return { kind, text, line: this.#line, column: bytes - byteLength(text) };
  }

  #bytesBefore(at: number): number {
    return this.#byteOffsets?.[at] ?? at;
  }
}

/** How a character stands in an error text. */
export function shown(char: string): string {
  return char === "\n" ? "\\n" : char;
}

export function isSpace(char: string): boolean {
  return wideSpace.test(char);
}

export function isBlank(char: string): boolean {
  return char === " " || char === "\t";
}

export function isBreak(char: string): boolean {
  return char === "\n" || char === "\r";
}

export function isDigit(char: string): boolean {
  return decimalDigit.test(char);
}

function byteLength(text: string): number {
  return encoder.encode(text).length;
}

function byteOffsetsOf(text: string): Uint32Array | null {
  if (byteLength(text) === text.length) {
    return null;
  }
  const offsets = new Uint32Array(text.length + 1);
  let bytes = 0;
  let unit = 0;
  for (const char of text) {
    offsets.fill(bytes, unit, unit + char.length);
    bytes += byteLength(char);
    unit += char.length;
  }
  offsets[unit] = bytes;
  return offsets;
}
