// Reads a backup of the first version: a tar of the reference's own files, of the stream, its message blocks and its
// consumers. Blocks come in order; a deletion may stand in a later block than its message.

import { byteTextAt, byteTextOf } from "../../../base/byte-text.ts";
import { utf8Bytes, utf8Text } from "../../../base/bytes.ts";
import { decodeText, shape, subjectText, timeNanos } from "../../json-kinds.ts";
import { BackupError } from "./backup-error.ts";
import { readConsumerMeta, readConsumerState } from "./consumer-record.ts";
import { type BlockRecord, readMessageBlock } from "./message-block.ts";
import { RestoredMessages } from "./restored-messages.ts";
import type { BackupWish, RestoredConsumer, StreamRestore } from "./stream-restore.ts";
import { TarReader } from "./tar-reader.ts";

const streamMeta = "meta.inf";
const errorFile = "errors.txt";
const blockName = /^msgs\/(\d+)\.blk$/;
const consumerFile = /^obs\/([^/]+)\/(meta\.inf|o\.dat)$/;
const metaKind = shape("server.FileStreamInfo", { created: timeNanos, name: subjectText });

export class FileBackup {
  readonly #restore: StreamRestore;
  readonly #wish: BackupWish;
  readonly #reader: TarReader = new TarReader((name, content) => this.#take(name, content));
  readonly #messages: RestoredMessages;
  /** Descriptions whose state is still to come. */
  readonly #consumers: Map<string, Omit<RestoredConsumer, "state" | "name">> = new Map();
  #hasMeta = false;

  constructor(restore: StreamRestore, wish: BackupWish) {
    this.#restore = restore;
    this.#wish = wish;
    const { allowMessageTtl } = restore.config;
    this.#messages = new RestoredMessages(restore.store, allowMessageTtl, wish.nowMicros);
    restore.store.skipTo(wish.firstSequence);
  }

  write(bytes: Uint8Array): void {
    this.#reader.write(bytes);
  }

  end(): void {
    if (!this.#reader.hasEnded || !this.#hasMeta) {
      throw new BackupError("unexpected EOF");
    }
    for (const name of this.#consumers.keys()) {
      throw new BackupError(`error restoring consumer ["${name}"]: its state is missing`);
    }
    this.#restore.store.skipTo(this.#wish.lastSequence + 1);
  }

  #take(name: string, content: Uint8Array): void {
    const [, block] = blockName.exec(name) ?? [];
    const [, consumer, part] = consumerFile.exec(name) ?? [];
    if (name === streamMeta) {
      this.#takeMeta(content);
    } else if (name === errorFile) {
      throw new BackupError(`the backup was not finished: ${utf8Text(content)}`);
    } else if (block !== undefined) {
      this.#takeBlock(block, content);
    } else if (consumer !== undefined && part === "meta.inf") {
      this.#consumers.set(consumer, readConsumerMeta(consumer, content));
    } else if (consumer !== undefined) {
      this.#takeState(consumer, content);
    }
  }

  #takeMeta(content: Uint8Array): void {
    const meta = decodeText(utf8Text(content), metaKind);
    if (!meta.ok) {
      throw new BackupError(meta.refusal);
    }
    if (meta.value.name !== this.#restore.config.name) {
      throw new BackupError("stream names do not match");
    }
    this.#hasMeta = true;
    this.#restore.createdNanos = meta.value.created;
  }

  #takeBlock(number: string, content: Uint8Array): void {
    const { config, store } = this.#restore;
    const key = this.#restore.sha256(utf8Bytes(`${utf8Name(config.name)}-${Number(number)}`));
    const torn = readMessageBlock(content, key, {
      message: (record) => this.#takeMessage(record),
      deleted: (sequence) => {
        if (sequence > store.state.lastSequence) {
          store.skipTo(sequence + 1);
        } else {
          store.remove(sequence, false);
        }
      },
    });
    if (torn > 0) {
      throw new BackupError(
        `message block ${number} is damaged: its last ${torn} bytes are not right`,
      );
    }
  }

  #takeMessage(record: BlockRecord): void {
    const { store } = this.#restore;
    if (record.sequence > store.state.lastSequence) {
      const subject = byteTextAt(record.bytes, record.subjectStart, record.subjectLength);
      this.#messages.add({ ...record, subject });
    }
  }

  #takeState(name: string, content: Uint8Array): void {
    const description = this.#consumers.get(name);
    if (description === undefined) {
      throw new BackupError(`error restoring consumer ["${name}"]: its description is missing`);
    }
    this.#consumers.delete(name);
    const state = readConsumerState(name, content);
    this.#restore.addConsumer({ name: byteTextOf(name), ...description, state });
  }
}

/** As Go has it: the name's bytes as text. */
function utf8Name(name: string): string {
  return utf8Text(Uint8Array.from(name, (character) => character.charCodeAt(0)));
}
