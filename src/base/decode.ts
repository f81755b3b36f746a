// From unknown JSON to typed values, once at the edge. It knows no message: a room says which fields it wants and what
// stands in for an absent one; a field of a wrong type is a problem, never a cast.

import { accepted, type Result, refused } from "./result.ts";

export type JsonObject = Readonly<Record<string, unknown>>;

/** Any JSON text; the refusal is the reason. */
export function parseJson(text: string): Result<unknown, string> {
  try {
    return accepted(JSON.parse(text));
  } catch (error) {
    return refused(error instanceof Error ? error.message : String(error));
  }
}

/** A JSON text that must hold an object. */
export function parseJsonObject(text: string): Result<JsonObject, string> {
  const parsed = parseJson(text);
  if (!parsed.ok) {
    return parsed;
  }
  return isJsonObject(parsed.value)
    ? accepted(parsed.value)
    : refused(`expected an object but found ${typeNameOf(parsed.value)}`);
}

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * The fields of one object. Absent and null give the stand-in, a wrong type gives it too and is remembered in
 * `problem`: ask for it after the last field. Names match exactly, or else whatever their case.
 */
export class Fields {
  readonly #object: JsonObject;
  readonly #namesByLowerCase: Map<string, string> = new Map();
  #problem: string | null = null;

  constructor(object: JsonObject) {
    this.#object = object;
    for (const name of Object.keys(object)) {
      this.#namesByLowerCase.set(name.toLowerCase(), name);
    }
  }

  /** The first field that had a wrong type; null when all were as asked for. */
  get problem(): string | null {
    return this.#problem;
  }

  has(name: string): boolean {
    return this.#value(name) !== undefined;
  }

  string(name: string, otherwise: string): string;
  string(name: string, otherwise: null): string | null;
  string(name: string, otherwise: string | null): string | null {
    const value = this.#value(name);
    return typeof value === "string" ? value : this.#otherwise(name, "string", value, otherwise);
  }

  boolean(name: string, otherwise: boolean): boolean;
  boolean(name: string, otherwise: null): boolean | null;
  boolean(name: string, otherwise: boolean | null): boolean | null {
    const value = this.#value(name);
    return typeof value === "boolean" ? value : this.#otherwise(name, "boolean", value, otherwise);
  }

  /** A whole number that a double holds exactly. */
  integer(name: string, otherwise: number): number;
  integer(name: string, otherwise: null): number | null;
  integer(name: string, otherwise: number | null): number | null {
    const value = this.#value(name);
    return typeof value === "number" && Number.isSafeInteger(value)
      ? value
      : this.#otherwise(name, "integer", value, otherwise);
  }

  number(name: string, otherwise: number): number {
    const value = this.#value(name);
    return typeof value === "number" ? value : this.#otherwise(name, "number", value, otherwise);
  }

  object(name: string): JsonObject | null {
    const value = this.#value(name);
    return isJsonObject(value) ? value : this.#otherwise(name, "object", value, null);
  }

  /** An array, whatever its entries. */
  array(name: string): readonly unknown[] {
    const value = this.#value(name);
    return Array.isArray(value) ? value : this.#otherwise(name, "array", value, []);
  }

  strings(name: string): readonly string[] {
    const strings: string[] = [];
    for (const entry of this.array(name)) {
      if (typeof entry === "string") {
        strings.push(entry);
      } else {
        this.#otherwise(name, "array of strings", entry ?? "null", null);
      }
    }
    return strings;
  }

  #value(name: string): unknown {
    const found = Object.hasOwn(this.#object, name)
      ? name
      : this.#namesByLowerCase.get(name.toLowerCase());
    return found === undefined ? undefined : (this.#object[found] ?? undefined);
  }

  #otherwise<T>(name: string, wanted: string, found: unknown, standIn: T): T {
    if (found !== undefined && this.#problem === null) {
      this.#problem = `field ${JSON.stringify(name)} must be of type ${wanted}, not ${typeNameOf(found)}`;
    }
    return standIn;
  }
}

function typeNameOf(value: unknown): string {
  if (value === null) {
    return "null";
  }
  return Array.isArray(value) ? "array" : typeof value;
}
