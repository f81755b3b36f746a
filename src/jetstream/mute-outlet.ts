// The outlet of an account that does not exist: nobody listens, nothing is heard.

import type { Outlet } from "./outlet.ts";

const nothing: Disposable = { [Symbol.dispose]: (): void => undefined };

export class MuteOutlet implements Outlet {
  readonly account = "";

  publish(): number {
    return 0;
  }

  deliver(): number {
    return 0;
  }

  subscribe(): Disposable {
    return nothing;
  }

  request(
    _subject: string,
    _body: Uint8Array | string,
    _timeoutMillis: number,
    onReply: Parameters<Outlet["request"]>[3],
  ): Disposable {
    onReply(null);
    return nothing;
  }

  hasInterest(): boolean {
    return false;
  }

  hasListener(): boolean {
    return false;
  }

  mustWait(): boolean {
    return false;
  }
}
