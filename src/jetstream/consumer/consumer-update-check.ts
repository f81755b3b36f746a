// Which changes of its configuration a consumer bears while it lives, and when two configurations are the same.

import { type ApiError, apiErrors } from "../api-error.ts";
import type { ConsumerConfig } from "./consumer-config.ts";
import { checkBackoffLength } from "./consumer-config-check.ts";

/** `isBound`: somebody listens on the deliver subject it has. Null is fine. */
export function checkConsumerUpdate(
  old: ConsumerConfig,
  next: ConsumerConfig,
  isBound: boolean,
): ApiError | null {
  if (sameConsumerConfig(old, next)) {
    return null;
  }
  for (const [field, what] of fixedFields) {
    if (old[field] !== next[field]) {
      return apiErrors.consumerCreate(`${what} can not be updated`);
    }
  }
  if (old.deliverSubject !== next.deliverSubject) {
    if (old.deliverSubject === "") {
      return apiErrors.consumerCreate("can not update pull consumer to push based");
    }
    if (next.deliverSubject === "") {
      return apiErrors.consumerCreate("can not update push consumer to pull based");
    }
    if (isBound) {
      return apiErrors.consumerNameExist;
    }
  }
  if (old.maxWaiting !== next.maxWaiting) {
    return apiErrors.consumerCreate("max waiting can not be updated");
  }
  return checkBackoffLength(next);
}

/** In the order in which a client is told of them. */
const fixedFields: readonly (readonly [field: keyof ConsumerConfig, what: string])[] = [
  ["deliverPolicy", "deliver policy"],
  ["memoryStorage", "storage type"],
  ["direct", "direct"],
  ["sourcing", "sourcing"],
  ["optStartSequence", "start sequence"],
  ["optStartTimeNanos", "start time"],
  ["ackPolicy", "ack policy"],
  ["replay", "replay policy"],
  ["idleHeartbeatNanos", "heart beats"],
  ["flowControl", "flow control"],
];

/** Whether a creation that says `next` is already done by what is there. */
export function sameConsumerConfig(old: ConsumerConfig, next: ConsumerConfig): boolean {
  return comparable(old) === comparable(next);
}

function comparable(config: ConsumerConfig): string {
  const names = Object.keys(config.metadata ?? {}).sort();
  const metadata = names.map((name) => [name, config.metadata?.[name]]);
  const fields = Object.entries({ ...config, metadata }).sort(([first], [second]) =>
    first < second ? -1 : 1,
  );
  return JSON.stringify(fields, (_key, value: unknown) =>
    typeof value === "bigint" ? `${value}n` : value,
  );
}
