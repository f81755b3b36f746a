// PUB and HPUB: the common form read in one pass over its bytes, any other form split into arguments. A message in the
// common form keeps its control line as the client wrote it; only the verb is overwritten.

import { FLAG_COMPLAINED, FLAG_HEADERS, FLAG_PEDANTIC, Slot } from "../connection/slot";
import { compose, message, writeVerb } from "../road/message";
import { handUpTraced, publish, writeControl } from "../road/publish";
import { hasNoEmptyToken, hasWildcard } from "../subject/trie";
import {
  cursor,
  ERROR_ARGUMENTS,
  ERROR_CONTROL_LINE,
  ERROR_HEADERS,
  ERROR_NO_HEADERS,
  ERROR_PAYLOAD,
  ERROR_UNKNOWN_OPERATION,
  OUTCOME_NEXT,
  OUTCOME_UNFINISHED,
  op,
  setError,
  tellStall,
} from "./op";
import {
  CR,
  digitsStop,
  isBlank,
  LF,
  lineStop,
  readNumber,
  readShortNumber,
  skipBlanks,
  tokenStop,
} from "./scan";
import { wantsTrace } from "./trace-headers";

const BLANK: u8 = 32;

/**
 * The control line of one publish.
 */
@unmanaged
class Line {
  subject: usize;
  subjectStop: usize;
  reply: usize;
  replyStop: usize;
  /** -1 where the reference finds none. */
  header: i64;
  size: i64;
  /** Behind the LF. */
  payload: usize;
  /** Of the arguments. */
  start: usize;
  stop: usize;
  isCommon: u32;
  sizeText: usize;
  sizeTextStop: usize;
  headerText: usize;
  headerTextStop: usize;
}

const line: Line = changetype<Line>(memory.data(88));

const READ: i32 = 0;
const NOT_COMMON: i32 = 1;
const UNFINISHED: i32 = 2;
const WRONG: i32 = 3;

/** One to nine digits at `start`, with a stop byte behind them inside the bytes: their stop, or 0. */
function shortDigits(start: usize, end: usize): usize {
  const stop = digitsStop(start, end);
  return stop > start && stop - start <= 9 && stop < end ? stop : 0;
}

function endsLine(stop: usize, end: usize): bool {
  return stop + 1 < end && load<u8>(stop) == CR && load<u8>(stop + 1) == LF;
}

// One or two numbers behind `start` and then CRLF; true when that is what stands there.
function readSizes(start: usize, end: usize, isHeader: bool): bool {
  let place = start;
  if (isHeader) {
    const stop = shortDigits(place, end);
    if (stop == 0 || load<u8>(stop) != BLANK) {
      return false;
    }
    line.header = readShortNumber(place, stop);
    line.headerText = place;
    line.headerTextStop = stop;
    place = stop + 1;
  }
  const stop = shortDigits(place, end);
  if (stop == 0 || !endsLine(stop, end)) {
    return false;
  }
  line.size = readShortNumber(place, stop);
  line.sizeText = place;
  line.sizeTextStop = stop;
  line.stop = stop;
  line.payload = stop + 2;
  return true;
}

// subject␣[reply␣][header␣]size CRLF with single blanks.
function readCommon(start: usize, end: usize, isHeader: bool): i32 {
  const subjectStop = tokenStop(start, end);
  if (subjectStop >= end) {
    return NOT_COMMON;
  }
  if (load<u8>(subjectStop) != BLANK || subjectStop == start) {
    return NOT_COMMON;
  }
  line.isCommon = 1;
  line.start = start;
  line.subject = start;
  line.subjectStop = subjectStop;
  line.header = 0;
  const second = subjectStop + 1;
  if (readSizes(second, end, isHeader)) {
    line.reply = 0;
    line.replyStop = 0;
    return READ;
  }
  const replyStop = tokenStop(second, end);
  if (replyStop >= end || replyStop == second || load<u8>(replyStop) != BLANK) {
    return NOT_COMMON;
  }
  line.reply = second;
  line.replyStop = replyStop;
  return readSizes(replyStop + 1, end, isHeader) ? READ : NOT_COMMON;
}

const MORE_THAN_ENOUGH: u32 = 5;
const starts: usize = memory.data(20);
const stops: usize = memory.data(20);

// Any arguments at all, up to LF.
function readAny(start: usize, end: usize, isHeader: bool): i32 {
  const lineEnd = lineStop(start, end);
  line.start = start;
  if (lineEnd >= end) {
    line.stop = end > start && load<u8>(end - 1) == CR ? end - 1 : end;
    return UNFINISHED;
  }
  const stop = lineEnd > start && load<u8>(lineEnd - 1) == CR ? lineEnd - 1 : lineEnd;
  line.stop = stop;
  line.payload = lineEnd + 1;
  line.isCommon = 0;
  let count: u32 = 0;
  let place = skipBlanks(start, stop);
  while (place < stop && count < MORE_THAN_ENOUGH) {
    store<u32>(starts + ((<usize>count) << 2), <u32>place);
    while (place < stop && !isBlank(load<u8>(place))) {
      place++;
    }
    store<u32>(stops + ((<usize>count) << 2), <u32>place);
    count++;
    place = skipBlanks(place, stop);
  }
  const least: u32 = isHeader ? 3 : 2;
  if (count != least && count != least + 1) {
    return WRONG;
  }
  line.subject = load<u32>(starts);
  line.subjectStop = load<u32>(stops);
  const hasReply = count > least;
  line.reply = hasReply ? <usize>load<u32>(starts, 4) : 0;
  line.replyStop = hasReply ? <usize>load<u32>(stops, 4) : 0;
  const last = (<usize>(count - 1)) << 2;
  line.sizeText = load<u32>(starts + last);
  line.sizeTextStop = load<u32>(stops + last);
  line.size = readNumber(line.sizeText, line.sizeTextStop);
  line.header = 0;
  if (isHeader) {
    line.headerText = load<u32>(starts + last - 4);
    line.headerTextStop = load<u32>(stops + last - 4);
    line.header = readNumber(line.headerText, line.headerTextStop);
  }
  return line.size < 0 || line.header < 0 ? WRONG : READ;
}

