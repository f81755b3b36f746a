// What can be delivered to from inside the server. It does not know who delivers, nor over which road.

import type { PassingMessage } from "./message.ts";

export interface Subscriber {
  /**
   * One message, readable until this returns; keep() what must stay. It may publish: those messages are routed after
   * this call, never inside it. It must not throw for anything a client sent.
   */
  deliver(message: PassingMessage): void;
  /** Only of who keeps messages: what a trace shall tell of one on this subject. */
  trace?(subject: string): KeptTrace;
}

/** How a message ends in a stream. */
export interface KeptTrace {
  readonly stream: string;
  /** As it is kept. */
  readonly subject: string;
  /** Nobody wants it there: it gets a number and is not kept. */
  readonly hasNoInterest: boolean;
}
