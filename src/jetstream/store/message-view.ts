// One stored message as a reader sees it, where it lies. One view serves many reads: whoever holds on to it after the
// next read sees another message.

import { byteTextAt } from "../../base/byte-text.ts";

const nanosPerMicro = 1000n;
const noBytes: Uint8Array = new Uint8Array(0);

export class MessageView {
  /** 0 is none was read. */
  sequence = 0;
  /** Microseconds since 1970, whole; what is finer stands in restNanos (0 to 999). */
  timeMicros = 0;
  restNanos = 0;
  bytes: Uint8Array = noBytes;
  subjectStart = 0;
  subjectLength = 0;
  /** The whole header block; length 0 is none. */
  headerStart = 0;
  headerLength = 0;
  bodyStart = 0;
  bodyLength = 0;
  /** When the message expires by its own wish; 0 is never. */
  expiresMicros = 0;

  /** Byte text, as the fabric takes it. */
  get subject(): string {
    return byteTextAt(this.bytes, this.subjectStart, this.subjectLength);
  }

  /** Valid until the next read. */
  get headers(): Uint8Array {
    return this.bytes.subarray(this.headerStart, this.headerStart + this.headerLength);
  }

  /** Valid until the next read. */
  get body(): Uint8Array {
    return this.bytes.subarray(this.bodyStart, this.bodyStart + this.bodyLength);
  }

  get timeNanos(): bigint {
    return BigInt(this.timeMicros) * nanosPerMicro + BigInt(this.restNanos);
  }
}
