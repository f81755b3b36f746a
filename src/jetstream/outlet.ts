// What JetStream says to the world of one account: acknowledgements, deliveries, answers, advisories; and what it hears.
// Implemented over the broker's internal client.

import type { OutgoingMessage } from "../base/outgoing-message.ts";
import type { InternalPublishOptions, OnReply } from "../broker/internal-client.ts";
import type { Subscriber } from "../broker/subscriber.ts";

export interface Outlet {
  readonly account: string;
  /** The cold way. Gives the number of receivers. */
  publish(subject: string, body: Uint8Array | string, options?: InternalPublishOptions): number;
  /**
   * The way of acknowledgements and deliveries: no string, no object. Matches `to`, shows `subject`; all is copied.
   * Gives the number of receivers.
   */
  deliver(message: OutgoingMessage): number;
  subscribe(subject: string, subscriber: Subscriber, queue?: string): Disposable;
  request(
    subject: string,
    body: Uint8Array | string,
    timeoutMillis: number,
    onReply: OnReply,
  ): Disposable;
  hasInterest(subject: string): boolean;
  /** Whether somebody subscribed to this very subject, not by a pattern: in that queue group; without, in none. */
  hasListener(subject: string, queue?: string): boolean;
  /** True while a receiver of what was delivered is too full: stop, and go on when `onRoom` is called (once). */
  mustWait(onRoom: () => void): boolean;
}
