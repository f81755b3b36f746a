// Tokens to the tree: maps, arrays, variables and included files. Which keys exist, and what type their values should
// have, is decided by the sections.

import { ConfigError } from "./config-error.ts";
import type { Token } from "./cursor.ts";
import type { ConfigSources, SourceFile } from "./include.ts";
import { Lexer } from "./lexer.ts";
import { parseInteger } from "./quantity.ts";
import { type ConfigContent, type ConfigEntries, ConfigNode } from "./tree.ts";

interface MapFrame {
  readonly kind: "map";
  readonly entries: Map<string, ConfigNode>;
}

interface ArrayFrame {
  readonly kind: "array";
  readonly items: ConfigNode[];
}

/** An unquoted password hash looks like a variable, and is not. */
const bcryptPrefix = "2a$";
const sizeLimit = 1_000_000;
/** Under this key the text of an environment variable is parsed. */
const variableKey = "pk";
const zuluDate = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)Z$/;

/** Throws ConfigError with the text that shall be shown. */
export function parseFile(path: string, sources: ConfigSources): ConfigEntries {
  return sources.withFile(path, (file) => parseText(file, sources));
}

export function parseText(file: SourceFile, sources: ConfigSources): ConfigEntries {
  return new Parser(file, sources).parse();
}

class Parser {
  readonly #file: SourceFile;
  readonly #sources: ConfigSources;
  readonly #lexer: Lexer;
  readonly #top: MapFrame = { kind: "map", entries: new Map() };
  readonly #frames: (MapFrame | ArrayFrame)[] = [this.#top];
  /** Keys whose value is not there yet, the innermost last. */
  readonly #keys: Token[] = [];

  constructor(file: SourceFile, sources: ConfigSources) {
    this.#file = file;
    this.#sources = sources;
    this.#lexer = new Lexer(file.text);
  }

  parse(): ConfigEntries {
    for (let token = this.#lexer.next(); token.kind !== "end"; token = this.#lexer.next()) {
      this.#add(token);
    }
    this.#refuseLeftOverKey();
    return this.#top.entries;
  }

  /** A closing brace behind everything reads as a key; files that end so are taken. */
  #refuseLeftOverKey(): void {
    const key = this.#keys.at(-1);
    if (key !== undefined && key.text !== "}") {
      const end = this.#lexer.next();
      throw new ConfigError(`config is invalid (${this.#file.path}:${end.line}:${end.column})`);
    }
  }

  #add(token: Token): void {
    switch (token.kind) {
      case "key":
        this.#keys.push(token);
        return;
      case "map start":
        this.#frames.push({ kind: "map", entries: new Map() });
        return;
      case "array start":
        this.#frames.push({ kind: "array", items: [] });
        return;
      case "map end":
      case "array end":
        this.#close(token);
        return;
      case "include":
        this.#include(token);
        return;
      case "variable":
        this.#put(token, this.#variable(token));
        return;
      default:
        this.#put(token, contentOf(token));
    }
  }

  #close(token: Token): void {
    const frame = this.#frames.pop();
    if (frame !== undefined) {
      this.#put(token, frame);
    }
  }

  #put(token: Token, content: ConfigContent): void {
    const frame = this.#frames.at(-1) ?? this.#top;
    if (frame.kind === "array") {
      frame.items.push(this.#node(token, content));
      return;
    }
    const key = this.#keys.pop();
    if (key !== undefined) {
      this.#set(frame, key.text, this.#node(key, content));
    }
  }

  /** A few variables that each hold the one before twice would otherwise fill all memory. */
  #node(token: Token, content: ConfigContent): ConfigNode {
    const { line, column } = token;
    const node = new ConfigNode(content, { file: this.#file.path, line, column });
    if (node.size > sizeLimit) {
      throw new ConfigError(`Parse error on line ${line}: 'More than ${sizeLimit} values.'`);
    }
    return node;
  }

  /** The last of equal keys wins, and stands where it was written. */
  #set(frame: MapFrame, key: string, node: ConfigNode): void {
    frame.entries.delete(key);
    frame.entries.set(key, node);
  }

  #variable(token: Token): ConfigContent {
    if (token.text.startsWith(bcryptPrefix)) {
      return { kind: "string", text: `$${token.text}` };
    }
    const node = this.#lookUp(token.text) ?? this.#fromEnvironment(token);
    if (node === undefined) {
      throw new ConfigError(
        `variable reference for '${token.text}' on line ${token.line} can not be found`,
      );
    }
    node.markUsed();
    return node.content;
  }

  /** From the innermost map outwards. */
  #lookUp(name: string): ConfigNode | undefined {
    for (let index = this.#frames.length - 1; index >= 0; index--) {
      const frame = this.#frames[index];
      const node = frame?.kind === "map" ? frame.entries.get(name) : undefined;
      if (node !== undefined) {
        return node;
      }
    }
    return undefined;
  }

  #fromEnvironment(token: Token): ConfigNode | undefined {
    try {
      const entries = this.#sources.withVariable(token.text, (text) =>
        parseText({ path: "", text: `${variableKey}=${text}` }, this.#sources),
      );
      return entries?.get(variableKey);
    } catch (error) {
      throw wrapped(
        error,
        `variable reference for '${token.text}' on line ${token.line} could not be parsed: `,
      );
    }
  }

  #include(token: Token): void {
    const frame = this.#frames.at(-1);
    try {
      const path = this.#sources.pathOf(token.text, this.#file.path);
      for (const [key, node] of parseFile(path, this.#sources)) {
        this.#set(frame?.kind === "map" ? frame : this.#top, key, node);
      }
    } catch (error) {
      throw wrapped(error, `error parsing include file '${token.text}', `);
    }
  }
}

function wrapped(error: unknown, before: string): unknown {
  return error instanceof ConfigError
    ? new ConfigError(before + error.message, { cause: error })
    : error;
}

function contentOf(token: Token): ConfigContent {
  switch (token.kind) {
    case "boolean":
      return { kind: "boolean", value: /^(?:true|yes|on)$/i.test(token.text) };
    case "integer": {
      const value = parseInteger(token.text);
      if (!value.ok) {
        throw new ConfigError(value.refusal);
      }
      return { kind: "integer", value: value.value };
    }
    case "float":
      return { kind: "float", value: floatOf(token.text) };
    case "date":
      if (!isDate(token.text)) {
        throw new ConfigError(`expected Zulu formatted DateTime, but got '${token.text}'`);
      }
      return { kind: "date", text: token.text };
    default:
      return { kind: "string", text: token.text };
  }
}

function floatOf(text: string): number {
  const value = Number(text);
  if (Number.isNaN(value)) {
    throw new ConfigError(`expected float, but got '${text}'`);
  }
  if (!Number.isFinite(value)) {
    throw new ConfigError(`float '${text}' is out of the range`);
  }
  return value;
}

function isDate(text: string): boolean {
  const parts = zuluDate.exec(text)?.slice(1).map(Number);
  if (parts === undefined) {
    return false;
  }
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts;
  return (
    month >= 1 &&
    month <= 12 &&
    day >= 1 &&
    day <= daysOf(year, month) &&
    hour < 24 &&
    minute < 60 &&
    second < 60
  );
}

function daysOf(year: number, month: number): number {
  if (month === 2) {
    return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
  }
  return [4, 6, 9, 11].includes(month) ? 30 : 31;
}
