// Brings what a configuration says, and what may change while a consumer lives, to the parts it concerns.

import type { AckHandler } from "./ack-handler.ts";
import type { ConsumerCore } from "./consumer-core.ts";
import { Pacing } from "./pacing.ts";
import { PinnedClient } from "./priority-group.ts";

const nanosPerMilli = 1_000_000;

export function applySettings(core: ConsumerCore, acks: AckHandler): void {
  const { config, parts } = core;
  const { maxMessageSize } = parts.stream.config;
  const burst = maxMessageSize > 0 ? maxMessageSize : parts.settings.maxPayload;
  if (config.rateLimitBitsPerSecond > 0n || core.pacing !== null) {
    core.pacing ??= new Pacing();
    core.pacing.setRate(Number(config.rateLimitBitsPerSecond), burst, core.now);
  }
  core.setWaits();
  acks.setSampling(config.sampleFrequency);
  applyPriority(core);
}

function applyPriority(core: ConsumerCore): void {
  const { priorityPolicy, priorityTimeoutNanos } = core.config;
  const timeoutMillis = Number(priorityTimeoutNanos) / nanosPerMilli;
  core.pull?.reconfigure();
  if (priorityPolicy !== "pinned_client") {
    core.pin?.clear("");
    core.pin = null;
    return;
  }
  const { clock, timers, random, turns } = core.parts;
  core.pin ??= new PinnedClient({
    clock,
    timers,
    random,
    timeoutMillis,
    events: {
      // A message is on its way: nothing else may be published before it left.
      onPinned: (group, id): void => turns.add(() => core.advisories.pinned(group, id)),
      onUnpinned: (group, reason): void => {
        core.advisories.unpinned(group, reason);
        core.owner.wantPump();
      },
    },
  });
  core.pin.timeoutMillis = timeoutMillis;
}
