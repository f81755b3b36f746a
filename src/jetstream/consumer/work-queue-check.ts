// Rules between the consumers of a work queue: each message has one consumer that takes it. It knows configurations
// only.

import { collide } from "../../subjects/overlap.ts";
import { type ApiError, apiErrors } from "../api-error.ts";
import type { ConsumerConfig } from "./consumer-config.ts";
import { filtersOf } from "./consumer-config-check.ts";

export interface NamedConfig {
  readonly name: string;
  readonly config: ConsumerConfig;
}

/** A new consumer on a work queue that has `others`. `mayOverlap`: it was accepted once, its filters are not judged. */
export function checkNewOnWorkQueue(
  config: ConsumerConfig,
  others: Iterable<NamedConfig>,
  mayOverlap = false,
): ApiError | null {
  if (config.direct || config.sourcing) {
    return null;
  }
  if (config.ackPolicy !== "explicit" && config.ackPolicy !== "flow_control") {
    return apiErrors.consumerWqRequiresExplicitAck;
  }
  if (config.deliverPolicy !== "all") {
    return apiErrors.consumerWqConsumerNotDeliverAll;
  }
  const rivals = [...others].filter((other) => countsOnWorkQueue(other.config));
  if (rivals.length === 0) {
    return null;
  }
  if (filtersOf(config).length === 0) {
    return apiErrors.consumerWqMultipleUnfiltered;
  }
  return mayOverlap ? null : checkUnique("", config, rivals);
}

/** The same of one that is there, and gets another configuration. */
export function checkChangedOnWorkQueue(
  name: string,
  config: ConsumerConfig,
  others: Iterable<NamedConfig>,
): ApiError | null {
  return checkUnique(name, config, others);
}

function checkUnique(
  name: string,
  config: ConsumerConfig,
  others: Iterable<NamedConfig>,
): ApiError | null {
  const filters = filtersOf(config);
  for (const other of others) {
    if (other.name === name || !countsOnWorkQueue(other.config)) {
      continue;
    }
    const theirs = filtersOf(other.config);
    const isShared = filters.some(
      (mine) => theirs.length === 0 || theirs.some((their) => collide(mine, their)),
    );
    if (isShared) {
      return apiErrors.consumerWqConsumerNotUnique;
    }
  }
  return null;
}

function countsOnWorkQueue(config: ConsumerConfig): boolean {
  return !config.direct && !config.sourcing;
}
