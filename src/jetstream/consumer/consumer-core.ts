// What the parts of one consumer share: its configuration as it is now, its ledger, its place in the stream, and the few
// steps that more than one of them takes.

import type { StreamListener } from "../stream/stream-listener.ts";
import { type AckSubjectParts, flowControlPrefix } from "./ack-subject.ts";
import { ConsumerAdvisories } from "./consumer-advisories.ts";
import type { ConsumerConfig } from "./consumer-config.ts";
import { ConsumerLedger } from "./consumer-ledger.ts";
import type { ConsumerParts } from "./consumer-parts.ts";
import { Cursor } from "./cursor.ts";
import { MessageSender } from "./message-sender.ts";
import type { Pacing } from "./pacing.ts";
import type { PinnedClient } from "./priority-group.ts";
import type { PullReceiver } from "./pull-receiver.ts";
import type { PushReceiver } from "./push-receiver.ts";
import { StateKeeper } from "./state-keeper.ts";

const nanosPerMilli = 1_000_000;
/** Why a message that was deleted needs no acknowledgement any more. */
const deletedReason = "Unacknowledged message was deleted";

export interface CoreOwner extends StreamListener {
  /** Something changed: write it at the end of this turn. */
  touch(): void;
  /** Messages may flow again: pump at the end of this turn. */
  wantPump(): void;
  /** A request waits. */
  onRequest(): void;
  /** Nobody heard a message that was pushed. */
  onUnheard(): void;
}

export class ConsumerCore {
  readonly parts: ConsumerParts;
  readonly owner: CoreOwner;
  readonly sender: MessageSender;
  readonly ledger: ConsumerLedger = new ConsumerLedger();
  readonly cursor: Cursor;
  readonly keeper: StateKeeper;
  /** Null is as fast as it goes. */
  pacing: Pacing | null = null;
  config: ConsumerConfig;
  pull: PullReceiver | null = null;
  push: PushReceiver | null = null;
  pin: PinnedClient | null = null;
  /** In the consumer's time; 0 is never. */
  lastDelivered = 0;
  lastAcknowledged = 0;
  /** In this turn. */
  hasAcknowledged = false;
  /** Of the stream: its last change that took messages away that waited here. */
  removedTicket = 0;

  constructor(parts: ConsumerParts, owner: CoreOwner) {
    const { stream } = parts;
    this.parts = parts;
    this.owner = owner;
    this.config = parts.config;
    this.sender = new MessageSender(stream.outlet, this);
    this.cursor = new Cursor(stream, owner);
    this.keeper = new StateKeeper(parts.journal, this);
  }

  get ackParts(): AckSubjectParts {
    const { stream, name, settings } = this.parts;
    return {
      stream: stream.name,
      consumer: name,
      domain: settings.domain,
      accountHash: settings.accountHash,
      namesDomain: settings.namesDomainInAcks,
    };
  }

  get advisories(): ConsumerAdvisories {
    const { stream, name, settings, events } = this.parts;
    return new ConsumerAdvisories(events, {
      account: stream.account,
      stream: stream.name,
      consumer: name,
      domain: settings.domain,
    });
  }

  // --- what the keeper of its state asks

  get resume(): number {
    return this.cursor.resume;
  }

  get streamDurable(): number {
    return this.parts.stream.store.durable;
  }

  onJournalFailed(reason: string): void {
    this.parts.events.onFailed(reason);
  }

  writeLater(action: () => void): void {
    this.parts.turns.addLater(action);
  }

  /** Milliseconds that never go back. */
  get now(): number {
    return this.parts.clock.monotonicMillis();
  }

  get wallMillis(): number {
    return this.parts.clock.wallMillis();
  }

  /** Where it stands in the account, for the log. */
  get where(): string {
    const { account, name } = this.parts.stream;
    return `'${account} > ${name} > ${this.parts.name}'`;
  }

  /** The forms of acknowledgements it understands: the short one always, for messages of before. */
  get heardAcks(): readonly AckSubjectParts[] {
    const { ackParts } = this;
    return ackParts.namesDomain ? [{ ...ackParts, namesDomain: false }, ackParts] : [ackParts];
  }

  get isExplicit(): boolean {
    return this.config.ackPolicy === "explicit";
  }

  get keepsUntilAcknowledged(): boolean {
    return this.parts.stream.config.retention !== "limits";
  }

  /** As much is unacknowledged as may be. */
  get isFull(): boolean {
    const { maxAckPending } = this.config;
    return maxAckPending > 0 && this.ledger.pending.size >= maxAckPending;
  }

  // --- what a pull consumer's requests ask

