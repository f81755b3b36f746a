// An account's outlet over the broker: what JetStream says leaves by the account's internal client.

import type { OutgoingMessage } from "../base/outgoing-message.ts";
import type { InternalClient, InternalPublishOptions, OnReply } from "../broker/internal-client.ts";
import type { Subscriber } from "../broker/subscriber.ts";
import type { Outlet } from "./outlet.ts";

export class BrokerOutlet implements Outlet {
  readonly account: string;
  readonly #client: InternalClient;

  constructor(account: string, client: InternalClient) {
    this.account = account;
    this.#client = client;
  }

  publish(subject: string, body: Uint8Array | string, options?: InternalPublishOptions): number {
    return this.#client.publish(subject, body, options);
  }

  deliver(message: OutgoingMessage): number {
    return this.#client.deliver(message);
  }

  subscribe(subject: string, subscriber: Subscriber, queue?: string): Disposable {
    return this.#client.subscribe(subject, subscriber, queue);
  }

  request(
    subject: string,
    body: Uint8Array | string,
    timeoutMillis: number,
    onReply: OnReply,
  ): Disposable {
    return this.#client.request(subject, body, timeoutMillis, onReply);
  }

  hasInterest(subject: string): boolean {
    return this.#client.hasInterest(subject);
  }

  hasListener(subject: string, queue?: string): boolean {
    return this.#client.hasListener(subject, queue);
  }

  mustWait(onRoom: () => void): boolean {
    return this.#client.mustWait(onRoom);
  }
}
