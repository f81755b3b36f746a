// What a backup is written to: a stream that nobody sees before it is finished. The engine makes it.

import type { ApiError } from "../../api-error.ts";
import type { ConsumerBackup } from "../../consumer/consumer-backup.ts";
import type { ConsumerConfig } from "../../consumer/consumer-config.ts";
import type { MessageStore } from "../../store/message-store.ts";
import type { StreamConfig } from "../../stream/stream-config.ts";
import type { OnStream } from "../api-context.ts";

export interface RestoredConsumer {
  readonly name: string;
  readonly config: ConsumerConfig;
  readonly createdNanos: bigint | null;
  readonly state: ConsumerBackup;
}

export interface StreamRestore {
  readonly config: StreamConfig;
  readonly store: MessageStore;
  /** Headers and body of one message together. */
  readonly maxPayload: number;
  /** When the stream was made, if the backup tells. */
  createdNanos: bigint | null;
  addConsumer(consumer: RestoredConsumer): void;
  /** Whether the account may hold no more; asked now and then while messages are stored. */
  refusal(): ApiError | null;
  sha256(bytes: Uint8Array): Uint8Array;
  /** Starts the stream. Called back when all of it is durable; after a failure nothing of it is left. */
  finish(onDone: OnStream): void;
  /** Nothing of it is left. */
  abandon(): void;
}

export interface BackupWish {
  /** As the request says, which is as the backup was described when it was taken. */
  readonly firstSequence: number;
  readonly lastSequence: number;
  readonly nowMicros: number;
}
