// Who wants to know what happens to a stream's messages: consumers. A stream knows them by this alone.

import type { SubjectFilter } from "../store/subject-filter.ts";

export interface StreamListener {
  readonly filter: SubjectFilter;
  /**
   * Messages are durable and may be delivered, up to this sequence; at least one of them matches the filter. Called at
   * most once a turn and listener, whatever number was stored.
   */
  onStored(lastSequence: number): void;
  /** One message is gone, not by this listener's own doing; with others, by a purge, or by itself. */
  onRemoved(sequence: number, subject: string, isPurged?: boolean): void;
  /** Many are gone: count again. */
  onPurged(): void;
  /** Has it yet to be done with this message, which its filter wants? For interest and work-queue retention. */
  needs(sequence: number): boolean;
}
