// What is wrong or doubtful in a configuration, collected so that all of it can be shown at once.

import { ConfigError } from "./config-error.ts";
import { quote } from "./quote.ts";
import { type ConfigNode, textOfPlace } from "./tree.ts";

/** A value has another type than its key takes. Thrown while decoding, caught by the nearest Findings.guard. */
export class WrongType extends ConfigError {
  readonly node: ConfigNode;

  constructor(node: ConfigNode, message: string) {
    super(message);
    this.node = node;
  }
}

export class Findings {
  readonly #errors: string[] = [];
  readonly #warnings: string[] = [];

  get warnings(): readonly string[] {
    return this.#warnings;
  }

  get hasErrors(): boolean {
    return this.#errors.length > 0;
  }

  error(node: ConfigNode, reason: string): void {
    this.#errors.push(`${textOfPlace(node.place)}: ${reason}`);
  }

  /** Of the whole file, without a place. */
  warning(text: string): void {
    this.#warnings.push(text);
  }

  doubtfulUse(node: ConfigNode, field: string, reason: string): void {
    this.warning(`${textOfPlace(node.place)}: invalid use of field ${quote(field)}: ${reason}`);
  }

  /** A key that only gives its value to variables is no mistake. */
  unknownField(node: ConfigNode, field: string): void {
    this.unknown(node, `unknown field ${quote(field)}`);
  }

  /** The same with a text of its own. */
  unknown(node: ConfigNode, reason: string): void {
    if (!node.isUsedVariable) {
      this.error(node, reason);
    }
  }

  notSupported(node: ConfigNode, field: string): void {
    this.error(node, `${quote(field)} is not supported yet`);
  }

  /** A wrong type ends `work` and becomes an error; null then. */
  guard<T>(work: () => T): T | null {
    try {
      return work();
    } catch (error) {
      if (error instanceof WrongType) {
        this.error(error.node, error.message);
        return null;
      }
      throw error;
    }
  }

  /** Warnings first, as the reference lists them. */
  throwIfErrors(): void {
    if (this.hasErrors) {
      throw new ConfigError([...this.#warnings, ...this.#errors].join("\n"));
    }
  }
}
