// What the checks of a stream's configuration share: what they may know, and the words in which they refuse.

import { readableText } from "../../base/byte-text.ts";
import { SubjectTransform } from "../../subjects/transform.ts";
import { type ApiError, apiErrors } from "../api-error.ts";
import type { StreamConfig } from "./stream-config.ts";

/** What the check must know of account and server. */
export interface StreamCheckContext {
  readonly isPedantic: boolean;
  /** `jetstream{limits{duplicate_window}}`; 0 is none. */
  readonly duplicateWindowLimitNanos: bigint;
  readonly maxBytesRequired: boolean;
  /** The most that one stream of this storage may ask for; 0 or below is no limit. */
  maxStreamBytes(storage: StreamConfig["storage"]): number;
  /** Of another stream of the account; null is not there. */
  configOf(stream: string): StreamConfig | null;
}

/** A configuration while it is being checked. */
export type OpenConfig = { -readonly [Key in keyof StreamConfig]: StreamConfig[Key] };

export type StreamCheck = (config: OpenConfig, context: StreamCheckContext) => ApiError | null;

const notInNames = /[ \t\r\n\f.*>\\/]/;

export function invalid(text: string): ApiError {
  return apiErrors.streamInvalidConfig(text);
}

/** Of streams and consumers. */
export function isValidAssetName(name: string): boolean {
  return name !== "" && !notInNames.test(name);
}

export function badSubject(subject: string): string {
  return `invalid subject ${readableText(subject)}`;
}

/** Null is none. An empty destination changes nothing. */
export function mappingFault(source: string, destination: string): string | null {
  const parsed = destination === "" ? null : SubjectTransform.parseMapping(source, destination);
  return parsed === null || parsed.ok ? null : parsed.refusal;
}
