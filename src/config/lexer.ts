// Configuration text to tokens. It knows which characters end what in which surroundings; what keys mean, where
// variables and included files come from is not its business.

import {
  Cursor,
  isBlank,
  isBreak,
  isDigit,
  isSpace,
  nothing,
  shown,
  type Token,
  type TokenKind,
} from "./cursor.ts";
import { readScalar } from "./scalars.ts";

/** A block is a pair of braces around a whole file, as JSON has it. */
type Surroundings = "top" | "block" | "map" | "array";
type Expected = "entry" | "value" | "after value" | "block end";

const nestingLimit = 1000;

export class Lexer {
  readonly #cursor: Cursor;
  readonly #surroundings: Surroundings[] = ["top"];
  #expected: Expected = "entry";

  constructor(text: string) {
    this.#cursor = new Cursor(text);
  }

  /** The end token comes for ever once the text is read. */
  next(): Token {
    for (;;) {
      const token = this.#step();
      if (token !== null) {
        return token;
      }
    }
  }

  #step(): Token | null {
    const inside = this.#surroundings.at(-1) ?? "top";
    switch (this.#expected) {
      case "entry":
        return this.#entry(inside);
      case "value":
        return inside === "map" ? this.#mapValue() : this.#openValue();
      case "after value":
        return this.#afterValue(inside);
      default:
        return this.#blockEnd();
    }
  }

  // What stands where an entry may begin.

  #entry(inside: Surroundings): Token | null {
    this.#cursor.skip(isSpace);
    if (this.#cursor.skipComment()) {
      return null;
    }
    switch (inside) {
      case "map":
        return this.#mapEntry();
      case "array":
        return this.#arrayEntry();
      default:
        return this.#openEntry(inside);
    }
  }

  #openEntry(inside: "top" | "block"): Token | null {
    const start = this.#cursor.mark();
    switch (this.#cursor.peek()) {
      case nothing:
        this.#cursor.take();
        return this.#cursor.hasMovedSince(start)
          ? this.#cursor.fail("Unexpected EOF.")
          : this.#cursor.token("end", "", start);
      case "/":
        this.#cursor.take();
        return this.#cursor.fail("Unexpected EOF.");
      case "{":
        this.#cursor.take();
        this.#enter("block");
        this.#expected = "entry";
        return null;
      case "}":
        if (inside === "block") {
          this.#cursor.take();
          this.#leaveBlock();
          return null;
        }
        return this.#key(inside);
      case "=":
      case ":":
        return this.#cursor.fail(`Unexpected key separator '${this.#cursor.peek()}'`);
      default:
        return this.#key(inside);
    }
  }

  #mapEntry(): Token | null {
    const char = this.#cursor.peek();
    switch (char) {
      case "=":
      case ":":
        return this.#cursor.fail(`Unexpected key separator '${char}'.`);
      case "]":
        return this.#cursor.fail(`Unexpected array end '${char}' processing map.`);
      case nothing:
        return this.#cursor.fail("Unexpected EOF processing map.");
      case "}":
        return this.#close("map end");
      case "/":
        this.#cursor.take();
        return this.#key("map");
      default:
        return this.#key("map");
    }
  }

  #arrayEntry(): Token {
    switch (this.#cursor.peek()) {
      case "/":
      case ",":
        return this.#cursor.fail("Unexpected array value terminator ','.");
      case "]":
        return this.#close("array end");
      default:
        return this.#value();
    }
  }

  #key(inside: Surroundings): Token {
    this.#expected = "value";
    const quote = this.#cursor.peek();
    if (quote === '"' || quote === "'") {
      return this.#quotedKey(quote, inside);
    }
    const start = this.#cursor.mark();
    this.#cursor.take();
    while (!isKeyEnd(this.#cursor.peek())) {
      this.#cursor.take();
    }
    const text = this.#cursor.since(start);
    const end = this.#cursor.peek();
    if (end === nothing && inside === "map") {
      this.#cursor.fail("Unexpected EOF processing map key.");
    }
    return isSpace(end) && text.toLowerCase() === "include"
      ? this.#include()
      : this.#cursor.token("key", text, start);
  }

  #quotedKey(quote: string, inside: Surroundings): Token {
    this.#cursor.take();
    const start = this.#cursor.mark();
    while (this.#cursor.peek() !== quote) {
      if (this.#cursor.peek() === nothing) {
        const what = quote === '"' ? "double quoted" : "quoted";
        this.#cursor.fail(
          inside === "map" ? `Unexpected EOF processing ${what} map key.` : "Unexpected EOF.",
        );
      }
      this.#cursor.take();
    }
    const key = this.#cursor.token("key", this.#cursor.since(start), start);
    this.#cursor.take();
    return key;
  }

  // What stands where the value of a key may begin.

  #openValue(): Token {
    this.#cursor.skip(isSpace);
    const char = this.#cursor.peek();
    if (isSeparator(char)) {
      this.#cursor.take();
    } else if (char === nothing) {
      return this.#cursor.token("end", "", this.#cursor.mark());
    }
    return this.#value();
  }

  #mapValue(): Token {
    this.#cursor.skip(isSpace);
    if (isSeparator(this.#cursor.peek())) {
      this.#cursor.take();
      this.#cursor.skip(isSpace);
    }
    switch (this.#cursor.peek()) {
      case ",":
        return this.#cursor.fail('Unexpected map value terminator ",".');
      case "}":
        return this.#cursor.fail("Unexpected map end where a map value is expected.");
      default:
        return this.#value();
    }
  }

  #value(): Token {
    this.#cursor.skip(isBlank);
    this.#expected = "after value";
    switch (this.#cursor.peek()) {
      case "[":
        return this.#open("array", "array start");
      case "{":
        return this.#open("map", "map start");
      default:
        return readScalar(this.#cursor);
    }
  }

  #open(inside: Surroundings, kind: TokenKind): Token {
    this.#cursor.take();
    this.#enter(inside);
    this.#expected = "entry";
    return this.#cursor.token(kind, "", this.#cursor.mark());
  }

  #close(kind: TokenKind): Token {
    this.#cursor.take();
    this.#surroundings.pop();
    this.#expected = "after value";
    return this.#cursor.token(kind, "", this.#cursor.mark());
  }

  #enter(inside: Surroundings): void {
    this.#surroundings.push(inside);
    if (this.#surroundings.length > nestingLimit) {
      this.#cursor.fail(`More than ${nestingLimit} maps and arrays within each other.`);
    }
  }

  #leaveBlock(): void {
    this.#surroundings.pop();
    this.#expected = this.#surroundings.at(-1) === "block" ? "block end" : "entry";
  }

  // What may stand behind a value.

  #afterValue(inside: Surroundings): Token | null {
    this.#cursor.skip(isBlank);
    if (this.#cursor.skipComment()) {
      this.#expected = inside === "top" ? "entry" : "after value";
      return null;
    }
    const char = this.#cursor.take();
    if (inside === "map" || inside === "array") {
      return this.#afterNested(inside, char);
    }
    if (char === "/") {
      return null;
    }
    if (inside === "block" && char === "}") {
      this.#leaveBlock();
      return null;
    }
    const isEnd = isBreak(char) || char === ";" || char === ",";
    if (isEnd || (inside === "top" && (char === nothing || char === "}"))) {
      this.#expected = "entry";
      return null;
    }
    const level = inside === "top" ? "top-level" : "block-level";
    return this.#cursor.fail(
      `Expected a ${level} value to end with a new line, comment or EOF, but got '${shown(char)}' instead.`,
    );
  }

  #afterNested(inside: "map" | "array", char: string): Token | null {
    if (isBreak(char) || char === "," || char === "/" || (inside === "map" && char === ";")) {
      this.#expected = "entry";
      return null;
    }
    const end = inside === "map" ? "}" : "]";
    if (char === end) {
      this.#surroundings.pop();
      return this.#cursor.token(`${inside} end`, "", this.#cursor.mark());
    }
    const article = inside === "map" ? "a" : "an";
    return this.#cursor.fail(
      `Expected ${article} ${inside} value terminator "," or ${article} ${inside} terminator "${end}", but got '${shown(char)}' instead.`,
    );
  }

  /** Behind an inner block: the outer one ends or goes on. */
  #blockEnd(): null {
    this.#cursor.skip((space) => isBlank(space) || isBreak(space));
    if (this.#cursor.skipComment()) {
      this.#expected = "entry";
      return null;
    }
    const char = this.#cursor.take();
    switch (char) {
      case "/":
        return null;
      case ";":
      case ",":
        this.#expected = "entry";
        return null;
      case "}":
        this.#leaveBlock();
        return null;
      default:
        return this.#cursor.fail(
          `Expected a block-level to end with a '}', but got '${shown(char)}' instead.`,
        );
    }
  }

  #include(): Token {
    this.#cursor.skip(isBlank);
    this.#expected = "after value";
    const char = this.#cursor.peek();
    if (char === '"' || char === "'") {
      this.#cursor.take();
      const quoted = this.#cursor.mark();
      while (this.#cursor.peek() !== char) {
        if (this.#cursor.peek() === nothing) {
          this.#cursor.fail(
            `Unexpected EOF in ${char === '"' ? "double quoted" : "quoted"} include`,
          );
        }
        this.#cursor.take();
      }
      const token = this.#cursor.token("include", this.#cursor.since(quoted), quoted);
      this.#cursor.take();
      return token;
    }
    this.#refuseAsInclude(char);
    const start = this.#cursor.mark();
    while (!isIncludeEnd(this.#cursor.peek())) {
      this.#cursor.take();
    }
    const token = this.#cursor.token("include", this.#cursor.since(start), start);
    if (this.#cursor.peek() === "'") {
      this.#cursor.take();
    }
    return token;
  }

  #refuseAsInclude(char: string): void {
    const found =
      isDigit(char) || char === "-"
        ? "start of a number"
        : {
            "[": "start of an array",
            "{": "start of a map",
            "(": "start of a block",
            "\\": "escape sequence",
            "\n": "new line",
            "\r": "new line",
          }[char];
    if (found !== undefined) {
      this.#cursor.take();
      this.#cursor.fail(`Expected include value but found ${found}`);
    }
  }
}

function isSeparator(char: string): boolean {
  return char === "=" || char === ":";
}

function isKeyEnd(char: string): boolean {
  return isSpace(char) || isSeparator(char) || char === nothing;
}

function isIncludeEnd(char: string): boolean {
  return isBreak(char) || isBlank(char) || char === nothing || ";}'".includes(char);
}
