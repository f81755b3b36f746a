// What JetStream announces in an account: each advisory with its type, a new id and the time, and only when somebody
// listens. What happened its senders know.

import { goJson } from "../base/go-json.ts";
import { goTime } from "../base/go-time.ts";
import type { Clock } from "../ports/clock.ts";
import type { Outlet } from "./outlet.ts";

const prefix = "$JS.EVENT.ADVISORY";
const typePrefix = "io.nats.jetstream.advisory.v1";

export type AssetAction = "create" | "delete" | "modify";

const streamSubjects: Readonly<Record<AssetAction, string>> = {
  create: `${prefix}.STREAM.CREATED`,
  delete: `${prefix}.STREAM.DELETED`,
  modify: `${prefix}.STREAM.UPDATED`,
};

export interface AdvisoryParts {
  readonly outlet: Outlet;
  readonly clock: Clock;
  /** "" is none. */
  readonly domain: string;
  readonly newId: () => string;
}

export class Advisories {
  readonly #parts: AdvisoryParts;

  constructor(parts: AdvisoryParts) {
    this.#parts = parts;
  }

  /** `event` is what stands between the time and the domain. */
  send(subject: string, type: string, event: Readonly<Record<string, unknown>>): void {
    const { outlet, clock, newId } = this.#parts;
    if (outlet.hasInterest(subject)) {
      const head = { type, id: newId(), timestamp: goTime(clock.wallNanos()) };
      outlet.publish(subject, goJson({ ...head, ...event }));
    }
  }

  stream(name: string, action: AssetAction): void {
    this.send(`${streamSubjects[action]}.${name}`, `${typePrefix}.stream_action`, {
      stream: name,
      action,
      domain: this.#domain,
    });
  }

  batchAbandoned(stream: string, batch: string, reason: string): void {
    this.send(
      `${prefix}.STREAM.BATCH_ABANDONED.${stream}`,
      `${typePrefix}.stream_batch_abandoned`,
      {
        stream,
        domain: this.#domain,
        batch,
        reason,
      },
    );
  }

  /** In the system account. */
  outOfStorage(server: string, serverId: string, stream: string): void {
    this.send(`${prefix}.SERVER.OUT_OF_STORAGE`, `${typePrefix}.server_out_of_space`, {
      server,
      server_id: serverId,
      stream: stream === "" ? undefined : stream,
      cluster: "",
      domain: this.#domain,
    });
  }

  get #domain(): string | undefined {
    return this.#parts.domain === "" ? undefined : this.#parts.domain;
  }
}
