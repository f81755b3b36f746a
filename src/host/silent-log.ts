// A log that says nothing, for servers inside other programs.

import type { AdjustableLog } from "../ports/log.ts";

export class SilentLog implements AdjustableLog {
  readonly isDebug = false;
  readonly isTrace = false;
  notice(): void {}
  warn(): void {}
  error(): void {}
  fatal(): void {}
  debug(): void {}
  trace(): void {}
  configure(): void {}
  reopen(): boolean {
    return false;
  }
}
