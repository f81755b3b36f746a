// How the system account is spoken to: an internal client in it, and the question whether anybody listens.

import type { InternalPublishOptions } from "../broker/internal-client.ts";
import type { Subscriber } from "../broker/subscriber.ts";

/** Subjects are byte texts, as messages carry them. */
export interface SystemChannel {
  publish(subject: string, body: Uint8Array | string, options?: InternalPublishOptions): void;
  /** Disposing ends the subscription. */
  subscribe(subject: string, subscriber: Subscriber): Disposable;
  /** Whether somebody would receive a message on this subject: events nobody hears are not even built. */
  hasInterest(subject: string): boolean;
}
