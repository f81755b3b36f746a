// What a run wrote down, with names for slots and accounts: their numbers differ from one implementation to another.

import {
  type AccountIndex,
  type Fabric,
  noSlot,
  type SlotIndex,
  type SlotOptions,
  type SubscriptionDetail,
} from "../../src/wasm/fabric.ts";
import { accountCount } from "./road-step.ts";

export const rowsWait = "waits for rows";
export const flushWaits = "waits for a flush";

export interface Player {
  readonly slot: SlotIndex;
  options: SlotOptions;
  isHeld: boolean;
  isBroken: boolean;
}

export class Transcript {
  readonly lines: string[] = [];
  readonly players: Map<number, Player> = new Map();
  readonly accounts: readonly AccountIndex[];

  constructor(fabric: Fabric) {
    this.accounts = Array.from({ length: accountCount }, () => fabric.openAccount());
  }

  note(line: string): void {
    this.lines.push(line);
  }

  account(number: number): AccountIndex {
    return this.accounts[number % accountCount] as AccountIndex;
  }

  accountName(account: AccountIndex): string {
    return `account${this.accounts.indexOf(account)}`;
  }

  slotName(slot: SlotIndex): string {
    if (slot === noSlot) {
      return "nobody";
    }
    const found = [...this.players].find(([, player]) => player.slot === slot);
    return found === undefined ? "gone" : `client${found[0]}`;
  }

  detailText(detail: SubscriptionDetail): string {
    const { subject, queue, sid, delivered, max, isShadow } = detail;
    const owner = `${this.slotName(detail.slot)} ${this.accountName(detail.account)}`;
    const kind = isShadow ? " shadow" : "";
    return `${owner} [${subject}] [${queue}] [${sid}] ${delivered}/${max}${kind}`;
  }
}

/** Written field by field: an implementation may have them in another order. */
export function countersText(counters: {
  readonly inMessages: number;
  readonly inBytes: number;
  readonly outMessages: number;
  readonly outBytes: number;
  readonly subscriptions: number;
}): string {
  const { inMessages, inBytes, outMessages, outBytes, subscriptions } = counters;
  return `in ${inMessages}/${inBytes} out ${outMessages}/${outBytes} subs ${subscriptions}`;
}
