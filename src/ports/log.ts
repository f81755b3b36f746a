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

/** How a log looks and where it goes. */
export interface LogSettings {
  readonly isDebug: boolean;
  readonly isTrace: boolean;
  readonly logTime: boolean;
  readonly logTimeUtc: boolean;
  /** Null is stderr. */
  readonly file: string | null;
  /** Bytes after which the file is set aside and a new one begun; 0 is never. */
  readonly sizeLimit: number;
  /** How many files are kept, the current one included; 0 is all. */
  readonly maxFiles: number;
}

/** A log whose settings may change while the server runs. */
export interface AdjustableLog extends Log {
  /** Throws DiskError when the file cannot be opened; the old settings stay then. */
  configure(settings: LogSettings): void;
  /** Opens the file anew, after somebody moved it. False when there is no file. */
  reopen(): boolean;
}