  get clock(): ConsumerParts["clock"] {
    return this.parts.clock;
  }

  get timers(): ConsumerParts["timers"] {
    return this.parts.timers;
  }

  get random(): ConsumerParts["random"] {
    return this.parts.random;
  }

  get pending(): number {
    return this.cursor.pending;
  }

  get ackPending(): number {
    return this.ledger.pending.size;
  }

  get queued(): number {
    return this.ledger.redelivery.queued;
  }

  get lastConsumerSequence(): number {
    return this.ledger.deliveredConsumer;
  }

  get lastStreamSequence(): number {
    return this.cursor.next - 1;
  }

  hasInterest(subject: string): boolean {
    return this.parts.stream.outlet.hasInterest(subject);
  }

  get flowControlPrefix(): string {
    return flowControlPrefix(this.ackParts);
  }

  onUnheard(): void {
    this.owner.onUnheard();
  }

  // --- steps

  acknowledge(sequence: number): void {
    this.hasAcknowledged = true;
    if (this.#letGo(sequence) && this.keepsUntilAcknowledged) {
      this.parts.stream.acknowledged(this.owner, sequence);
    }
  }

  /** A message that was delivered is gone from the stream. */
  terminateDeleted(index: number, isTold = true): void {
    const { pending } = this.ledger;
    const sequence = pending.sequence(index);
    const consumerSequence = pending.consumerSequence(index);
    const deliveries = pending.deliveries(index);
    this.hasAcknowledged = true;
    if (this.isFull) {
      this.owner.wantPump();
    }
    this.removedTicket = this.parts.stream.store.written;
    this.ledger.dropRemoved(index, this.removedTicket);
    this.owner.touch();
    if (isTold) {
      this.advisories.terminated(consumerSequence, sequence, deliveries, deletedReason);
    }
  }

  /** To be delivered again, or never: as often as it may be it was. */
  redeliver(index: number): void {
    const { maxDeliver } = this.config;
    const { ledger } = this;
    const deliveries = ledger.pending.deliveries(index);
    if (maxDeliver <= 0 || deliveries < maxDeliver) {
      ledger.redelivery.enqueue(index);
      return;
    }
    const sequence = ledger.pending.sequence(index);
    ledger.exceed(index);
    this.owner.touch();
    this.advisories.maxDeliveries(sequence, deliveries);
  }

  /** All that waits for acknowledgements, as if their time were over. */
  redeliverAll(): void {
    const { pending } = this.ledger;
    for (let index = pending.first(); index !== -1; ) {
      const sequence = pending.sequence(index);
      this.redeliver(index);
      index = pending.firstFrom(sequence + 1);
    }
  }

  /** After a purge: messages that are gone wait for nothing. */
  dropPurged(): void {
    const { ledger } = this;
    this.purgeBelowFirst();
    this.#eachMissing((index) => ledger.dropPurged(index));
  }

  purgeBelowFirst(): void {
    const { store } = this.parts.stream;
    this.removedTicket = store.written;
    this.ledger.purgeBelow(store.state.firstSequence);
  }

  /** At the start: the stream lost messages, or they were removed and that was never written down. */
  dropMissing(): void {
    const { ledger } = this;
    this.#eachMissing((_index, sequence) => ledger.acknowledge(sequence));
  }

  #eachMissing(drop: (index: number, sequence: number) => void): void {
    const { pending } = this.ledger;
    const { store } = this.parts.stream;
    for (let index = pending.first(); index !== -1 && store.state.deleted > 0; ) {
      const sequence = pending.sequence(index);
      if (!store.isPresent(sequence)) {
        drop(index, sequence);
      }
      index = pending.firstFrom(sequence + 1);
    }
  }

  /** How long acknowledgements may take, as configured. */
  setWaits(): void {
    const { ackWaitNanos, backoffNanos, ackPolicy } = this.config;
    const isWaiting = ackPolicy === "explicit" || ackPolicy === "all";
    const waitMillis = isWaiting ? Number(ackWaitNanos) / nanosPerMilli : 0;
    const backoff = backoffNanos.map((nanos) => Number(nanos) / nanosPerMilli);
    this.ledger.redelivery.setWaits(waitMillis, backoff);
  }

  /** Gives whether it was waited for. */
  #letGo(sequence: number): boolean {
    const wasFull = this.isFull;
    const wasExceeded = this.ledger.exceeded.has(sequence);
    const wasPending = this.ledger.acknowledge(sequence);
    if (wasFull) {
      this.owner.wantPump();
    }
    this.owner.touch();
    return wasPending || wasExceeded;
  }
}
