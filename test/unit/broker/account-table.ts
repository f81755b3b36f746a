// Several accounts over the plain fabric with the import roads between them, driven by protocol text: what connections
// would do, without sockets and without waiting.

import { AccountRegistry } from "../../../src/accounts/account-registry.ts";
import { ImportRoads } from "../../../src/broker/import-roads.ts";
import type { Requester, Requesters } from "../../../src/broker/request-info.ts";
import { Router } from "../../../src/broker/router.ts";
import type { AccountOptions, Options } from "../../../src/config/options.ts";
import type { Clock } from "../../../src/ports/clock.ts";
import type { Timers } from "../../../src/ports/timers.ts";
import {
  type Fabric,
  noPermissions,
  opKind,
  outcome,
  type SlotIndex,
} from "../../../src/wasm/fabric.ts";
import { seededRandom, withAccounts } from "../accounts/account-options.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export type CreateFabric = (seed: number) => Fabric;

interface Waiting {
  readonly due: number;
  readonly action: () => void;
  isOver: boolean;
}

/** Time that stands still until it is told to pass. */
export class TableTime implements Clock, Timers {
  #now = 1000;
  #waiting: Waiting[] = [];
  readonly #endOfTurn: (() => void)[] = [];

  wallMillis(): number {
    return this.#now;
  }

