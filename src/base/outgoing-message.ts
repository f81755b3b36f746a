// A message that leaves from inside the server, as ranges of bytes lying anywhere. Mutable and reused by its writer;
// who takes it copies all of it at once.

const none: Uint8Array = new Uint8Array(0);

export class OutgoingMessage {
  /** The subject that is matched. */
  toBytes: Uint8Array = none;
  toStart = 0;
  toLength = 0;
  /** The subject that receivers are shown; length 0 is the one that is matched. */
  subjectBytes: Uint8Array = none;
  subjectStart = 0;
  subjectLength = 0;
  /** Length 0 is none. */
  replyBytes: Uint8Array = none;
  replyStart = 0;
  replyLength = 0;
  /** A whole header block; length 0 is none. */
  headerBytes: Uint8Array = none;
  headerStart = 0;
  headerLength = 0;
  bodyBytes: Uint8Array = none;
  bodyStart = 0;
  bodyLength = 0;
  /** The matched subject will not be used again: the inbox of one request. Only speed depends on it. */
  isOnce = false;
}
