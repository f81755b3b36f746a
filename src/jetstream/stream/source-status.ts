// How far a mirror or a source has come, as reports want it.

import type { ApiError } from "../api-error.ts";
import type { StreamSourceConfig, SubjectTransformConfig } from "./source-config.ts";

export interface OriginStatus {
  readonly name: string;
  readonly external: StreamSourceConfig["external"];
  readonly lag: number;
  /** Since something was heard of it; null is never. */
  readonly activeNanos: bigint | null;
  readonly error: ApiError | null;
  readonly filterSubject: string;
  readonly subjectTransforms: readonly SubjectTransformConfig[];
}
