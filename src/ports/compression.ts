// Compressing whole byte sequences.

export interface Compression {
  gzip(bytes: Uint8Array): Uint8Array;
}
