// One tenant: its definition, what it trades, and how many connections it has now. The object outlives reloads, so that
// connections may hold it; only the definition is exchanged. It knows neither connections nor other accounts.

import { assert } from "../base/assert.ts";
import type { Brand } from "../base/brand.ts";
import type { AccountLimits, AccountOptions, PermissionOptions } from "../config/options.ts";
import type { Trade } from "./imports.ts";
import { isLimitReached } from "./limits.ts";
import type { Mappings } from "./mappings.ts";

/** The account inside the fabric. */
export type AccountNumber = Brand<number, "AccountIndex">;

/** A definition with everything that can be worked out beforehand. */
export interface CompiledAccount {
  readonly options: AccountOptions;
  readonly trade: Trade;
  readonly mappings: Mappings;
}

export class Account {
  readonly name: string;
  #compiled: CompiledAccount;
  #index: AccountNumber | null = null;
  #connections = 0;
  #connectionsEver = 0;

  constructor(compiled: CompiledAccount) {
    this.name = compiled.options.name;
    this.#compiled = compiled;
  }

  get options(): AccountOptions {
    return this.#compiled.options;
  }

  get nkey(): string | null {
    return this.#compiled.options.nkey;
  }

  get limits(): AccountLimits {
    return this.#compiled.options.limits;
  }

  get defaultPermissions(): PermissionOptions | null {
    return this.#compiled.options.defaultPermissions;
  }

  get trade(): Trade {
    return this.#compiled.trade;
  }

  get mappings(): Mappings {
    return this.#compiled.mappings;
  }

  /** Given by the broker when it opens the account in the fabric. */
  get index(): AccountNumber {
    assert(this.#index !== null, `account ${this.name} is open`);
    return this.#index;
  }

  get isOpen(): boolean {
    return this.#index !== null;
  }

  open(index: AccountNumber): void {
    this.#index = index;
  }

  close(): void {
    this.#index = null;
  }

  /** Clients connected now. */
  get connections(): number {
    return this.#connections;
  }

  /** Clients that ever were connected. */
  get connectionsEver(): number {
    return this.#connectionsEver;
  }

  get mayConnect(): boolean {
    return !isLimitReached(this.limits.maxConnections, this.#connections);
  }

  addConnection(): void {
    this.#connections += 1;
    this.#connectionsEver += 1;
  }

  removeConnection(): void {
    assert(this.#connections > 0, `account ${this.name} has a connection to remove`);
    this.#connections -= 1;
  }

  /** For the registry alone, on reload. */
  redefine(compiled: CompiledAccount): void {
    assert(compiled.options.name === this.name, "an account keeps its name");
    this.#compiled = compiled;
  }
}
