// Requests to back a stream up and to restore it.

import { apiErrors } from "../api-error.ts";
import type { ApiCall } from "./api-call.ts";

const reason = "backups are not served by this build";

/** `STREAM.SNAPSHOT.<stream>` */
export function snapshotStream(call: ApiCall): void {
  call.refuse(apiErrors.streamSnapshot(reason));
}

/** `STREAM.RESTORE.<stream>` */
export function restoreStream(call: ApiCall): void {
  call.refuse(apiErrors.streamRestore(reason));
}
