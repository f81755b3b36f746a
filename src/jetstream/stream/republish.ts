// What was stored is published once more under another subject (ADR-28), with headers that tell where it stands; those
// who only listen find gaps by Nats-Last-Sequence.

import { isValidLiteral } from "../../subjects/subject.ts";
import type { RandomNumbers } from "../../subjects/transform.ts";
import { SubjectTransform } from "../../subjects/transform.ts";
import type { MessageDraft } from "./message-draft.ts";
import { MessageFacts } from "./message-facts.ts";
import type { AckQueue } from "./publish-ack.ts";
import type { RepublishConfig } from "./stream-config.ts";

const none: Uint8Array = new Uint8Array(0);
const blank = /[\t\n\f\r ]/;

export class Republisher {
  readonly #transform: SubjectTransform | null;
  readonly #isHeadersOnly: boolean;
  readonly #facts: MessageFacts;

  constructor(stream: string, config: RepublishConfig, random: RandomNumbers) {
    const parsed = SubjectTransform.parse(config.src, config.dest, random);
    this.#transform = parsed.ok ? parsed.value : null;
    this.#isHeadersOnly = config.headersOnly;
    this.#facts = new MessageFacts(stream);
  }

  /** Where the message goes; null is nowhere. Asked before it is stored. */
  destinationOf(subject: string): string | null {
    const destination = this.#transform?.apply(subject) ?? null;
    const isUsable =
      destination !== null && isValidLiteral(destination) && !blank.test(destination);
    return isUsable ? destination : null;
  }

  /** `lastOfSubject` is the sequence that this subject had before; 0 is none. */
  send(
    queue: AckQueue,
    ticket: number,
    draft: MessageDraft,
    destination: string,
    lastOfSubject: number,
  ): void {
    const facts = this.#facts;
    facts.begin(draft.headerBytes, draft.headerStart, draft.headerLength);
    facts.subjectText(draft.subject);
    facts.sequence(draft.sequence);
    facts.time(draft.timeMicros, draft.restNanos);
    facts.line("Nats-Last-Sequence: ", lastOfSubject);
    if (this.#isHeadersOnly) {
      facts.line("Nats-Msg-Size: ", draft.bodyLength);
    }
    facts.end();
    const to = Uint8Array.from(destination, (character) => character.charCodeAt(0));
    queue.send(ticket, to, facts.block, this.#isHeadersOnly ? none : draft.body);
  }
}
