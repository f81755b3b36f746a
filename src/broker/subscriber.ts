// What can be delivered to from inside the server. It does not know who delivers, nor over which road.

import type { PassingMessage } from "./message.ts";

export interface Subscriber {
  /**
   * One message, readable until this returns; keep() what must stay. It may publish: those messages are routed after
   * this call, never inside it. It must not throw for anything a client sent.
   */
  deliver(message: PassingMessage): void;
}
