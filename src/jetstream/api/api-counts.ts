// How many API requests were answered, and how. Pages and answers read it.

export class ApiCounts {
  /** Answered, refusals included. */
  total = 0;
  /** Refused. */
  errors = 0;
  /** Taken and not yet answered. */
  inflight = 0;
}
