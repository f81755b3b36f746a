// What an account may have at once: pure rules over the configured numbers. It counts nothing itself.

import type { AccountLimits } from "../config/options.ts";

/** In configured limits, no limit at all. */
export const unlimited = -1;

/** Whether `count` of something already stands at the limit, so that one more would be too many. */
export function isLimitReached(limit: number, count: number): boolean {
  return limit !== unlimited && count >= limit;
}

/** The lower of the server's and the account's limit of payload bytes. */
export function payloadLimit(serverMax: number, limits: AccountLimits): number {
  return limits.maxPayload === unlimited ? serverMax : Math.min(serverMax, limits.maxPayload);
}

/** The lower of the server's and the account's limit of subscriptions per connection; 0 is no limit. */
export function subscriptionLimit(serverMax: number, limits: AccountLimits): number {
  if (limits.maxSubscriptions === unlimited) {
    return serverMax;
  }
  return serverMax === 0 ? limits.maxSubscriptions : Math.min(serverMax, limits.maxSubscriptions);
}

export function areLimitsEqual(one: AccountLimits, other: AccountLimits): boolean {
  return (
    one.maxConnections === other.maxConnections &&
    one.maxSubscriptions === other.maxSubscriptions &&
    one.maxPayload === other.maxPayload &&
    one.maxLeafnodes === other.maxLeafnodes
  );
}
