// What a stream takes from elsewhere, as its configuration says: nothing, a mirror's origin, or sources. Made when it is
// first needed; a stream that takes nothing costs nothing.

import type { StateJournal } from "../store/state-journal.ts";
import { Mirror } from "./mirror.ts";
import type { HashOf } from "./source-header.ts";
import type { OriginStatus } from "./source-status.ts";
import { Sources } from "./sources.ts";
import type { StreamConfig } from "./stream-config.ts";
import type { FeatureLife, OriginReport, StreamCore } from "./stream-features.ts";

export interface OriginSurroundings {
  readonly hashOf: HashOf;
  /** Where the positions in sources are kept. Opened once a stream. */
  openOrigins(core: StreamCore): StateJournal;
}

export class Origins implements FeatureLife, OriginReport {
  readonly #core: StreamCore;
  readonly #around: OriginSurroundings;
  #mirror: Mirror | null = null;
  #sources: Sources | null = null;
  #isStarted = false;

  constructor(core: StreamCore, around: OriginSurroundings) {
    this.#core = core;
    this.#around = around;
  }

  mirrorStatus(): OriginStatus | null {
    return this.#mirror?.status() ?? null;
  }

  sourceStatus(): readonly OriginStatus[] {
    return this.#sources?.status() ?? [];
  }

  start(): void {
    this.#isStarted = true;
    const { config } = this.#core;
    this.#make(config);
    this.#mirror?.start();
    this.#sources?.start();
  }

  stop(): void {
    this.#isStarted = false;
    this.#mirror?.stop();
    this.#sources?.stop();
  }

  configured(former: StreamConfig, current: StreamConfig): void {
    if (!this.#isStarted) {
      return;
    }
    this.#mirror?.configured(former, current);
    this.#sources?.configured(former, current);
    if (current.mirror === null) {
      this.#mirror = null;
    }
    const hadSources = this.#sources !== null;
    const hadMirror = this.#mirror !== null;
    this.#make(current);
    if (!hadMirror) {
      this.#mirror?.start();
    }
    if (!hadSources) {
      this.#sources?.start();
    }
  }

  async close(): Promise<void> {
    await this.#sources?.close();
  }

  #make(config: StreamConfig): void {
    if (config.mirror !== null) {
      this.#mirror ??= new Mirror(this.#core, config.mirror, this.#around.hashOf);
    }
    if (config.sources.length > 0) {
      this.#sources ??= new Sources(
        this.#core,
        this.#around.hashOf,
        this.#around.openOrigins(this.#core),
      );
    }
  }
}
