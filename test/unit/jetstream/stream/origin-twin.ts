// Stands for the origin of mirrors and sources: answers requests for consumers as told, and delivers by hand.

import { OutgoingMessage } from "../../../../src/base/outgoing-message.ts";
import type { KeptMessage } from "../../../../src/broker/message.ts";
import { headerBlock } from "../../../../src/protocol/headers.ts";
import type { FeatureRig, Headers } from "./feature-rig.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const statusLine = "NATS/1.0 100 ";

export interface ConsumerRequest {
  readonly subject: string;
  readonly stream: string;
  readonly config: Readonly<Record<string, unknown>>;
}

export interface Delivery {
  readonly subject?: string;
  readonly body?: string;
  readonly headers?: Headers;
  readonly streamSequence: number;
  readonly consumerSequence: number;
  readonly nanos?: bigint;
  readonly pending?: number;
  readonly deliveries?: number;
  readonly consumer?: string;
}

export class OriginTwin {
  readonly requests: ConsumerRequest[] = [];
  /** What was said in answer to flow control. */
  readonly flow: KeptMessage[] = [];
  /** The next answers, instead of a consumer. */
  readonly refusals: object[] = [];
  /** Up to where the origin delivered already. */
  deliveredSequence = 0;
  pending = 0;
  ackPolicy = "none";
  isSilent = false;
  readonly #rig: FeatureRig;

  constructor(rig: FeatureRig, api = "$JS.API") {
    this.#rig = rig;
    rig.client.subscribe(`${api}.CONSUMER.>`, {
      deliver: (message) => this.#answer(message.keep()),
    });
    rig.client.subscribe("flow", { deliver: (message) => this.flow.push(message.keep()) });
  }

  get last(): ConsumerRequest {
    const last = this.requests.at(-1);
    if (last === undefined) {
      throw new Error("nothing was asked for");
    }
    return last;
  }

  get deliverSubject(): string {
    return String(this.last.config["deliver_subject"]);
  }

  /** As the consumer that was made last. */
  deliver(delivery: Delivery): void {
    const { streamSequence, consumerSequence, pending = 0, deliveries = 1 } = delivery;
    const consumer = delivery.consumer ?? this.consumerName;
    const nanos = delivery.nanos ?? 1_700_000_000_123_456_789n;
    const reply = `$JS.ACK.${this.last.stream}.${consumer}.${deliveries}.${streamSequence}.${consumerSequence}.${nanos}.${pending}`;
    const entries = Object.entries(delivery.headers ?? {});
    const headers = entries.length > 0 ? headerBlock(entries) : new Uint8Array(0);
    this.#send(delivery.subject ?? "o.a", reply, headers, delivery.body ?? `m${streamSequence}`);
  }

  heartbeat(consumerSequence: number, streamSequence: number, more: Headers = {}): void {
    const headers = headerBlock(
      [
        ["Nats-Last-Consumer", String(consumerSequence)],
        ["Nats-Last-Stream", String(streamSequence)],
        ...Object.entries(more),
      ],
      "100 Idle Heartbeat",
    );
    this.#send(this.deliverSubject, "", headers, "");
  }

  flowControl(): void {
    this.#send(
      this.deliverSubject,
      "flow",
      encoder.encode(`${statusLine}FlowControl Request\r\n\r\n`),
      "",
    );
  }

  /** The origin puts something behind the name it was asked for. */
  get consumerName(): string {
    return `${String(this.last.config["name"] ?? "named")}-x`;
  }

  #answer(request: KeptMessage): void {
    const tokens = request.subject.split(".");
    const at = tokens.indexOf("CONSUMER");
    const body = request.body.length === 0 ? {} : JSON.parse(decoder.decode(request.body));
    this.requests.push({
      subject: request.subject,
      stream: tokens[at + 2] ?? "",
      config: body.config ?? {},
    });
    if (this.isSilent) {
      return;
    }
    const refusal = this.refusals.shift();
    const config = { deliver_subject: this.deliverSubject, ack_policy: this.ackPolicy };
    const answer =
      refusal === undefined
        ? {
            name: this.consumerName,
            config,
            num_pending: this.pending,
            delivered: { consumer_seq: 0, stream_seq: this.deliveredSequence },
          }
        : { error: refusal };
    this.#rig.client.publish(request.reply, JSON.stringify(answer));
  }

  #send(subject: string, reply: string, headers: Uint8Array, body: string): void {
    const message = new OutgoingMessage();
    message.toBytes = encoder.encode(this.deliverSubject);
    message.toLength = message.toBytes.length;
    message.subjectBytes = encoder.encode(subject);
    message.subjectLength = message.subjectBytes.length;
    message.replyBytes = encoder.encode(reply);
    message.replyLength = message.replyBytes.length;
    message.headerBytes = headers;
    message.headerLength = headers.length;
    message.bodyBytes = encoder.encode(body);
    message.bodyLength = message.bodyBytes.length;
    this.#rig.outlet.deliver(message);
    this.#rig.time.turn();
  }
}
