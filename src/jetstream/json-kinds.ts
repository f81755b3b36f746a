// What a field of a request may hold, and the words in which Go's decoder refuses what it may not. Kinds are put
// together to the shapes of messages; the first fault in the order of the text counts.

import { byteTextOf } from "../base/byte-text.ts";
import { parseGoTime } from "../base/parse-go-time.ts";
import { accepted, type Result, refused } from "../base/result.ts";
import { goQuote } from "../protocol/go-quote.ts";
import {
  JsonDecimal,
  type JsonFault,
  type JsonMap,
  type JsonTexts,
  type JsonValue,
  parseJsonText,
  parseJsonTexts,
} from "./exact-json.ts";

/** One way to read a value. */
export interface Kind<T> {
  /** What stands for a field that is absent or null. */
  readonly zero: T;
  /** As Go names the type. */
  readonly typeName: string;
  read(value: JsonValue, place: Place): T;
}

/** Where in a message a value stands; remembers the first fault of the whole message. */
export class Place {
  readonly isStrict: boolean;
  readonly #root: string;
  readonly #path: string[] = [];
  #isEntry = false;
  #fault: string | null = null;

  constructor(root: string, isStrict: boolean) {
    this.#root = root;
    this.isStrict = isStrict;
  }

  get fault(): string | null {
    return this.#fault;
  }

  inside<T>(name: string, isEntry: boolean, read: () => T): T {
    const wasEntry = this.#isEntry;
    this.#path.push(name);
    this.#isEntry = isEntry;
    const value = read();
    this.#path.pop();
    this.#isEntry = wasEntry;
    return value;
  }

  refuse(reason: string): void {
    this.#fault ??= reason;
  }

