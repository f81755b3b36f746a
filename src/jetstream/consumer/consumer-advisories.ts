// What a consumer announces: the subjects, types and fields of its advisories and its one metric. Whether somebody
// listens, the receiver asks; fields stand in the order in which they are written.

import { goTime } from "../../base/go-time.ts";
import type { ConsumerEvents } from "./consumer-parts.ts";

const advisorySubject = "$JS.EVENT.ADVISORY.CONSUMER";
const metricSubject = "$JS.EVENT.METRIC.CONSUMER";
const advisoryType = "io.nats.jetstream.advisory.v1";
const metricType = "io.nats.jetstream.metric.v1";
/** Where no time was set. */
const zeroTime = "0001-01-01T00:00:00Z";

export class ConsumerAdvisories {
  readonly #events: ConsumerEvents;
  readonly #account: string;
  readonly #stream: string;
  readonly #consumer: string;
  readonly #domain: string | undefined;
  readonly #tokens: string;

  constructor(
    events: ConsumerEvents,
    names: {
      readonly account: string;
      readonly stream: string;
      readonly consumer: string;
      readonly domain: string;
    },
  ) {
    this.#events = events;
    this.#account = names.account;
    this.#stream = names.stream;
    this.#consumer = names.consumer;
    this.#domain = names.domain === "" ? undefined : names.domain;
    this.#tokens = `${names.stream}.${names.consumer}`;
  }

  created(): void {
    this.#action("CREATED", "create");
  }

  deleted(): void {
    this.#action("DELETED", "delete");
  }

  paused(isPaused: boolean, untilNanos: bigint | null): void {
    this.#send("PAUSE", "consumer_pause", {
      ...this.#names,
      paused: isPaused,
      pause_until: untilNanos === null ? zeroTime : goTime(untilNanos),
      domain: this.#domain,
    });
  }

  pinned(group: string, pinId: string): void {
    this.#send("PINNED", "consumer_group_pinned", {
      account: this.#account,
      ...this.#names,
      domain: this.#domain,
      group,
      pinned_id: pinId,
    });
  }

  /** "admin" or "timeout". */
  unpinned(group: string, reason: string): void {
    this.#send("UNPINNED", "consumer_group_unpinned", {
      account: this.#account,
      ...this.#names,
      domain: this.#domain,
      group,
      reason,
    });
  }

  maxDeliveries(streamSequence: number, deliveries: number): void {
    this.#send("MAX_DELIVERIES", "max_deliver", {
      ...this.#names,
      stream_seq: streamSequence,
      deliveries,
      domain: this.#domain,
    });
  }

  naked(consumerSequence: number, streamSequence: number, deliveries: number): void {
    this.#send("MSG_NAKED", "nak", {
      ...this.#names,
      consumer_seq: consumerSequence,
      stream_seq: streamSequence,
      deliveries,
      domain: this.#domain,
    });
  }

  terminated(
    consumerSequence: number,
    streamSequence: number,
    deliveries: number,
    reason: string,
  ): void {
    this.#send("MSG_TERMINATED", "terminated", {
      ...this.#names,
      consumer_seq: consumerSequence,
      stream_seq: streamSequence,
      deliveries,
      reason: reason === "" ? undefined : reason,
      domain: this.#domain,
    });
  }

  /** `delayNanos`: from the delivery to the acknowledgement. */
  acknowledged(
    consumerSequence: number,
    streamSequence: number,
    deliveries: number,
    delayNanos: number,
  ): void {
    this.#events.advise(`${metricSubject}.ACK.${this.#tokens}`, `${metricType}.consumer_ack`, {
      ...this.#names,
      consumer_seq: consumerSequence,
      stream_seq: streamSequence,
      ack_time: delayNanos,
      deliveries,
      domain: this.#domain,
    });
  }

  get #names(): { readonly stream: string; readonly consumer: string } {
    return { stream: this.#stream, consumer: this.#consumer };
  }

  #action(subject: string, action: string): void {
    this.#send(subject, "consumer_action", { ...this.#names, action, domain: this.#domain });
  }

  #send(subject: string, type: string, event: Readonly<Record<string, unknown>>): void {
    const name = `${advisorySubject}.${subject}.${this.#tokens}`;
    this.#events.advise(name, `${advisoryType}.${type}`, event);
  }
}
