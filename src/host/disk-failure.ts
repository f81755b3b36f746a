// What the system says when a file operation fails, as the error that the rest of the server knows.

import { DiskError } from "../base/server-error.ts";

/** The system's words for a failure, as other servers print them. */
const words: Readonly<Record<string, string>> = {
  ENOENT: "no such file or directory",
  EACCES: "permission denied",
  EPERM: "operation not permitted",
  EEXIST: "file exists",
  EISDIR: "is a directory",
  ENOTDIR: "not a directory",
  ENOSPC: "no space left on device",
  EDQUOT: "disk quota exceeded",
  EFBIG: "file too large",
  EIO: "input/output error",
  EROFS: "read-only file system",
  EMFILE: "too many open files",
  ENOTEMPTY: "directory not empty",
  EWOULDBLOCK: "held by another process",
};

export function attempt<T>(action: string, path: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    throw failureOf(action, path, cause);
  }
}

export function failureOf(action: string, path: string, cause: unknown): DiskError {
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "EIO";
  return diskFailure(action, path, code, cause);
}

export function diskFailure(
  action: string,
  path: string,
  code: string,
  cause?: unknown,
): DiskError {
  return new DiskError(code, `${action} ${path}: ${words[code] ?? code}`, cause);
}
