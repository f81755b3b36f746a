// Between bytes of the protocol and strings of one character a byte, which is what the fabric takes for subjects. Such
// strings keep every byte, also those that are no UTF-8. It knows nothing of what the text says.

const decoder: TextDecoder = new TextDecoder();
const encoder: TextEncoder = new TextEncoder();
const lastAscii = 0x7f;
const beyondAscii = /[^\0-\x7f]/;

/** The bytes from `start` as byte text. */
export function byteTextAt(bytes: Uint8Array, start: number, length: number): string {
  const end = start + length;
  for (let at = start; at < end; at++) {
    if ((bytes[at] ?? 0) > lastAscii) {
      return String.fromCharCode(...bytes.subarray(start, end));
    }
  }
  return decoder.decode(bytes.subarray(start, end));
}

/** Byte text as people read it; what is no UTF-8 becomes replacement characters. */
export function readableText(byteText: string): string {
  return beyondAscii.test(byteText)
    ? decoder.decode(Uint8Array.from(byteText, (character) => character.charCodeAt(0)))
    : byteText;
}

/** Text as people write it, in configuration, as the byte text of its UTF-8. */
export function byteTextOf(text: string): string {
  return beyondAscii.test(text) ? String.fromCharCode(...encoder.encode(text)) : text;
}
