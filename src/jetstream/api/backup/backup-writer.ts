// Makes a backup of a stream, as much at a time as is asked for: state, consumers, messages, the entry that ends it, all
// through S2. What is stored meanwhile is left out; what is removed meanwhile may be missing.

import { readableText } from "../../../base/byte-text.ts";
import { utf8Bytes } from "../../../base/bytes.ts";
import { goJson } from "../../../base/go-json.ts";
import { S2StreamWriter } from "../../../storage/s2-stream.ts";
import { MessageView } from "../../store/message-view.ts";
import { SubjectFilter } from "../../store/subject-filter.ts";
import type { ApiConsumer, ApiStream } from "../api-context.ts";
import { type ArchiveHead, archiveHead, archiveMagic } from "./archive.ts";
import { ByteQueue } from "./byte-queue.ts";
import { consumerRecordJson } from "./consumer-record.ts";

const noName: Uint8Array = new Uint8Array(0);
const ending: ArchiveHead = { timeNanos: 0n, sequence: 0, headerLength: 0, bodyLength: 0 };

export class BackupWriter {
  readonly #stream: ApiStream;
  readonly #lastSequence: number;
  readonly #nowNanos: bigint;
  readonly #ready: ByteQueue = new ByteQueue();
  readonly #out: S2StreamWriter = new S2StreamWriter((bytes) => this.#ready.add(bytes.slice()));
  readonly #view: MessageView = new MessageView();
  #consumers: ApiConsumer[];
  #next = 0;
  #hasEnded = false;

  /** `state` is what the stream's state was when the backup was asked for; its count of consumers is set here. */
  constructor(stream: ApiStream, state: object, hasConsumers: boolean, nowNanos: bigint) {
    this.#stream = stream;
    this.#nowNanos = nowNanos;
    this.#lastSequence = stream.access.store.state.lastSequence;
    this.#consumers = hasConsumers
      ? [...stream.consumers()].filter(({ offlineReason }) => offlineReason === "")
      : [];
    this.#out.write(archiveMagic);
    const counted = { ...state, consumer_count: this.#consumers.length };
    this.#writeText("state.json", utf8Bytes(goJson(counted)));
  }

  /** So many bytes, or fewer when that is the end; makes what is missing. */
  take(length: number): Uint8Array {
    while (this.#ready.length < length && !this.#hasEnded) {
      this.#makeMore();
    }
    return this.#ready.take(Math.min(length, this.#ready.length));
  }

  /** Nothing more comes. */
  get isAtEnd(): boolean {
    return this.#hasEnded && this.#ready.length === 0;
  }

  #makeMore(): void {
    const [consumer, ...others] = this.#consumers;
    if (consumer !== undefined) {
      this.#consumers = others;
      this.#writeConsumer(consumer);
    } else if (!this.#writeMessage()) {
      this.#out.write(archiveHead(noName, ending));
      this.#out.flush();
      this.#hasEnded = true;
    }
  }

  #writeConsumer(consumer: ApiConsumer): void {
    const { name, config } = consumer;
    const state = consumer.backup(this.#lastSequence);
    // Ephemeral ones have no name in what they were asked to be.
    const named = config.name === "" ? { ...config, name } : config;
    this.#writeText(
      `consumers/${readableText(name)}`,
      consumerRecordJson({ config: named, state }),
    );
  }

  #writeText(name: string, content: Uint8Array): void {
    const head = { ...ending, timeNanos: this.#nowNanos, bodyLength: content.length };
    this.#out.write(archiveHead(utf8Bytes(name), head));
    this.#out.write(content);
  }

  /** False: there are no more. Throws what the store throws for a message that it cannot read. */
  #writeMessage(): boolean {
    const view = this.#view;
    const { store } = this.#stream.access;
    if (!store.next(SubjectFilter.all, this.#next, view) || view.sequence > this.#lastSequence) {
      return false;
    }
    this.#next = view.sequence + 1;
    const { subjectStart, subjectLength, sequence, timeNanos, headerLength, bodyLength } = view;
    const subject = view.bytes.subarray(subjectStart, subjectStart + subjectLength);
    this.#out.write(archiveHead(subject, { timeNanos, sequence, headerLength, bodyLength }));
    this.#out.write(view.headers);
    this.#out.write(view.body);
    return true;
  }
}
