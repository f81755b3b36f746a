// Reads the parameters of a page's query, with the refusals of Go's number readers. It does not know what they mean.

const truths: ReadonlyMap<string, boolean> = new Map([
  ...["1", "t", "T", "true", "TRUE", "True"].map((text) => [text, true] as const),
  ...["0", "f", "F", "false", "FALSE", "False"].map((text) => [text, false] as const),
]);
const signedNumber = /^[+-]?[0-9]+$/;
const plainNumber = /^[0-9]+$/;
const leastInt = -(2n ** 63n);
const greatestInt = 2n ** 63n - 1n;
const greatestUint = 2n ** 64n - 1n;

export class Query {
  readonly #parameters: URLSearchParams;
  #refusal: string | null = null;

  constructor(parameters: URLSearchParams) {
    this.#parameters = parameters;
  }

  /** The first parameter that could not be read; null when all could. */
  get refusal(): string | null {
    return this.#refusal;
  }

  /** "" when it is missing. */
  text(name: string): string {
    return this.#parameters.get(name) ?? "";
  }

  flag(name: string): boolean {
    const text = this.text(name);
    const truth = text === "" ? false : truths.get(text);
    return truth ?? this.#refuse(name, "boolean", "ParseBool", text, "invalid syntax", false);
  }

  integer(name: string): number {
    const text = this.text(name);
    if (text === "") {
      return 0;
    }
    if (!signedNumber.test(text)) {
      return this.#refuse(name, "int", "Atoi", text, "invalid syntax", 0);
    }
    const value = BigInt(text.replace("+", ""));
    return value < leastInt || value > greatestInt
      ? this.#refuse(name, "int", "Atoi", text, "value out of range", 0)
      : Number(value);
  }

  unsigned(name: string): number {
    const text = this.text(name);
    if (text === "") {
      return 0;
    }
    if (!plainNumber.test(text)) {
      return this.#refuse(name, "uint64", "ParseUint", text, "invalid syntax", 0);
    }
    const value = BigInt(text);
    return value > greatestUint
      ? this.#refuse(name, "uint64", "ParseUint", text, "value out of range", 0)
      : Number(value);
  }

  /** A parameter has no meaning, and `text` says so; the first refusal counts. */
  refuseBecause(text: string): void {
    this.#refusal ??= text;
  }

  #refuse<T>(name: string, kind: string, reader: string, text: string, why: string, instead: T): T {
    this.refuseBecause(
      `Error decoding ${kind} for '${name}': strconv.${reader}: parsing ${JSON.stringify(text)}: ${why}`,
    );
    return instead;
  }
}