  wallNanos(): bigint {
    return BigInt(this.#now) * 1_000_000n;
  }

  monotonicMillis(): number {
    return this.#now;
  }

  after(millis: number, action: () => void): Disposable {
    const waiting: Waiting = { due: this.#now + millis, action, isOver: false };
    this.#waiting.push(waiting);
    return {
      [Symbol.dispose]: (): void => {
        waiting.isOver = true;
      },
    };
  }

  /** Timers that would still go off. */
  get armedCount(): number {
    return this.#waiting.filter(({ isOver }) => !isOver).length;
  }

  every(): Disposable {
    throw new Error("nothing here comes again and again");
  }

  endOfTurn(action: () => void): void {
    this.#endOfTurn.push(action);
  }

  endTurn(): void {
    for (const action of this.#endOfTurn.splice(0)) {
      action();
    }
  }

  pass(millis: number): void {
    const until = this.#now + millis;
    for (;;) {
      this.#waiting = this.#waiting.filter(({ isOver }) => !isOver);
      const next = this.#waiting.sort((one, other) => one.due - other.due)[0];
      if (next === undefined || next.due > until) {
        break;
      }
      this.#now = Math.max(this.#now, next.due);
      next.isOver = true;
      next.action();
    }
    this.#now = until;
  }
}

export class TableClient {
  readonly slot: SlotIndex;
  readonly requester: Requester;
  readonly #table: AccountTable;

  constructor(table: AccountTable, slot: SlotIndex, requester: Requester) {
    this.#table = table;
    this.slot = slot;
    this.requester = requester;
  }

  /** Sends lines, each with its line end; "PUB a 2" is followed by its body as the next line. */
  send(...lines: readonly string[]): void {
    this.#table.ingest(this, `${lines.join("\r\n")}\r\n`);
  }

  /** Everything that was written to it since. */
  received(): string {
    const { fabric } = this.#table;
    let text = "";
    for (let length = fabric.outboxLength(this.slot); length > 0; ) {
      const offset = fabric.outboxOffset(this.slot);
      text += decoder.decode(fabric.outboxBytes(this.slot).subarray(offset, offset + length));
      fabric.took(this.slot, length);
      length = fabric.outboxLength(this.slot);
    }
    return text;
  }

  close(): void {
    this.#table.close(this);
  }
}

export class AccountTable implements Requesters {
  readonly fabric: Fabric;
  readonly time: TableTime = new TableTime();
  readonly router: Router;
  readonly registry: AccountRegistry;
  readonly roads: ImportRoads;
  readonly wanted: SlotIndex[] = [];
  readonly #clients: Map<SlotIndex, TableClient> = new Map();

  constructor(create: CreateFabric, accounts: readonly AccountOptions[]) {
    this.fabric = create(7);
    const random = seededRandom();
    const built = AccountRegistry.build(withAccounts(accounts), random);
    if (!built.ok) {
      throw new Error(built.refusal.join("; "));
    }
    this.registry = built.value;
    this.router = new Router(this.fabric);
    this.fabric.setStallBytes(1 << 30);
    this.fabric.setMaxPending(1 << 30);
    this.roads = new ImportRoads(
      {
        fabric: this.fabric,
        router: this.router,
        clock: this.time,
        timers: this.time,
        random,
        wantFlush: () => undefined,
        whenRoom: () => undefined,
        requesters: this,
        names: { server: "S1", cluster: "" },
      },
      this.registry,
    );
    for (const account of this.registry.all) {
      account.open(this.fabric.openAccount());
    }
    this.roads.openAll();
  }

  requesterOf(slot: SlotIndex): Requester | null {
    return this.#clients.get(slot)?.requester ?? null;
  }

  wantRtt(slot: SlotIndex): void {
    this.wanted.push(slot);
  }

  client(
    account: string,
    parts: { readonly echo?: boolean; readonly rtt?: number } = {},
  ): TableClient {
    const found = this.registry.find(account);
    if (found === null) {
      throw new Error(`no account ${account}`);
    }
    const slot = this.fabric.openSlot({
      account: found.index,
      permissions: noPermissions,
      connected: true,
      verbose: false,
      pedantic: false,
      echo: parts.echo ?? true,
      headers: true,
      noResponders: true,
      decidesSubscriptions: this.roads.hasStreamImports(found.index),
      reportsFirstPing: false,
      isSystem: false,
      maxPayload: 1 << 20,
      maxSubscriptions: 0,
      maxControlLine: 4096,
    });
    const client = new TableClient(this, slot, {
      account,
      rttNanos: parts.rtt ?? 1000,
      startNanos: 0n,
      host: "127.0.0.1",
      cid: slot,
      user: `user-${account}`,
      name: "",
      lang: "ts",
      version: "1",
      kind: "Client",
      clientType: "nats",
    });
    this.#clients.set(slot, client);
    return client;
  }

  ingest({ slot }: TableClient, text: string): void {
    const { fabric, router } = this;
    let result = fabric.ingest(slot, encoder.encode(text), this.time.monotonicMillis());
    for (;;) {
      router.route();
      if (result === outcome.done) {
        return;
      }
      if (result === outcome.op) {
        this.#act(slot);
      }
      router.route();
      result = fabric.resume(slot);
    }
  }

  close({ slot }: TableClient): void {
    this.roads.onSlotClosing(slot);
    this.fabric.closeSlot(slot);
    this.#clients.delete(slot);
    this.time.endTurn();
  }

  optionsWith(accounts: readonly AccountOptions[]): Options {
    return withAccounts(accounts);
  }

  get slots(): readonly SlotIndex[] {
    return [...this.#clients.keys()];
  }

  #act(slot: SlotIndex): void {
    const { op } = this.fabric;
    const text = (start: number, length: number): string =>
      decoder.decode(op.bytes.subarray(start, start + length));
    const subject = text(op.subjectStart, op.subjectLength);
    const account = this.registry.find(this.#clients.get(slot)?.requester.account ?? "")?.index;
    if (account === undefined) {
      throw new Error("the slot has a client");
    }
    if (op.kind === opKind.subscribe) {
      const queue = text(op.queueStart, op.queueLength);
      const sid = text(op.sidStart, op.sidLength);
      const ref = this.fabric.subscribe({
        slot,
        account,
        subject,
        queue,
        sid,
        filtersDenied: false,
      });
      this.roads.addStandIns(ref, account, subject);
    } else if (op.kind === opKind.mapped) {
      this.roads.publishMapped(slot, account, subject);
    } else {
      throw new Error(`op ${op.kind}: ${text(op.bodyStart, op.bodyLength)}`);
    }
  }
}

/** The first `_R_` subject in what a client received. */
export function replyIn(text: string): string {
  return /_R_\.\S+/.exec(text)?.[0] ?? "";
}

/** With `_R_` subjects shortened, so that texts can be compared. */
export function withoutTokens(text: string): string {
  return text.replace(/_R_\.[0-9A-Za-z]+\.[0-9A-Za-z]+/g, "_R_");
}
