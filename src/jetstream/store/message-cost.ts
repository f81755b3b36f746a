// What a message counts in a stream's bytes and limits, as the reference counts it, so that limits and reports mean the
// same. It is not what the message takes here on disk or in memory.

/** Length, sequence, time, length of the subject, and checksum of a record. */
const fileRecordBytes = 30;
const fileHeaderLengthBytes = 4;
/** Sequence and time. */
const memoryRecordBytes = 16;

export type CostKind = "file" | "memory";

/** Lengths in bytes. */
export function messageCost(
  kind: CostKind,
  subjectLength: number,
  headerLength: number,
  bodyLength: number,
): number {
  const content = subjectLength + headerLength + bodyLength;
  if (kind === "memory") {
    return memoryRecordBytes + content;
  }
  return fileRecordBytes + (headerLength > 0 ? fileHeaderLengthBytes : 0) + content;
}
