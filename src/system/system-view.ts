// What events and requests need to see of the server, and what they may make it do. The server implements both.

import type { PassingMessage } from "../broker/message.ts";
import type { JetStreamFigures } from "./jetstream-figures.ts";
import type {
  AccountTraffic,
  InterestFacts,
  ProcessFacts,
  RequesterFacts,
  ServerIdentity,
  TrafficFacts,
} from "./server-facts.ts";

export interface SystemView {
  identity(): ServerIdentity;
  readonly startNanos: bigint;
  process(): ProcessFacts;
  traffic(): TrafficFacts;
  /** Null: JetStream is off. */
  jetStreamFigures(): JetStreamFigures | null;
  /** Undefined when there is no such account. */
  accountTraffic(name: string): AccountTraffic | undefined;
  /** Who publishes from this slot; undefined for none and for the inside of the server. */
  requester(slot: PassingMessage["origin"]): RequesterFacts | undefined;
  /** Whose connection this is; undefined when it is not open. */
  requesterOf(connectionId: number): RequesterFacts | undefined;
  /** Subscriptions of an account that a message on this byte text would reach, all members of queues included. */
  matching(account: string, subject: string): readonly InterestFacts[];
  /** Up to `limit` subscriptions of an account, in no order. */
  interestIn(account: string, limit: number): readonly InterestFacts[];
}

export interface SystemControls {
  /** Reads the configuration again. Null when it was taken over, else why not. */
  reload(): string | null;
  /** Closes a connection. Null, or why not. */
  kick(connectionId: number): string | null;
  /** Tells a client that the server is about to go. Null, or why not. */
  sendLameDuck(connectionId: number): string | null;
}
