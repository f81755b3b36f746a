// /debug/vars: the process as Go programs show theirs. Of the memory figures those are shown that have a meaning here.

import { goJson } from "../../base/go-json.ts";
import type { ServerView } from "../server-view.ts";

export interface Expvars {
  readonly memstats: object;
  readonly cmdline: readonly string[];
}

export function expvars(view: ServerView): Expvars {
  const { residentBytes } = view.process();
  return {
    memstats: { Alloc: residentBytes, Sys: residentBytes, HeapAlloc: residentBytes },
    cmdline: [view.software.executableName],
  };
}

/** One variable per line, by name. */
export function expvarText(view: ServerView): string {
  const { cmdline, memstats } = expvars(view);
  return `{\n"cmdline": ${goJson(cmdline)},\n"memstats": ${goJson(memstats)}\n}\n`;
}
