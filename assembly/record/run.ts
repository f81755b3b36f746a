// Runs of records, one behind the other. Of a record only two things are known here: it begins with its whole length
// (u32), and ends with its checksum (u64): that of all before it, exclusive-or the salt of its log.

import { beginSum, finishSum, Sum } from "./checksum";

/** No record is shorter: its length and its checksum. */
const SHORTEST: u32 = 12;
const CHECKSUM_BYTES: u32 = 8;

function sumOf(sum: Sum, start: usize, length: u32, salt: u64): u64 {
  beginSum(sum);
  return finishSum(sum, start, length - CHECKSUM_BYTES) ^ salt;
}

/** The run holds whole records only. */
export function sealRun(sum: Sum, start: usize, length: u32, salt: u64): void {
  const end = start + length;
  let record = start;
  while (record < end) {
    const recordLength = load<u32>(record);
    assert(recordLength >= SHORTEST && recordLength <= <u32>(end - record));
    store<u64>(record + recordLength - CHECKSUM_BYTES, sumOf(sum, record, recordLength, salt));
    record += recordLength;
  }
}

/** Any bytes. Gives how many of them are whole records with a right checksum, before the first that is not. */
export function checkRun(sum: Sum, start: usize, length: u32, salt: u64): u32 {
  const end = start + length;
  let record = start;
  while (record + SHORTEST <= end) {
    const recordLength = load<u32>(record);
    if (recordLength < SHORTEST || recordLength > <u32>(end - record)) {
      break;
    }
    const written = load<u64>(record + recordLength - CHECKSUM_BYTES);
    if (written != sumOf(sum, record, recordLength, salt)) {
      break;
    }
    record += recordLength;
  }
  return <u32>(record - start);
}
