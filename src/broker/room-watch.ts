// For senders inside the server that met a full receiver: when may they go on? It knows nothing of what they send.

import type { Timers } from "../ports/timers.ts";
import type { SlotIndex } from "../wasm/fabric.ts";
import type { ConnectionRegistry } from "./connection-registry.ts";
import type { SlowConsumers } from "./slow-consumer.ts";

/** Gives what calls `onRoom`, once: when the slot has room, makes no progress any more, or is closed. */
export function roomWatch(
  connections: ConnectionRegistry,
  slowConsumers: SlowConsumers,
  timers: Timers,
): (slot: SlotIndex, onRoom: () => void) => void {
  return (slot, onRoom) => {
    const receiver = connections.at(slot)?.connection;
    receiver?.flush();
    if (receiver === undefined || !slowConsumers.mustWait(receiver)) {
      timers.endOfTurn(onRoom);
    } else {
      slowConsumers.addWaiter(receiver, { goOn: onRoom });
    }
  };
}