  refuseType(value: JsonValue, typeName: string): void {
    const field = [this.#root.replace(/^server\./, ""), ...this.#path].join(".");
    const where =
      this.#path.length === 0 ? "Go value" : this.#isEntry ? field : `Go struct field ${field}`;
    this.refuse(`json: cannot unmarshal ${nameOf(value)} into ${where} of type ${typeName}`);
  }
}

type KindsOf = Readonly<Record<string, Kind<unknown>>>;

export type Shape<Fields extends KindsOf> = {
  readonly [Name in keyof Fields]: Fields[Name] extends Kind<infer T> ? T : never;
};

/** How a whole request is decoded. */
export interface Strictness {
  readonly isStrict: boolean;
}

/**
 * A request as a stream of values, as the API reads it: an empty text is all zeros, what is unknown is refused when
 * strict. The refusal is the reason.
 */
export function decodeRequest<T>(
  text: string,
  kind: Kind<T>,
  { isStrict }: Strictness,
): Result<T, string> {
  const texts = isStrict ? parseJsonTexts(text) : parseJsonText(text.trim() === "" ? "{}" : text);
  return decoded(texts, kind, isStrict, isStrict ? faultOfStream : faultOfText);
}

/** One value, unknown fields ignored: what is read without strictness even by a strict server. */
export function decodeText<T>(text: string, kind: Kind<T>): Result<T, string> {
  return decoded(parseJsonText(text), kind, false, faultOfText);
}

function decoded<T>(
  { values, fault }: JsonTexts,
  kind: Kind<T>,
  isStrict: boolean,
  reasonOf: (fault: JsonFault) => string,
): Result<T, string> {
  const place = new Place(kind.typeName, isStrict);
  const value = kind.read(merged(values), place);
  if (place.fault !== null) {
    return refused(place.fault);
  }
  return fault === null ? accepted(value) : refused(reasonOf(fault));
}

function faultOfStream(fault: JsonFault): string {
  return fault.isCutShort ? "unexpected EOF" : `${fault.message} at offset ${fault.offset}`;
}

function faultOfText(fault: JsonFault): string {
  return fault.isCutShort ? "unexpected end of JSON input" : fault.message;
}

/** Later values of a stream fill the same message. */
function merged(values: readonly JsonValue[]): JsonValue {
  const [first = null, ...others] = values;
  if (others.length === 0) {
    return first;
  }
  const entries = values.flatMap((value) => (value instanceof Map ? [...value] : []));
  return values.find((value) => value !== null && !(value instanceof Map)) ?? new Map(entries);
}

export const plainText: Kind<string> = {
  zero: "",
  typeName: "string",
  read(value, place): string {
    return typeof value === "string" ? value : refusedType(value, place, this);
  },
};

/** Text that is part of a subject: one character a byte inside. */
export const subjectText: Kind<string> = {
  zero: "",
  typeName: "string",
  read(value, place): string {
    return typeof value === "string" ? byteTextOf(value) : refusedType(value, place, this);
  },
};

export const flag: Kind<boolean> = {
  zero: false,
  typeName: "bool",
  read(value, place): boolean {
    return typeof value === "boolean" ? value : refusedType(value, place, this);
  },
};

/** 64 bits with a sign; what a double does not hold exactly is taken for the nearest that it does. */
export const count: Kind<number> = numberKind("int64", -(1n << 63n), (1n << 63n) - 1n);
export const integer: Kind<number> = numberKind("int", -(1n << 63n), (1n << 63n) - 1n);
export const smallCount: Kind<number> = numberKind("int32", -(1n << 31n), (1n << 31n) - 1n);
/** A sequence of a stream; what is above all that a stream can hold is taken for the largest. */
export const sequence: Kind<number> = numberKind("uint64", 0n, (1n << 64n) - 1n);
export const bits64: Kind<bigint> = bigintKind("uint64", 0n, (1n << 64n) - 1n);
export const durationNanos: Kind<bigint> = bigintKind(
  "time.Duration",
  -(1n << 63n),
  (1n << 63n) - 1n,
);

/** RFC 3339, as nanoseconds since 1970; null is not given. */
export const timeNanos: Kind<bigint | null> = {
  zero: null,
  typeName: "time.Time",
  read(value, place): bigint | null {
    if (typeof value !== "string") {
      return refusedType(value, place, this);
    }
    const nanos = parseGoTime(value);
    if (nanos === null) {
      const quoted = goQuote(value);
      const found = goQuote(/^\d{4}-/.test(value) ? value.slice(4) : value);
      const wanted = /^\d{4}-/.test(value) ? "-" : "2006";
      place.refuse(
        `parsing time ${quoted} as "2006-01-02T15:04:05Z07:00": cannot parse ${found} as "${wanted}"`,
      );
    }
    return nanos;
  },
};

/** One of some words; `refusal` says what is wrong with any other, given as it stands in the text. */
export function word<T extends string>(
  zero: T,
  words: Readonly<Record<string, T>>,
  refusal: (source: string) => string = (source) => `can not unmarshal ${goQuote(source)}`,
): Kind<T> {
  return {
    zero,
    typeName: "string",
    read(value, place): T {
      const found = typeof value === "string" && Object.hasOwn(words, value) ? words[value] : null;
      if (found === null || found === undefined) {
        place.refuse(refusal(asWritten(value)));
        return zero;
      }
      return found;
    },
  };
}

export function listOf<T>(entry: Kind<T>, typeName = `[]${entry.typeName}`): Kind<readonly T[]> {
  return {
    zero: [],
    typeName,
    read(value, place): readonly T[] {
      if (!Array.isArray(value)) {
        return refusedType(value, place, this);
      }
      const entries: readonly JsonValue[] = value;
      return entries.map((each, index) =>
        place.inside(String(index), true, () =>
          each === null ? entry.zero : entry.read(each, place),
        ),
      );
    },
  };
}

export const textMap: Kind<Readonly<Record<string, string>> | null> = {
  zero: null,
  typeName: "map[string]string",
  read(value, place): Readonly<Record<string, string>> | null {
    if (!(value instanceof Map)) {
      return refusedType(value, place, this);
    }
    const map: JsonMap = value;
    return Object.fromEntries(
      [...map].map(([key, each]) => [
        key,
        place.inside(key, false, () => (each === null ? "" : plainText.read(each, place))),
      ]),
    );
  },
};

/** A message inside a message that may be absent. */
export function maybe<T>(kind: Kind<T>): Kind<T | null> {
  return {
    zero: null,
    typeName: kind.typeName,
    read: (value, place): T | null => kind.read(value, place),
  };
}

/** Read as one thing, kept as another. */
export function mapped<A, B>(kind: Kind<A>, convert: (value: A) => B): Kind<B> {
  return {
    zero: convert(kind.zero),
    typeName: kind.typeName,
    read: (value, place): B => convert(kind.read(value, place)),
  };
}

/** Names of fields match exactly, or else whatever their case. */
export function shape<Fields extends KindsOf>(
  typeName: string,
  fields: Fields,
): Kind<Shape<Fields>> {
  const names = new Map(Object.keys(fields).map((name) => [name.toLowerCase(), name]));
  const zeros = Object.entries(fields).map(([name, kind]) => [name, kind.zero] as const);
  const zero = Object.fromEntries(zeros) as Shape<Fields>;
  return {
    zero,
    typeName,
    read(value, place): Shape<Fields> {
      if (value === null) {
        return zero;
      }
      if (!(value instanceof Map)) {
        return refusedType(value, place, this);
      }
      const map: JsonMap = value;
      const filled: Record<string, unknown> = { ...zero };
      for (const [key, each] of map) {
        const name = names.get(key.toLowerCase());
        const kind = name === undefined ? undefined : fields[name];
        if (name === undefined || kind === undefined) {
          if (place.isStrict) {
            place.refuse(`json: unknown field ${goQuote(key)}`);
          }
        } else if (each !== null) {
          filled[name] = place.inside(name, false, () => kind.read(each, place));
        }
      }
      return filled as Shape<Fields>;
    },
  };
}

function numberKind(typeName: string, least: bigint, most: bigint): Kind<number> {
  const exact = bigintKind(typeName, least, most);
  return {
    zero: 0,
    typeName,
    read(value, place): number {
      if (typeof value === "number" && value >= least && value <= most) {
        return value;
      }
      const number = Number(exact.read(value, place));
      return Math.min(Math.max(number, Number.MIN_SAFE_INTEGER), Number.MAX_SAFE_INTEGER);
    },
  };
}

function bigintKind(typeName: string, least: bigint, most: bigint): Kind<bigint> {
  return {
    zero: 0n,
    typeName,
    read(value, place): bigint {
      const isWhole = typeof value === "number" || typeof value === "bigint";
      if (isWhole && value >= least && value <= most) {
        return BigInt(value);
      }
      if (isWhole || value instanceof JsonDecimal) {
        place.refuseType(new JsonDecimal(asWritten(value)), typeName);
        return 0n;
      }
      return refusedType(value, place, this);
    },
  };
}

function refusedType<T>(value: JsonValue, place: Place, kind: Kind<T>): T {
  place.refuseType(value, kind.typeName);
  return kind.zero;
}

/** Numbers that do not fit are named with their digits, others only as numbers. */
function nameOf(value: JsonValue): string {
  if (value instanceof JsonDecimal) {
    return `number ${value.text}`;
  }
  if (value instanceof Map) {
    return "object";
  }
  if (Array.isArray(value)) {
    return "array";
  }
  return typeof value === "boolean" ? "bool" : typeof value === "bigint" ? "number" : typeof value;
}

/** The value as it stood in the text, blanks left out. */
function asWritten(value: JsonValue): string {
  if (value instanceof JsonDecimal) {
    return value.text;
  }
  if (typeof value === "bigint") {
    return value.toString();
  }
  if (value instanceof Map) {
    const map: JsonMap = value;
    return `{${[...map].map(([key, each]) => `${JSON.stringify(key)}:${asWritten(each)}`).join(",")}}`;
  }
  if (Array.isArray(value)) {
    const entries: readonly JsonValue[] = value;
    return `[${entries.map(asWritten).join(",")}]`;
  }
  return JSON.stringify(value);
}
