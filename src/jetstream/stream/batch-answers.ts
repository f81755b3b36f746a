// What publishers of batches are told, as JSON: the acknowledgement of a whole batch, and the flow of a fast one.

import { utf8Bytes } from "../../base/bytes.ts";
import { goJson } from "../../base/go-json.ts";
import type { ApiError } from "../api-error.ts";

export interface BatchAck {
  readonly stream: string;
  /** "" is none. */
  readonly domain: string;
  readonly sequence: number;
  readonly batchId: string;
  readonly count: number;
  readonly isDuplicate: boolean;
}

export function batchAck(ack: BatchAck): Uint8Array {
  const domain = ack.domain === "" ? "" : `"domain":${goJson(ack.domain)},`;
  const duplicate = ack.isDuplicate ? `"duplicate": true,` : "";
  return utf8Bytes(
    `{"stream":${goJson(ack.stream)},${domain}"seq":${ack.sequence},${duplicate}"batch":${goJson(ack.batchId)},"count":${ack.count}}`,
  );
}

/** All up to `sequence` are stored (with gaps allowed: those that came); the next word comes after `messages` more. */
export function flowAck(sequence: number, messages: number): Uint8Array {
  return utf8Bytes(`{"type":"ack","seq":${sequence},"msgs":${messages}}`);
}

/** Messages from `expected` up to, without, `current` never came. */
export function flowGap(expected: number, current: number): Uint8Array {
  return utf8Bytes(`{"type":"gap","last_seq":${expected},"seq":${current}}`);
}

export function flowError(sequence: number, error: ApiError): Uint8Array {
  const { code, errCode, description } = error;
  const text = goJson({ code, err_code: errCode, description });
  return utf8Bytes(`{"type":"err","seq":${sequence},"error":${text}}`);
}
