// All open connections by id and by slot, and a ring of those that closed lately. It keeps and finds; it judges nothing.

import { assert } from "../base/assert.ts";
import type { SlotIndex } from "../wasm/fabric.ts";
import type { ClientSession } from "./client-session.ts";
import type { Connection } from "./connection.ts";
import type { ClosedConnectionRecord, ConnectionRecord } from "./connection-record.ts";

/** Who wants to know of connections. The record is the connection's last word when it ended. */
export interface ConnectionListener {
  /** It was authenticated and counts in its account. */
  onConnected(record: ConnectionRecord): void;
  /** It was connected, and has ended. */
  onDisconnected(record: ClosedConnectionRecord): void;
  /** It was refused and is about to be closed. */
  onAuthenticationFailed(record: ConnectionRecord, reason: string): void;
  /** It was never connected, and has ended. */
  onRefusedClosed(record: ClosedConnectionRecord): void;
}

/** An open connection with what is spoken over it. */
export interface OpenConnection {
  readonly connection: Connection;
  readonly session: ClientSession;
}

export class ConnectionRegistry {
  readonly #open: Map<number, OpenConnection> = new Map();
  readonly #bySlot: (OpenConnection | undefined)[] = [];
  /** A ring: once full, the oldest stands at #oldest. */
  #closed: ClosedConnectionRecord[] = [];
  #oldest = 0;
  #closedMax: number;
  #total = 0;
  #lastId = 0;

  constructor(closedMax: number) {
    this.#closedMax = closedMax;
  }

  nextId(): number {
    this.#lastId += 1;
    return this.#lastId;
  }

  add(opened: OpenConnection): void {
    const { cid, slot } = opened.connection;
    assert(this.#bySlot[slot] === undefined, "a slot has one connection");
    this.#open.set(cid, opened);
    this.#bySlot[slot] = opened;
    this.#total += 1;
  }

  remove(connection: Connection): void {
    this.#open.delete(connection.cid);
    this.#bySlot[connection.slot] = undefined;
  }

  keepClosed(record: ClosedConnectionRecord): void {
    if (this.#closedMax <= 0) {
      return;
    }
    if (this.#closed.length < this.#closedMax) {
      this.#closed.push(record);
    } else {
      this.#closed[this.#oldest] = record;
      this.#oldest = (this.#oldest + 1) % this.#closedMax;
    }
  }

  set closedMax(max: number) {
    const kept = this.closed();
    this.#closedMax = max;
    this.#closed = max > 0 ? kept.slice(-max) : [];
    this.#oldest = 0;
  }

  find(cid: number): OpenConnection | undefined {
    return this.#open.get(cid);
  }

  at(slot: SlotIndex): OpenConnection | undefined {
    return this.#bySlot[slot];
  }

  /** In the order they came. */
  get open(): Iterable<OpenConnection> {
    return this.#open.values();
  }

  get openCount(): number {
    return this.#open.size;
  }

  /** All that ever were. */
  get totalCount(): number {
    return this.#total;
  }

  /** Oldest first. */
  closed(): ClosedConnectionRecord[] {
    return [...this.#closed.slice(this.#oldest), ...this.#closed.slice(0, this.#oldest)];
  }
}
