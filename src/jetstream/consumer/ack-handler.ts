// Hears acknowledgements, reads them where they lie, and does what they say. A client that wants to know gets its answer
// when what it said is durable.

import type { PassingMessage } from "../../broker/message.ts";
import type { Subscriber } from "../../broker/subscriber.ts";
import { AckNumbers } from "./ack-subject.ts";
import { ackArgument, ackVerbOf, delayOf } from "./ack-verb.ts";
import type { ConsumerCore } from "./consumer-core.ts";
import type { NextHandler } from "./next-handler.ts";

const noBytes: Uint8Array = new Uint8Array(0);
const nanosPerMilli = 1_000_000;
const certainly = 100;
/** One reads for all consumers of a program: nobody holds on to it beyond a message. */
const numbers: AckNumbers = new AckNumbers();

export class AckHandler {
  readonly #core: ConsumerCore;
  readonly #requests: NextHandler;
  #told: ((sequence: number) => void) | undefined;
  #samplePercent = 0;
  /** Who waits for what was written in this turn. */
  #replies: Uint8Array[] = [];

  /** `requests` take those for messages, which come with an acknowledgement. */
  constructor(core: ConsumerCore, requests: NextHandler) {
    this.#core = core;
    this.#requests = requests;
  }

  /** "30%", or "30". */
  setSampling(frequency: string): void {
    const percent = Number.parseInt(frequency, 10);
    this.#samplePercent = Number.isNaN(percent) ? 0 : percent;
  }

  /** Subjects whose numbers begin behind so many bytes. */
  hears(prefixLength: number): Subscriber {
    return { deliver: (message) => this.#hear(message, prefixLength) };
  }

  #hear(message: PassingMessage, prefixLength: number): void {
    const { bytes, subjectStart, subjectLength } = message;
    const start = subjectStart + prefixLength;
    if (!numbers.read(bytes, start, subjectStart + subjectLength)) {
      return;
    }
    const { bodyStart, bodyLength } = message;
    switch (ackVerbOf(bytes, bodyStart, bodyLength)) {
      case "ack":
        if (this.acknowledge(numbers.streamSequence, numbers.consumerSequence)) {
          this.#replyLater(message);
        }
        break;
      case "next":
        this.acknowledge(numbers.streamSequence, numbers.consumerSequence);
        this.#requests.take(message, bodyStart + "+NXT".length, bodyLength - "+NXT".length);
        break;
      case "nak":
        this.#refuse(message);
        this.#replyNow(message);
        break;
      case "progress":
        this.#progress();
        this.#replyNow(message);
        break;
      case "term":
        this.#terminate(message);
        break;
      default:
        this.#replyNow(message);
    }
  }

  /** Gives whether an answer is due: not for what was never delivered. */
  acknowledge(sequence: number, consumerSequence: number, isSampled = true): boolean {
    const core = this.#core;
    const { ledger, config } = core;
    if (sequence >= core.cursor.next && !config.flowControl) {
      return this.#isUnknown(sequence);
    }
    if (config.ackPolicy === "explicit") {
      if (isSampled && this.#samplePercent > 0) {
        this.#sample(sequence, consumerSequence);
      }
      core.acknowledge(sequence);
      return true;
    }
    core.hasAcknowledged = true;
    const wasFull = core.isFull;
    if (core.keepsUntilAcknowledged) {
      this.#told ??= (other): void => core.parts.stream.acknowledged(core.owner, other);
    }
    const told = this.#told;
    if (ledger.acknowledgeAll(sequence, consumerSequence, told)) {
      told?.(sequence);
      core.owner.touch();
      if (wasFull) {
        core.owner.wantPump();
      }
    }
    return true;
  }

  /** End of turn, behind the flush of the journal: answers leave when it is durable. */
  settle(): void {
    if (this.#replies.length === 0) {
      return;
    }
    const replies = this.#replies;
    this.#replies = [];
    this.#core.keeper.whenDurable((failure) => {
      if (failure === null) {
        for (const reply of replies) {
          this.#core.sender.sendStatus(reply, noBytes);
        }
      }
    });
  }

  #isUnknown(sequence: number): false {
    const { parts, where } = this.#core;
    const { lastSequence } = parts.stream.store.state;
    if (sequence > lastSequence) {
      const what = `ACK sequence ${sequence} past last stream sequence of ${lastSequence}`;
      parts.log.warn(`JetStream consumer ${where} ${what}`);
    }
    return false;
  }

  #sample(sequence: number, consumerSequence: number): void {
    const { ledger, parts, advisories, now } = this.#core;
    const index = ledger.pending.find(sequence);
    const isChosen =
      this.#samplePercent >= certainly || parts.random.below(certainly) < this.#samplePercent;
    if (index !== -1 && isChosen) {
      const delayNanos = Math.round((now - ledger.pending.time(index)) * nanosPerMilli);
      advisories.acknowledged(consumerSequence, sequence, numbers.deliveries, delayNanos);
    }
  }

  /** -NAK: deliver it again, at once or later. */
  #refuse(message: PassingMessage): void {
    const core = this.#core;
    const { ledger, advisories, parts } = core;
    const { streamSequence, consumerSequence, deliveries } = numbers;
    const isTold =
      consumerSequence > ledger.floorConsumer && consumerSequence <= ledger.deliveredConsumer + 1;
    const index = ledger.pending.find(streamSequence);
    if (!isTold || index === -1) {
      return;
    }
    const argument = message.bodyLength > "-NAK".length ? ackArgument(message.body, "nak") : "";
    const delay = argument === "" ? null : delayOf(argument);
    advisories.naked(consumerSequence, streamSequence, deliveries);
    if (argument !== "" && delay === null) {
      const what = `bad NAK delay value: ${JSON.stringify(argument)}`;
      parts.log.warn(`JetStream consumer ${core.where} ${what}`);
    }
    if (delay === null) {
      core.redeliver(index);
    } else {
      const wait = ledger.redelivery.waitAfter(ledger.pending.deliveries(index));
      ledger.waitFrom(index, core.now + delay - wait);
    }
    core.owner.wantPump();
    core.owner.touch();
  }

  /** +WPI: still working on it. */
  #progress(): void {
    const core = this.#core;
    const index = core.ledger.pending.find(numbers.streamSequence);
    if (index !== -1) {
      core.ledger.waitFrom(index, core.now);
      core.owner.touch();
    }
  }

  /** +TERM: never again. */
  #terminate(message: PassingMessage): void {
    const { streamSequence, consumerSequence, deliveries } = numbers;
    const reason = ackArgument(message.body, "term");
    const isAnswered = this.acknowledge(streamSequence, consumerSequence, false);
    this.#core.advisories.terminated(consumerSequence, streamSequence, deliveries, reason);
    if (isAnswered) {
      this.#replyLater(message);
    }
  }

  #replyNow(message: PassingMessage): void {
    if (message.hasReply) {
      this.#core.sender.sendStatus(replyOf(message), noBytes);
    }
  }

  #replyLater(message: PassingMessage): void {
    if (message.hasReply) {
      this.#replies.push(replyOf(message));
      this.#core.owner.touch();
    }
  }
}

function replyOf(message: PassingMessage): Uint8Array {
  const { bytes, replyStart, replyLength } = message;
  return bytes.slice(replyStart, replyStart + replyLength);
}
