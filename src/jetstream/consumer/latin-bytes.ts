// Byte text as the bytes it stands for.

/** One byte a character. */
export function latinBytes(byteText: string): Uint8Array {
  const bytes = new Uint8Array(byteText.length);
  for (let at = 0; at < byteText.length; at++) {
    bytes[at] = byteText.charCodeAt(at);
  }
  return bytes;
}
