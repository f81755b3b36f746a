// The `server` part of everything this server says in the system account, and the envelope of its replies. It does not
// know what it carries.

import { omitEmpty, sortedMap } from "../base/go-json.ts";
import { goTime } from "../base/go-time.ts";
import type { Clock } from "../ports/clock.ts";
import type { SystemView } from "./system-view.ts";

/** What servers of the reference tell each other with JetStream on. */
const jetStreamFlags = 7;

export interface ServerStamp {
  readonly name: string;
  readonly host: string;
  readonly id: string;
  readonly cluster: string | undefined;
  readonly domain: string | undefined;
  readonly ver: string;
  readonly tags: readonly string[] | undefined;
  readonly metadata: Readonly<Record<string, string>> | undefined;
  readonly feature_flags: Readonly<Record<string, boolean>> | undefined;
  readonly jetstream: boolean;
  readonly flags: number;
  readonly seq: number;
  readonly time: string;
}

export interface ReplyError {
  readonly code: number;
  readonly description?: string;
}

/** Stamps are numbered: whoever hears all of a server's messages can tell when one is missing. */
export class Stamps {
  readonly #view: Pick<SystemView, "identity" | "jetStreamFigures">;
  readonly #clock: Clock;
  #sequence = 0;

  constructor(view: Pick<SystemView, "identity" | "jetStreamFigures">, clock: Clock) {
    this.#view = view;
    this.#clock = clock;
  }

  next(): ServerStamp {
    const identity = this.#view.identity();
    const hasJetStream = this.#view.jetStreamFigures() !== null;
    this.#sequence += 1;
    return {
      name: identity.name,
      host: identity.host,
      id: identity.id,
      cluster: omitEmpty(identity.cluster),
      domain: omitEmpty(identity.domain),
      ver: identity.version,
      tags: omitEmpty(identity.tags),
      metadata: omitEmpty(sortedMap(identity.metadata)),
      feature_flags: omitEmpty(sortedMap(identity.featureFlags)),
      jetstream: hasJetStream,
      flags: hasJetStream ? jetStreamFlags : 0,
      seq: this.#sequence,
      time: goTime(this.#clock.wallNanos()),
    };
  }
}
