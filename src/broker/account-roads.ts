// What an account's imports and mappings add to the road of its clients: the wish of the sessions, fulfilled by the
// import roads. Sessions call these; what lies in other accounts they do not know.

import type { AccountIndex, SlotIndex, SubscriptionRef } from "../wasm/fabric.ts";

export interface AccountRoads {
  /** Whether addStandIns must be told of every SUB made in this account. */
  hasStreamImports(account: AccountIndex): boolean;
  /** A client's SUB was taken: its stand-ins in the exporting accounts are added. */
  addStandIns(primary: SubscriptionRef, account: AccountIndex, subject: string): void;
  /**
   * Runs the publish of an opKind.mapped. Gives what fabric.publishMapped gave: -1 when publishing to the mapped
   * subject is denied, -2 when using the reply is.
   */
  publishMapped(slot: SlotIndex, account: AccountIndex, subject: string): number;
  /** Which subject the last publishMapped published to: what a denial names. */
  readonly lastMappedSubject: string;
  /** The slot is about to be closed: what waits for its answers or answers to it may be dropped. */
  onSlotClosing(slot: SlotIndex): void;
}

/** Which fabric account stands for which configured one. */
export interface AccountIndexes {
  /** Undefined when there is no such account. */
  indexOf(name: string): AccountIndex | undefined;
  nameOf(account: AccountIndex): string | undefined;
}
