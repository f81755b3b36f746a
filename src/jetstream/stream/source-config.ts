// Where a mirror or a source takes its messages from, and how subjects are rewritten on the way.

export interface SubjectTransformConfig {
  readonly src: string;
  readonly dest: string;
}

export interface StreamSourceConfig {
  readonly name: string;
  /** 0 is not given. */
  readonly optStartSequence: bigint;
  /** Nanoseconds since 1970; null is not given. */
  readonly optStartTimeNanos: bigint | null;
  readonly filterSubject: string;
  readonly subjectTransforms: readonly SubjectTransformConfig[];
  readonly external: { readonly api: string; readonly deliver: string } | null;
  /** An existing durable consumer that feeds it (ADR-60); null makes its own. */
  readonly consumer: { readonly name: string; readonly deliverSubject: string } | null;
}
