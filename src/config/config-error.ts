// The one error of this room: a configuration that cannot be served, said as the operator shall read it.

import { ServerError } from "../base/server-error.ts";

export class ConfigError extends ServerError {
  constructor(message: string, options?: { readonly cause: unknown }) {
    super("CONFIG", message, options?.cause);
  }
}
