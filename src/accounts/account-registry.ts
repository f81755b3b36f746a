// All accounts of the server, built from Options and checked as a whole: what one account imports must be offered by
// another. It knows the global account and the system account; it opens nothing.

import { accepted, type Result, refused } from "../base/result.ts";
import { type AccountOptions, noLimits, type Options } from "../config/options.ts";
import type { Random } from "../ports/random.ts";
import { isSubset } from "../subjects/overlap.ts";
import { Account, type CompiledAccount } from "./account.ts";
import { compileExport, type Export, type ServiceExport, type StreamExport } from "./exports.ts";
import {
  compileServiceImport,
  compileStreamImport,
  type ServiceImport,
  type StreamImport,
  type Trade,
} from "./imports.ts";
import { Mappings } from "./mappings.ts";

export const globalAccountName = "$G";
export const defaultSystemAccountName = "$SYS";

/** What a reload did to the accounts. */
export interface AccountChanges {
  readonly added: readonly Account[];
  /** They take no new connections; whoever opened them closes them. */
  readonly removed: readonly Account[];
  /** Their definition differs in anything but their users. */
  readonly changed: readonly Account[];
  /** Of the changed ones, those whose stream imports differ: stand-ins of standing subscriptions must be renewed. */
  readonly withOtherStreamImports: readonly Account[];
}

interface Definition {
  readonly accounts: ReadonlyMap<string, CompiledAccount>;
  readonly systemName: string | null;
}

export class AccountRegistry {
  readonly #accounts: Map<string, Account> = new Map();
  readonly #random: Random;
  #systemName: string | null;

  private constructor(definition: Definition, random: Random) {
    this.#random = random;
    this.#systemName = definition.systemName;
    for (const [name, compiled] of definition.accounts) {
      this.#accounts.set(name, new Account(compiled));
    }
  }

  /** The refusal lists the faults as texts for the operator, worst first. */
  static build(options: Options, random: Random): Result<AccountRegistry, readonly string[]> {
    const definition = define(options, random);
    return definition.ok ? accepted(new AccountRegistry(definition.value, random)) : definition;
  }

