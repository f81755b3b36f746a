// A stream that takes from others: every source is followed by itself, and each message says in a header where it came
// from, so that a restart finds where to go on.

import { readableText } from "../../base/byte-text.ts";
import type { PassingMessage } from "../../broker/message.ts";
import { withHeader, withoutHeader } from "../../protocol/headers.ts";
import type { ApiError } from "../api-error.ts";
import type { StateJournal } from "../store/state-journal.ts";
import { MessageDraft } from "./message-draft.ts";
import { fillFromOrigin, followerId } from "./mirror.ts";
import { natsHeader } from "./nats-headers.ts";
import type { StreamSourceConfig } from "./source-config.ts";
import type { SourceDelivery } from "./source-delivery.ts";
import { OriginFollower, type OriginSink } from "./source-follower.ts";
import { type HashOf, sourceHeader, sourceIndexName } from "./source-header.ts";
import { SourcePositions } from "./source-positions.ts";
import type { OriginConsumer, StartingPoint } from "./source-request.ts";
import type { OriginStatus } from "./source-status.ts";
import type { StreamConfig } from "./stream-config.ts";
import type { FeatureLife, StreamCore } from "./stream-features.ts";

const sourceHeaderName = "Nats-Stream-Source";

export class Sources implements FeatureLife {
  readonly #core: StreamCore;
  readonly #hashOf: HashOf;
  readonly #positions: SourcePositions;
  /** By index name. */
  readonly #sources: Map<string, Source> = new Map();
  #isRecovered = false;
  #isStarted = false;

  constructor(core: StreamCore, hashOf: HashOf, journal: StateJournal) {
    this.#core = core;
    this.#hashOf = hashOf;
    this.#positions = new SourcePositions(core, journal);
  }

  status(): readonly OriginStatus[] {
    return [...this.#sources.values()].map((source) => source.follower.status());
  }

  start(): void {
    this.#isStarted = true;
    if (!this.#isRecovered) {
      this.#isRecovered = true;
      this.#take(this.#core.config.sources);
      this.#positions.recover([...this.#sources.keys()], nameInHeaders);
    }
    for (const source of this.#sources.values()) {
      source.follower.start();
    }
  }

  stop(): void {
    this.#isStarted = false;
    for (const source of this.#sources.values()) {
      source.follower.stop();
    }
    this.#positions.stop();
  }

  close(): Promise<void> {
    return this.#positions.close();
  }

  configured(_former: StreamConfig, current: StreamConfig): void {
    if (!this.#isRecovered) {
      return;
    }
    const added = this.#take(current.sources);
    if (this.#isStarted) {
      for (const source of added) {
        source.follower.start();
      }
    }
  }

  /** Follows these and no others; gives those that are new. */
  #take(configs: readonly StreamSourceConfig[]): readonly Source[] {
    const wanted = new Map(
      configs.map((config) => [sourceIndexName(config, this.#hashOf), config] as const),
    );
    for (const [indexName, source] of this.#sources) {
      if (!wanted.has(indexName)) {
        source.follower.abandon();
        this.#sources.delete(indexName);
      }
    }
    const added: Source[] = [];
    for (const [indexName, config] of wanted) {
      if (!this.#sources.has(indexName)) {
        const name = consumerName(this.#core, config, indexName, configs, this.#hashOf);
        const source = new Source(this.#core, config, indexName, name, this.#positions);
        this.#sources.set(indexName, source);
        added.push(source);
      }
    }
    return added;
  }
}

class Source implements OriginSink {
  readonly kind = "source" as const;
  readonly source: StreamSourceConfig;
  readonly consumerName: string;
  readonly follower: OriginFollower;
  readonly #core: StreamCore;
  readonly #indexName: string;
  readonly #positions: SourcePositions;
  readonly #draft: MessageDraft = new MessageDraft();

  constructor(
    core: StreamCore,
    source: StreamSourceConfig,
    indexName: string,
    name: string,
    positions: SourcePositions,
  ) {
    this.#core = core;
    this.source = source;
    this.#indexName = indexName;
    this.consumerName = name;
    this.#positions = positions;
    this.follower = new OriginFollower(core, this);
  }

  startingPoint(): StartingPoint {
    const position = this.#positions.of(this.#indexName);
    const { optStartSequence, optStartTimeNanos } = this.source;
    if (position > 0) {
      return { kind: "sequence", sequence: BigInt(position) + 1n };
    }
    if (optStartSequence > 0n) {
      return { kind: "sequence", sequence: optStartSequence };
    }
    return optStartTimeNanos === null
      ? { kind: "all" }
      : { kind: "time", nanos: optStartTimeNanos };
  }

  opened({ deliveredSequence }: OriginConsumer): number {
    return Math.max(this.#positions.of(this.#indexName), deliveredSequence);
  }

  store(message: PassingMessage, delivery: SourceDelivery, subject: string): ApiError | null {
    const draft = this.#draft;
    fillFromOrigin(draft, message, subject);
    const place = sourceHeader(
      this.#indexName,
      delivery.streamSequence,
      readableText(message.shownSubject),
    );
    // What the origin itself had from others counts no more.
    const block = draft.headers.has(natsHeader.streamSource)
      ? withoutHeader(draft.headerBlock, sourceHeaderName)
      : draft.headerBlock;
    draft.setHeaders(withHeader(block, sourceHeaderName, place));
    const refusal = this.#core.storeFromOrigin(draft);
    if (refusal === null) {
      this.#positions.moved(this.#indexName, delivery.streamSequence);
    }
    return refusal;
  }
}

/** The first part of an index name is what every form of the header begins with. */
function nameInHeaders(indexName: string): string {
  return indexName.slice(0, indexName.indexOf(" "));
}

/** Sources of the same stream need names of their own, the only one of a stream has one that stays. */
function consumerName(
  core: StreamCore,
  config: StreamSourceConfig,
  indexName: string,
  all: readonly StreamSourceConfig[],
  hashOf: HashOf,
): string {
  const isOnly = all.filter(({ name }) => name === config.name).length === 1;
  const id = followerId(core);
  return `JS_SRC_${hashOf(isOnly ? id : `${id} ${indexName}`)}`;
}
