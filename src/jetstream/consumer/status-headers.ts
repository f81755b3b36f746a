// Header blocks that consumers write: statuses that stand alone, and what is added to a message. Clients compare the
// texts whole.

const encoder: TextEncoder = new TextEncoder();

const versionLine: Uint8Array = encoder.encode("NATS/1.0\r\n");
const lineEndLength = 2;

export const status: {
  readonly noMessages: Uint8Array;
  readonly requestsPending: Uint8Array;
  readonly pushBased: Uint8Array;
  readonly consumerDeleted: Uint8Array;
  readonly exceededMaxWaiting: Uint8Array;
  readonly requiredApiLevel: Uint8Array;
  readonly pinIdMismatch: Uint8Array;
  readonly flowControlRequest: Uint8Array;
} = {
  noMessages: block("404 No Messages"),
  requestsPending: block("408 Requests Pending"),
  pushBased: block("409 Consumer is push based"),
  consumerDeleted: block("409 Consumer Deleted"),
  exceededMaxWaiting: block("409 Exceeded MaxWaiting"),
  requiredApiLevel: block("412 Required Api Level"),
  pinIdMismatch: block("423 Nats-Pin-Id mismatch"),
  flowControlRequest: block("100 FlowControl Request"),
};

/** A status without lines. */
export function block(statusLine: string): Uint8Array {
  return encoder.encode(`NATS/1.0 ${statusLine}\r\n\r\n`);
}

/** A status that says what a request still lacks. */
export function endOfRequest(statusLine: string, messages: number, bytes: number): Uint8Array {
  return encoder.encode(
    `NATS/1.0 ${statusLine}\r\nNats-Pending-Messages: ${messages}\r\nNats-Pending-Bytes: ${bytes}\r\n\r\n`,
  );
}

/** `stalled`: the subject of the flow control request that was not answered; "" is none. */
export function idleHeartbeat(
  consumerSequence: number,
  streamSequence: number,
  stalled: string,
): Uint8Array {
  const stall = stalled === "" ? "" : `Nats-Consumer-Stalled: ${stalled}\r\n`;
  return encoder.encode(
    `NATS/1.0 100 Idle Heartbeat\r\nNats-Last-Consumer: ${consumerSequence}\r\nNats-Last-Stream: ${streamSequence}\r\n${stall}\r\n`,
  );
}

/** One block with room for the header of a message and a line of its own. Reused. */
export class AddedHeader {
  /** The whole block, from 0 to `length`. */
  bytes: Uint8Array = new Uint8Array(0);
  length = 0;

  /** `header` may be empty. Lengths are of ranges that begin at `start`. */
  write(header: Uint8Array, start: number, length: number, line: string): void {
    const from = length === 0 ? versionLine : header;
    const fromStart = length === 0 ? 0 : start;
    const kept = length === 0 ? versionLine.length : length - lineEndLength;
    const text = `${line}\r\n\r\n`;
    if (this.bytes.length < kept + text.length) {
      this.bytes = new Uint8Array((kept + text.length) * 2);
    }
    this.bytes.set(from.subarray(fromStart, fromStart + kept));
    encoder.encodeInto(text, this.bytes.subarray(kept));
    this.length = kept + text.length;
  }
}