const pedanticText: usize = memory.data<u8>([
  45, 69, 82, 82, 32, 39, 73, 110, 118, 97, 108, 105, 100, 32, 80, 117, 98, 108, 105, 115, 104, 32,
  83, 117, 98, 106, 101, 99, 116, 39, 13, 10,
]);
const PEDANTIC_LENGTH: usize = 32;

// Moves the parts of the line into the message.
function fill(slot: Slot, start: usize, isHeader: bool): void {
  const subjectLength = line.subjectStop - line.subject;
  const payload = line.payload;
  message.origin = slot;
  message.account = slot.account;
  message.subject = line.subject;
  message.subjectLength = subjectLength;
  message.reply = line.reply;
  message.replyLength = line.replyStop - line.reply;
  message.payload = payload;
  message.payloadLength = <u32>line.size;
  message.headerLength = <u32>line.header;
  message.hasStripped = 0;
  message.skipsShadows = 0;
  message.stalledBy = 0;
  message.nowMillis = cursor.nowMillis;
  const verbLength: usize = isHeader ? 5 : 4;
  if (line.isCommon && line.subject - start == verbLength && line.header > 0 == isHeader) {
    writeVerb(start, isHeader);
    message.prefix = start;
    message.prefixLength = verbLength + subjectLength + 1;
    message.middle = line.subjectStop;
    message.middleLength = payload - line.subjectStop;
    message.isContiguous = 1;
  } else {
    message.sizeText = line.sizeText;
    message.sizeTextLength = line.sizeTextStop - line.sizeText;
    message.headerText = line.headerText;
    message.headerTextLength = isHeader ? line.headerTextStop - line.headerText : 0;
    compose();
  }
}

/** Keeps the op until its payload is here; `need` is its whole length. */
function payloadUnfinished(start: usize, end: usize): i32 {
  cursor.position = start;
  cursor.end = end;
  cursor.need = line.payload + <usize>line.size + 2 - start;
  return OUTCOME_UNFINISHED;
}

/** The op at `start`, its arguments from `args` on. */
export function parsePublish(
  slot: Slot,
  start: usize,
  args: usize,
  end: usize,
  isHeader: bool,
): i32 {
  let result = readCommon(args, end, isHeader);
  if (result == NOT_COMMON) {
    result = readAny(args, end, isHeader);
  }
  if (line.stop - line.start > <usize>slot.maxControlLine) {
    return setError(ERROR_CONTROL_LINE, line.start, end);
  }
  if (result == UNFINISHED) {
    return OUTCOME_UNFINISHED;
  }
  if (isHeader && !(slot.flags & FLAG_HEADERS)) {
    return setError(ERROR_NO_HEADERS, start, end);
  }
  if (result == WRONG) {
    return setError(ERROR_ARGUMENTS, line.start, line.stop);
  }
  if (line.header > line.size) {
    return setError(ERROR_HEADERS, line.start, line.stop);
  }
  if (line.size > <i64>slot.maxPayload) {
    return tooLarge(isHeader, end);
  }
  complain(slot);
  const payloadEnd = line.payload + <usize>line.size;
  if (payloadEnd + 2 > end) {
    if (payloadEnd < end && load<u8>(payloadEnd) != CR) {
      return setError(ERROR_UNKNOWN_OPERATION, payloadEnd, end);
    }
    return payloadUnfinished(start, end);
  }
  if (load<u16>(payloadEnd) != 0x0a0d) {
    return setError(ERROR_UNKNOWN_OPERATION, payloadEnd, end);
  }
  fill(slot, start, isHeader);
  cursor.position = payloadEnd + 2;
  slot.flags &= ~FLAG_COMPLAINED;
  if (isHeader && wantsTrace(slot.account, line.payload, <usize>line.header)) {
    return handUpTraced();
  }
  const outcome = publish(slot);
  return outcome == OUTCOME_NEXT && cursor.stalledBy != 0 ? tellStall() : outcome;
}

// With as much of the header block as is here: who wanted the message traced is told of its end, too.
function tooLarge(isHeader: bool, end: usize): i32 {
  const outcome = setError(ERROR_PAYLOAD, line.start, line.stop);
  if (isHeader) {
    op.subject = <u32>line.subject;
    op.subjectLength = <u32>(line.subjectStop - line.subject);
    op.header = <u32>line.payload;
    op.headerLength = <u32>min(<usize>line.header, end - line.payload);
  }
  return outcome;
}

// Once, as soon as the control line is there, although the line is read again when its payload is whole.
function complain(slot: Slot): void {
  if (
    slot.flags & FLAG_PEDANTIC &&
    !(slot.flags & FLAG_COMPLAINED) &&
    !isLiteral(line.subject, line.subjectStop - line.subject)
  ) {
    slot.flags |= FLAG_COMPLAINED;
    writeControl(slot, pedanticText, PEDANTIC_LENGTH);
  }
}

function isLiteral(start: usize, length: usize): bool {
  return hasNoEmptyToken(start, length) && !hasWildcard(start, length);
}
