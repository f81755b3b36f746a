// Top-level keys of the log: what is written, how, and where.

import { booleanOf, integerOf, stringOrNull } from "../expect.ts";
import type { LogOptions } from "../options.ts";
import type { ConfigNode } from "../tree.ts";
import { type KeyReader, type KeyTable, named } from "./draft.ts";

function log(change: (node: ConfigNode) => Partial<LogOptions>): KeyReader {
  return (node, draft) => {
    draft.log = { ...draft.log, ...change(node) };
  };
}

export const loggingKeys: KeyTable = {
  debug: log((node) => ({ isDebug: booleanOf(node) })),
  trace: log((node) => ({ isTrace: booleanOf(node) })),
  // Both of these switch tracing itself too, off as well as on.
  trace_verbose: log((node) => ({ isTraceVerbose: booleanOf(node), isTrace: booleanOf(node) })),
  trace_headers: log((node) => ({ traceHeaders: booleanOf(node), isTrace: booleanOf(node) })),
  logtime: log((node) => ({ logTime: booleanOf(node) })),
  logtime_utc: log((node) => ({ logTimeUtc: booleanOf(node) })),
  max_traced_msg_len: log((node) => ({ maxTracedMessageLength: integerOf(node) })),
  ...named(
    ["logfile", "log_file"],
    log((node) => ({ file: stringOrNull(node) })),
  ),
  ...named(
    ["logfile_size_limit", "log_size_limit"],
    log((node) => ({ sizeLimit: integerOf(node) })),
  ),
  ...named(
    ["logfile_max_num", "log_max_num"],
    log((node) => ({ maxFiles: integerOf(node) })),
  ),
};
