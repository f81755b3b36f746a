// What consumers and the API ask of a stream. The stream itself is in stream.ts.

import type { ApiError } from "../api-error.ts";
import type { Outlet } from "../outlet.ts";
import type { MessageStore } from "../store/message-store.ts";
import type { StreamConfig } from "./stream-config.ts";
import type { StreamListener } from "./stream-listener.ts";

export interface PurgeRequest {
  /** "" is all. */
  readonly filter: string;
  /** Purges all below it; 0 is not given. */
  readonly sequence: number;
  /** Keeps so many; 0 is not given. */
  readonly keep: number;
}

export interface StreamAccess {
  readonly account: string;
  readonly name: string;
  readonly config: StreamConfig;
  readonly createdNanos: bigint;
  /** For reading. Nobody but stream/apply.ts writes to it. */
  readonly store: MessageStore;
  readonly outlet: Outlet;
  /** Messages up to here are durable and may be shown. */
  readonly visibleSequence: number;
  /**
   * How many messages that match the listener's filter were stored since the listener was added, those included that are
   * not visible yet, as store.count includes them: one counter for all listeners of the same filter, so that idle
   * consumers cost nothing.
   */
  storedFor(listener: StreamListener): number;
  /** What is known without a search: no message that the listener wants lies between `from` and this; Infinity is none. */
  earliestFor(listener: StreamListener, from: number): number;
  /** Disposing takes the listener off. */
  listen(listener: StreamListener): Disposable;
  /** Whether onStored is wanted: an idle consumer (nobody waits) costs nothing. */
  setAwake(listener: StreamListener, isAwake: boolean): void;
  /** A consumer is done with the message: interest and work-queue retention may remove it. */
  acknowledged(listener: StreamListener, sequence: number): void;
  /**
   * The consumer is deleted, not only stopped, and still listens: an interest stream lets go of what nobody else needs,
   * from this sequence on.
   */
  retire(listener: StreamListener, from: number): void;
  /** onDone is called when it is durable, never before this returns. False: there is no such message. */
  removeMessage(sequence: number, erases: boolean, onDone: OnStreamDone): boolean;
  /** Gives how many went; onDone is called when it is durable. */
  purge(request: PurgeRequest, onDone: OnStreamDone): number;
}

/** Null is done. */
export type OnStreamDone = (failure: ApiError | null) => void;