  /** All or nothing: when the options are refused, everything stays as it was. */
  replace(options: Options): Result<AccountChanges, readonly string[]> {
    const definition = define(options, this.#random);
    if (!definition.ok) {
      return definition;
    }
    const { accounts, systemName } = definition.value;
    const added: Account[] = [];
    const changed: Account[] = [];
    const withOtherStreamImports: Account[] = [];
    const removed = [...this.#accounts.values()].filter((account) => !accounts.has(account.name));
    for (const account of removed) {
      this.#accounts.delete(account.name);
    }
    for (const [name, compiled] of accounts) {
      const account = this.#accounts.get(name);
      if (account === undefined) {
        const made = new Account(compiled);
        this.#accounts.set(name, made);
        added.push(made);
        continue;
      }
      const before = account.options;
      if (!isSameTrade(before, compiled.options)) {
        changed.push(account);
      }
      if (!isSameJson(streamImportsOf(before), streamImportsOf(compiled.options))) {
        withOtherStreamImports.push(account);
      }
      account.redefine(compiled);
    }
    this.#systemName = systemName;
    return accepted({ added, removed, changed, withOtherStreamImports });
  }

  get all(): Iterable<Account> {
    return this.#accounts.values();
  }

  get size(): number {
    return this.#accounts.size;
  }

  find(name: string): Account | null {
    return this.#accounts.get(name) ?? null;
  }

  /** Where users without an account of their own live. */
  get global(): Account {
    return this.#named(globalAccountName);
  }

  /** Null when the configuration wants none. */
  get system(): Account | null {
    return this.#systemName === null ? null : this.#named(this.#systemName);
  }

  isSystem(account: Account): boolean {
    return account.name === this.#systemName;
  }

  #named(name: string): Account {
    const account = this.#accounts.get(name);
    if (account === undefined) {
      throw new Error(`account ${name} always exists`);
    }
    return account;
  }
}

/** A trade while it is being put together. */
interface OpenTrade extends Trade {
  readonly streamExports: StreamExport[];
  readonly serviceExports: ServiceExport[];
  readonly streamImports: StreamImport[];
  readonly serviceImports: ServiceImport[];
}

function define(options: Options, random: Random): Result<Definition, readonly string[]> {
  const faults: string[] = [];
  const accounts = definitionsOf(options, faults);
  const systemName = systemNameOf(options, accounts, faults);
  const mappings = new Map<string, Mappings>();
  for (const account of accounts.values()) {
    const compiled = Mappings.compile(account.mappings, random);
    if (compiled.ok) {
      mappings.set(account.name, compiled.value);
    } else {
      faults.push(compiled.refusal);
    }
  }
  const trades = tradesOf(accounts, systemName !== null, faults);
  const compiledAccounts = new Map<string, CompiledAccount>();
  for (const account of accounts.values()) {
    const trade = trades.get(account.name);
    const compiled = mappings.get(account.name);
    if (trade !== undefined && compiled !== undefined) {
      compiledAccounts.set(account.name, { options: account, trade, mappings: compiled });
    }
  }
  return faults.length > 0 ? refused(faults) : accepted({ accounts: compiledAccounts, systemName });
}

/** The configured accounts, and those that exist without being configured. */
function definitionsOf(options: Options, faults: string[]): Map<string, AccountOptions> {
  const accounts = new Map<string, AccountOptions>();
  const global = emptyAccount(globalAccountName);
  accounts.set(globalAccountName, { ...global, mappings: options.mappings });
  for (const account of options.accounts) {
    if (account.name === globalAccountName) {
      faults.push(`${JSON.stringify(account.name)} is a Reserved Account`);
    } else if (accounts.has(account.name)) {
      faults.push(`Duplicate Account Entry: ${account.name}`);
    } else {
      accounts.set(account.name, account);
    }
  }
  return accounts;
}

function systemNameOf(
  options: Options,
  accounts: Map<string, AccountOptions>,
  faults: string[],
): string | null {
  const name = options.systemAccount ?? "";
  if (name !== "") {
    if (!accounts.has(name)) {
      faults.push("error resolving system account: account missing");
    }
    return name;
  }
  if (options.noSystemAccount && !accounts.has(defaultSystemAccountName)) {
    return null;
  }
  if (!accounts.has(defaultSystemAccountName)) {
    accounts.set(defaultSystemAccountName, emptyAccount(defaultSystemAccountName));
  }
  return defaultSystemAccountName;
}

function emptyAccount(name: string): AccountOptions {
  return {
    name,
    nkey: null,
    users: [],
    exports: [],
    imports: [],
    mappings: [],
    limits: noLimits,
    defaultPermissions: null,
    messageTrace: null,
    jetStream: null,
  };
}

/** All exports first, of streams and then of services, so that imports find them whatever the order of the file. */
function tradesOf(
  accounts: ReadonlyMap<string, AccountOptions>,
  hasSystemAccount: boolean,
  faults: string[],
): ReadonlyMap<string, OpenTrade> {
  const trades = new Map<string, OpenTrade>();
  for (const name of accounts.keys()) {
    trades.set(name, {
      name,
      streamExports: [],
      serviceExports: [],
      streamImports: [],
      serviceImports: [],
    });
  }
  const pairs = [...accounts.values()].flatMap((options) => {
    const trade = trades.get(options.name);
    return trade === undefined ? [] : [{ options, trade }];
  });
  const keep = <T>(result: Result<T, string>, into: (value: T) => void): void => {
    if (result.ok) {
      into(result.value);
    } else {
      faults.push(result.refusal);
    }
  };
  for (const kind of ["stream", "service"] as const) {
    for (const { options, trade } of pairs) {
      const surroundings = {
        isAccount: (name: string): boolean => accounts.has(name),
        hasSystemAccount,
        isService: (subject: string): boolean =>
          trade.serviceExports.some((offer) => isSubset(subject, offer.subject)),
      };
      for (const option of options.exports.filter((offered) => offered.kind === kind)) {
        keep(compileExport(option, surroundings), (offer) => addExport(trade, offer));
      }
    }
  }
  for (const { options, trade } of pairs) {
    for (const option of options.imports.filter((wanted) => wanted.kind === "stream")) {
      keep(compileStreamImport(option, trade, trades), (one) => trade.streamImports.push(one));
    }
  }
  for (const { options, trade } of pairs) {
    for (const option of options.imports.filter((wanted) => wanted.kind === "service")) {
      keep(compileServiceImport(option, trade, trades), (one) => trade.serviceImports.push(one));
    }
  }
  return trades;
}

/** A second export of the same subject takes the place of the first. */
function addExport(trade: OpenTrade, offer: Export): void {
  if (offer.kind === "stream") {
    replaceBySubject(trade.streamExports, offer);
  } else {
    replaceBySubject(trade.serviceExports, offer);
  }
}

function replaceBySubject<Kind extends Export>(offers: Kind[], offer: Kind): void {
  const place = offers.findIndex((known) => known.subject === offer.subject);
  if (place === -1) {
    offers.push(offer);
  } else {
    offers[place] = offer;
  }
}

function streamImportsOf(account: AccountOptions): readonly unknown[] {
  return account.imports.filter((wanted) => wanted.kind === "stream");
}

function isSameTrade(before: AccountOptions, after: AccountOptions): boolean {
  return isSameJson({ ...before, users: [] }, { ...after, users: [] });
}

/** Definitions are plain data made by one decoder, so their fields always stand in the same order. */
function isSameJson(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
