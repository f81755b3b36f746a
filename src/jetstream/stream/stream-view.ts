// What the rules may know of a stream: what is stored, and what stands before it in line. Read only.

export interface StreamView {
  readonly lastSequence: number;
  /** Of the last message; "" when it had none. */
  readonly lastMessageId: string;
  /** The sequence under which a message of this id was stored within the window; 0 is none. */
  sequenceOfMessageId(id: string): number;
  /** The last message of a subject, or of any subject that a pattern matches; 0 is none. */
  lastSequenceOf(subject: string): number;
  /** Messages of one literal subject. */
  messagesOf(subject: string): number;
  /** What the oldest message of the subject costs; 0 is none. */
  oldestCostOf(subject: string): number;
  readonly messages: number;
  /** As the limits count them. */
  readonly bytes: number;
}
