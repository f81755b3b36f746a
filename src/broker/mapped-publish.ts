// Publishes to subjects that an account maps: which subject they get this time. Who checks and delivers is not known here.

import type { Account } from "../accounts/account.ts";
import { lost } from "../accounts/mappings.ts";

/** Matches nothing, so that what is published to it is lost. */
export const nowhere = "";

/** The subject that a publish in this account gets, or null when a mapping loses it. */
export function mappedSubject(account: Account, subject: string, cluster: string): string | null {
  const selected = account.mappings.select(subject, cluster);
  return selected === lost ? null : selected;
}
