// What the fabric throws when its memory or its slots are used up.

import { ServerError } from "../base/server-error.ts";

/** More connections, or more bytes, than the fabric's memory has room for. */
export class FabricFull extends ServerError {}
