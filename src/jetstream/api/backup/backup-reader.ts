// Reads a backup, of either version, into a stream that is being restored. It takes bytes as they come.

import { byteTextAt, byteTextOf } from "../../../base/byte-text.ts";
import { utf8Text } from "../../../base/bytes.ts";
import { S2Error } from "../../../storage/s2-block.ts";
import { S2StreamReader } from "../../../storage/s2-stream.ts";
import { decodeText, integer, sequence, shape } from "../../json-kinds.ts";
import { type ArchiveEntry, ArchiveReader, archiveMagic } from "./archive.ts";
import { BackupError } from "./backup-error.ts";
import { ByteQueue } from "./byte-queue.ts";
import { readConsumerRecord } from "./consumer-record.ts";
import { FileBackup } from "./file-backup.ts";
import { RestoredMessages } from "./restored-messages.ts";
import type { BackupWish, StreamRestore } from "./stream-restore.ts";

const stateName = "state.json";
const consumerPrefix = "consumers/";

/** What both versions are read with. */
interface Form {
  write(bytes: Uint8Array): void;
  /** Throws BackupError when something is missing. */
  end(): void;
}

export class BackupReader {
  readonly #restore: StreamRestore;
  readonly #wish: BackupWish;
  readonly #stream: S2StreamReader = new S2StreamReader((bytes) => this.#take(bytes));
  readonly #opening: ByteQueue = new ByteQueue();
  #form: Form | null = null;

  constructor(restore: StreamRestore, wish: BackupWish) {
    this.#restore = restore;
    this.#wish = wish;
  }

  /** The bytes are kept. Throws BackupError. */
  write(bytes: Uint8Array): void {
    this.#check();
    asBackupError(() => this.#stream.write(bytes));
    this.#check();
  }

  /** All has come. Throws BackupError when that is not a whole backup. */
  end(): void {
    this.#check();
    asBackupError(() => this.#stream.end());
    if (this.#form === null) {
      throw new BackupError("unexpected EOF");
    }
    this.#form.end();
  }

  #check(): void {
    const refusal = this.#restore.refusal();
    if (refusal !== null) {
      throw new BackupError(refusal.description);
    }
  }

  #take(bytes: Uint8Array): void {
    if (this.#form !== null) {
      this.#form.write(bytes);
      return;
    }
    this.#opening.add(bytes);
    if (this.#opening.length >= archiveMagic.length) {
      const magic = this.#opening.peek(archiveMagic.length);
      const isArchive = magic.every((byte, index) => byte === archiveMagic[index]);
      this.#form = isArchive
        ? new ArchiveBackup(this.#restore, this.#wish)
        : new FileBackup(this.#restore, this.#wish);
      this.#form.write(this.#opening.take(this.#opening.length));
    }
  }
}

function asBackupError(action: () => void): void {
  try {
    action();
  } catch (failure) {
    throw failure instanceof S2Error
      ? new BackupError(failure.message, { cause: failure })
      : failure;
  }
}

const stateKind = shape("server.StreamState", {
  first_seq: sequence,
  last_seq: sequence,
  consumer_count: integer,
});

/** The second version: state, consumers, messages, an entry that ends it. */
class ArchiveBackup implements Form {
  readonly #restore: StreamRestore;
  readonly #reader: ArchiveReader = new ArchiveReader((entry) => this.#take(entry));
  readonly #messages: RestoredMessages;
  /** Null: the state is still to come. */
  #consumersLeft: number | null = null;
  #lastSequence = 0;
  #hasEnded = false;

  constructor(restore: StreamRestore, wish: BackupWish) {
    this.#restore = restore;
    const { allowMessageTtl } = restore.config;
    this.#messages = new RestoredMessages(restore.store, allowMessageTtl, wish.nowMicros);
  }

  write(bytes: Uint8Array): void {
    this.#reader.write(bytes);
  }

  end(): void {
    if (!this.#hasEnded) {
      throw new BackupError("backup was truncated");
    }
    this.#restore.store.skipTo(this.#lastSequence + 1);
  }

  #take(entry: ArchiveEntry): void {
    if (this.#hasEnded) {
      return;
    }
    if (this.#consumersLeft === null) {
      this.#takeState(entry);
    } else if (this.#consumersLeft > 0) {
      this.#takeConsumer(entry);
      this.#consumersLeft--;
    } else if (entry.sequence > 0) {
      this.#takeMessage(entry);
    } else if (entry.timeNanos === 0n && entry.content.length === 0) {
      this.#hasEnded = true;
    } else {
      throw new BackupError("expected message sequence");
    }
  }

  #takeState(entry: ArchiveEntry): void {
    if (utf8Text(entry.name) !== stateName) {
      throw new BackupError(`expected ${stateName} first`);
    }
    const state = decodeText(utf8Text(entry.content), stateKind);
    if (!state.ok) {
      throw new BackupError(`error in ${stateName}: ${state.refusal}`);
    }
    this.#consumersLeft = Math.max(0, state.value.consumer_count);
    this.#lastSequence = state.value.last_seq;
    this.#restore.store.skipTo(state.value.first_seq);
  }

  #takeConsumer(entry: ArchiveEntry): void {
    const path = utf8Text(entry.name);
    if (!path.startsWith(consumerPrefix)) {
      throw new BackupError(`expected consumer, found "${path}"`);
    }
    const name = path.slice(consumerPrefix.length);
    const record = readConsumerRecord(name, entry.content);
    this.#restore.addConsumer({ name: byteTextOf(name), createdNanos: null, ...record });
  }

  #takeMessage(entry: ArchiveEntry): void {
    const { sequence: at, headerLength, bodyLength, name, content } = entry;
    const { store, config } = this.#restore;
    const size = headerLength + bodyLength;
    if (size > this.#restore.maxPayload) {
      throw new BackupError(`message sequence ${at} exceeds maximum payload size`);
    }
    if (config.maxMessageSize >= 0 && size > config.maxMessageSize) {
      throw new BackupError(`message sequence ${at} exceeds maximum message size`);
    }
    if (at <= store.state.lastSequence) {
      throw new BackupError(`message sequence ${at} out of order`);
    }
    this.#messages.add({
      sequence: at,
      timeNanos: entry.timeNanos,
      subject: byteTextAt(name, 0, name.length),
      bytes: content,
      headerStart: 0,
      headerLength,
      bodyStart: headerLength,
      bodyLength,
    });
  }
}
