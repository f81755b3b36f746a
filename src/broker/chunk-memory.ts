// Memory of chunks that were taken in. Left to the collector, every chunk of a busy socket would need fresh pages.

/** Smaller ones cost less to leave than to give back. */
const giveBackBytes = 16 * 1024;

/** The fabric has its own copy: the chunk's memory is free from now on, and the chunk is empty. */
export function giveBack(chunk: Uint8Array): void {
  const { buffer } = chunk;
  const isWhole = buffer instanceof ArrayBuffer && buffer.byteLength === chunk.length;
  if (isWhole && chunk.length >= giveBackBytes) {
    buffer.transfer(0);
  }
}
