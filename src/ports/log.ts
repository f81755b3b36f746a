// A leveled log. Whoever logs gives the finished line; nothing secret may be in it.

export interface Log {
  /** Whether debug lines are wanted; ask before building a costly one. */
  readonly isDebug: boolean;
  readonly isTrace: boolean;
  notice(text: string): void;
  warn(text: string): void;
  error(text: string): void;
  fatal(text: string): void;
  debug(text: string): void;
  trace(text: string): void;
}
