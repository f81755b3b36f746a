// Reads the options of a request from its JSON body, with the refusals of Go's decoder. Keys count in any case. It does
// not know what the options mean.

import { jsonSyntaxError } from "./json-syntax.ts";

const decoder = new TextDecoder();
const maxInt = 2 ** 63;
const maxUint = 2 ** 64;

export class OptionReader {
  readonly #type: string;
  readonly #values: ReadonlyMap<string, unknown>;
  #error: string | null;

  /** `type` is the name refusals give the whole body. An empty body has no options. */
  constructor(type: string, body: Uint8Array) {
    this.#type = type;
    const read = readObject(type, body);
    this.#values = read.values;
    this.#error = read.error;
  }

  /** The first refusal, or null. */
  get error(): string | null {
    return this.#error;
  }

  text(key: string, type = "string"): string {
    const value = this.#values.get(key);
    return typeof value === "string" ? value : this.#refuse(key, value, type, "");
  }

  flag(key: string): boolean {
    const value = this.#values.get(key);
    return typeof value === "boolean" ? value : this.#refuse(key, value, "bool", false);
  }

  integer(key: string, type = "int"): number {
    const value = this.#values.get(key);
    return isInteger(value, -maxInt, maxInt) ? value : this.#refuse(key, value, type, 0);
  }

  unsigned(key: string): number {
    const value = this.#values.get(key);
    return isInteger(value, 0, maxUint) ? value : this.#refuse(key, value, "uint64", 0);
  }

  texts(key: string): readonly string[] {
    const value = this.#values.get(key);
    if (!Array.isArray(value)) {
      return this.#refuse(key, value, "[]string", []);
    }
    return value.map((item: unknown) =>
      typeof item === "string" ? item : this.#refuse(key, item, "string", ""),
    );
  }

  #refuse<T>(key: string, value: unknown, type: string, instead: T): T {
    if (value !== undefined && value !== null) {
      this.#error ??= `json: cannot unmarshal ${kindOf(value, type)} into Go struct field ${this.#type}.${key} of type ${type}`;
    }
    return instead;
  }
}

interface ReadObject {
  readonly values: ReadonlyMap<string, unknown>;
  readonly error: string | null;
}

function readObject(type: string, body: Uint8Array): ReadObject {
  const none: ReadonlyMap<string, unknown> = new Map();
  if (body.length === 0) {
    return { values: none, error: null };
  }
  const text = decoder.decode(body);
  const error = jsonSyntaxError(text);
  if (error !== null) {
    return { values: none, error };
  }
  const value: unknown = JSON.parse(text);
  if (value === null) {
    return { values: none, error: null };
  }
  if (typeof value !== "object" || Array.isArray(value)) {
    const what = `json: cannot unmarshal ${kindOf(value, "")} into Go value of type server.${type}`;
    return { values: none, error: what };
  }
  const values = new Map<string, unknown>();
  for (const [key, member] of Object.entries(value)) {
    values.set(key.toLowerCase(), member);
  }
  return { values, error: null };
}

function isInteger(value: unknown, least: number, bound: number): value is number {
  return Number.isInteger(value) && (value as number) >= least && (value as number) < bound;
}

/** Numbers that a number field cannot hold are named with their value. */
function kindOf(value: unknown, type: string): string {
  if (typeof value === "number") {
    return type.includes("int") ? `number ${value}` : "number";
  }
  if (typeof value === "boolean") {
    return "bool";
  }
  if (Array.isArray(value)) {
    return "array";
  }
  return typeof value;
}
