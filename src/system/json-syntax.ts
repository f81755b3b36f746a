// Says what is wrong with a JSON text in the words of Go's decoder, which tools show to their users. It makes no values.

const endOfInput = "unexpected end of JSON input";
const blank = /[ \t\r\n]/;
const digit = /[0-9]/;
const hexDigit = /[0-9a-fA-F]/;
const maxDepth = 10_000;

/** Null for a valid text. */
export function jsonSyntaxError(text: string): string | null {
  const scanner = new Scanner(text);
  const error = scanner.value(0, "looking for beginning of value");
  return error ?? scanner.end();
}

class Scanner {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  end(): string | null {
    this.#skipBlanks();
    return this.#at < this.#text.length ? this.#unexpected("after top-level value") : null;
  }

  value(depth: number, context: string): string | null {
    this.#skipBlanks();
    const first = this.#text.charAt(this.#at);
    if (depth > maxDepth) {
      return "exceeded max depth";
    }
    switch (first) {
      case "{":
        return this.#object(depth);
      case "[":
        return this.#array(depth);
      case '"':
        return this.#string();
      case "t":
        return this.#literal("true");
      case "f":
        return this.#literal("false");
      case "n":
        return this.#literal("null");
      default:
        return first === "-" || digit.test(first) ? this.#number() : this.#unexpected(context);
    }
  }

  #object(depth: number): string | null {
    this.#at += 1;
    this.#skipBlanks();
    if (this.#take("}")) {
      return null;
    }
    for (;;) {
      this.#skipBlanks();
      if (this.#text.charAt(this.#at) !== '"') {
        return this.#unexpected("looking for beginning of object key string");
      }
      const keyError = this.#string();
      if (keyError !== null) {
        return keyError;
      }
      this.#skipBlanks();
      if (!this.#take(":")) {
        return this.#unexpected("after object key");
      }
      const valueError = this.value(depth + 1, "looking for beginning of value");
      if (valueError !== null) {
        return valueError;
      }
      this.#skipBlanks();
      if (this.#take("}")) {
        return null;
      }
      if (!this.#take(",")) {
        return this.#unexpected("after object key:value pair");
      }
    }
  }

  #array(depth: number): string | null {
    this.#at += 1;
    this.#skipBlanks();
    if (this.#take("]")) {
      return null;
    }
    for (;;) {
      const valueError = this.value(depth + 1, "looking for beginning of value");
      if (valueError !== null) {
        return valueError;
      }
      this.#skipBlanks();
      if (this.#take("]")) {
        return null;
      }
      if (!this.#take(",")) {
        return this.#unexpected("after array element");
      }
    }
  }

  #string(): string | null {
    this.#at += 1;
    for (;;) {
      const character = this.#text.charAt(this.#at);
      if (character === '"') {
        this.#at += 1;
        return null;
      }
      if (character === "" || character < " ") {
        return this.#unexpected("in string literal");
      }
      this.#at += 1;
      if (character === "\\") {
        const error = this.#escape();
        if (error !== null) {
          return error;
        }
      }
    }
  }

  #escape(): string | null {
    const character = this.#text.charAt(this.#at);
    if (character === "" || !'bfnrt\\/"u'.includes(character)) {
      return this.#unexpected("in string escape code");
    }
    this.#at += 1;
    if (character === "u") {
      for (let i = 0; i < 4; i++) {
        if (!hexDigit.test(this.#text.charAt(this.#at))) {
          return this.#unexpected("in \\u hexadecimal character escape");
        }
        this.#at += 1;
      }
    }
    return null;
  }

  #number(): string | null {
    this.#take("-");
    if (!this.#take("0") && !this.#digits()) {
      return this.#unexpected("in numeric literal");
    }
    if (this.#take(".") && !this.#digits()) {
      return this.#unexpected("after decimal point in numeric literal");
    }
    if (this.#take("e") || this.#take("E")) {
      if (!this.#take("+")) {
        this.#take("-");
      }
      if (!this.#digits()) {
        return this.#unexpected("in exponent of numeric literal");
      }
    }
    return null;
  }

  #literal(word: string): string | null {
    for (const expected of word) {
      if (!this.#take(expected)) {
        return this.#unexpected(`in literal ${word} (expecting ${quoted(expected)})`);
      }
    }
    return null;
  }

  #digits(): boolean {
    const start = this.#at;
    while (digit.test(this.#text.charAt(this.#at))) {
      this.#at += 1;
    }
    return this.#at > start;
  }

  #take(character: string): boolean {
    if (this.#text.charAt(this.#at) !== character) {
      return false;
    }
    this.#at += 1;
    return true;
  }

  #skipBlanks(): void {
    while (blank.test(this.#text.charAt(this.#at))) {
      this.#at += 1;
    }
  }

  #unexpected(context: string): string {
    const point = this.#text.codePointAt(this.#at);
    return point === undefined
      ? endOfInput
      : `invalid character ${quoted(String.fromCodePoint(point))} ${context}`;
  }
}

function quoted(character: string): string {
  if (character === "'") {
    return "'\\''";
  }
  return character === '"' ? "'\"'" : `'${JSON.stringify(character).slice(1, -1)}'`;
}
