// Measures requests that cross accounts and publishes what came of them in the exporting account. It does not decide
// when a request ended.

import type { Account } from "../accounts/account.ts";
import { byteTextOf } from "../base/byte-text.ts";
import type { LatencyOptions } from "../config/options.ts";
import type { Clock } from "../ports/clock.ts";
import type { Random } from "../ports/random.ts";
import { type Fabric, noSlot, type SlotIndex } from "../wasm/fabric.ts";
import {
  type ClientInfo,
  clientInfo,
  type Disclosure,
  type Requester,
  type Requesters,
  type ServerNames,
} from "./request-info.ts";
import type { Router } from "./router.ts";
import {
  type LatencyStatus,
  latencyMetric,
  latencyStatus,
  sampled,
  type TriggerHeaders,
} from "./service-latency.ts";

const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const idLength = 22;
const noBytes: Uint8Array = new Uint8Array(0);
const encoder: TextEncoder = new TextEncoder();
/** Whoever answers is known to the account that offers the service. */
const responderDisclosure: Disclosure = { isDetailed: true, namesServer: true, service: "" };

/** One measured request. */
export interface Measurement {
  readonly exporter: Account;
  readonly latency: LatencyOptions;
  readonly origin: SlotIndex;
  /** Null when it came from inside the server. */
  readonly requester: Requester | null;
  readonly disclosure: Disclosure;
  readonly trigger: TriggerHeaders;
  readonly requestedAtNanos: bigint;
}

export interface LatencySurroundings {
  readonly fabric: Fabric;
  readonly router: Router;
  readonly clock: Clock;
  readonly random: Random;
  readonly requesters: Requesters;
  readonly names: ServerNames;
  readonly wantFlush: () => void;
}

export class LatencyReporter {
  readonly #around: LatencySurroundings;

  constructor(around: LatencySurroundings) {
    this.#around = around;
  }

  /** Null when this request is not to be measured. `headers` gives the request's header block. */
  measure(
    exporter: Account,
    latency: LatencyOptions,
    origin: SlotIndex,
    disclosure: Disclosure,
    headers: () => Uint8Array,
  ): Measurement | null {
    const { random, requesters, clock } = this.#around;
    const trigger = sampled(latency, random, headers);
    if (trigger === null) {
      return null;
    }
    const requester = requesters.requesterOf(origin);
    if (requester?.rttNanos === 0) {
      requesters.wantRtt(origin);
    }
    const requestedAtNanos = clock.wallNanos();
    return { exporter, latency, origin, requester, disclosure, trigger, requestedAtNanos };
  }

  answered(measurement: Measurement, responder: SlotIndex): void {
    const { requesters, names, clock } = this.#around;
    const found = requesters.requesterOf(responder);
    const info = found === null ? null : clientInfo(found, responderDisclosure, names);
    this.#publish(measurement, latencyStatus.answered, info, clock.wallNanos());
  }

  /** It ended without an answer. */
  failed(measurement: Measurement, status: LatencyStatus): void {
    this.#publish(measurement, status, null, null);
  }

  #publish(
    measurement: Measurement,
    status: LatencyStatus,
    responder: ClientInfo | null,
    answeredAtNanos: bigint | null,
  ): void {
    const { fabric, router, clock, wantFlush } = this.#around;
    const { exporter, latency } = measurement;
    if (!exporter.isOpen) {
      return;
    }
    const metric = latencyMetric(this.#nextId(), clock.wallNanos(), status, {
      requestedAtNanos: measurement.requestedAtNanos,
      requestor: this.#requestorOf(measurement),
      trigger: measurement.trigger,
      responder,
      answeredAtNanos,
    });
    fabric.publish({
      account: exporter.index,
      origin: noSlot,
      subject: byteTextOf(latency.subject),
      reply: "",
      headers: noBytes,
      body: encoder.encode(metric),
    });
    wantFlush();
    router.route();
  }

  /** Its round trip time may have become known since. */
  #requestorOf({ requester, origin, disclosure }: Measurement): ClientInfo | null {
    if (requester === null) {
      return null;
    }
    const now = this.#around.requesters.requesterOf(origin);
    const known = now !== null && now.cid === requester.cid ? now : requester;
    return clientInfo(known, disclosure, this.#around.names);
  }

  #nextId(): string {
    let id = "";
    for (let i = 0; i < idLength; i++) {
      id += digits.charAt(this.#around.random.below(digits.length));
    }
    return id;
  }
}
