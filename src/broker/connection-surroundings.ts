// What connections need of the rest of the broker, as one interface. Only types: who fulfils it stands in broker.ts.

import type { Clock } from "../ports/clock.ts";
import type { Log } from "../ports/log.ts";
import type { ClosedReason } from "../protocol/closed-reason.ts";
import type { Fabric, SlotIndex } from "../wasm/fabric.ts";
import type { Connection } from "./connection.ts";
import type { ClosedConnectionRecord } from "./connection-record.ts";
import type { DeadlineWheel } from "./deadline-wheel.ts";
import type { FlushList } from "./flush-list.ts";
import type { Lingering } from "./lingering.ts";
import type { Router } from "./router.ts";
import type { SlowConsumers } from "./slow-consumer.ts";

/** What all connections of a broker share. */
export interface ConnectionSurroundings {
  readonly fabric: Fabric;
  readonly router: Router;
  readonly clock: Clock;
  readonly log: Log;
  readonly flushList: FlushList;
  readonly slowConsumers: SlowConsumers;
  readonly lingering: Lingering;
  readonly wheel: DeadlineWheel<Connection>;
  connectionOf(slot: SlotIndex): Connection | undefined;
  /** Called while the slot still stands, so that its numbers can be read. */
  onClosing(connection: Connection, reason: ClosedReason): ClosedConnectionRecord;
  /** The slot is gone. */
  onClosed(connection: Connection, record: ClosedConnectionRecord): void;
  onSlowConsumer(connection: Connection, reason: ClosedReason): void;
  /** A publisher was made to wait. */
  onStall(): void;
}
