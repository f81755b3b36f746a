// Compression by Bun.

import type { Compression } from "../ports/compression.ts";

export class BunCompression implements Compression {
  gzip(bytes: Uint8Array): Uint8Array {
    return Bun.gzipSync(new Uint8Array(bytes));
  }
}
