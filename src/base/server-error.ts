// The root of thrown errors: the world failed, and one place per room decides what that means.

export class ServerError extends Error {
  readonly code: string;
  constructor(code: string, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = new.target.name;
    this.code = code;
  }
}

/** A socket or listener failed; code is the system's (EADDRINUSE, ...). */
export class NetworkError extends ServerError {}

/** A file operation failed; code is the system's (ENOENT, ...). */
export class DiskError extends ServerError {}
