// The client grammar: one op after the other, each acted on in place or left as an op for TypeScript. A verb is judged
// byte by byte as it arrives, as the protocol's state machine does.

import { wantsFlush } from "../connection/outbox";
import {
  FLAG_AWAITS_PONG,
  FLAG_CONNECTED,
  FLAG_DECIDES_SUBSCRIPTIONS,
  FLAG_PEDANTIC,
  FLAG_REPORTS_FIRST_PING,
  FLAG_VERBOSE,
  Slot,
} from "../connection/slot";
import { ROW_INGEST_LIMIT } from "../memory/layout";
import { fastPublish, NOT_TAKEN } from "../road/fast-publish";
import { rowCount } from "../road/handoff";
import { writeControl, writeOk } from "../road/publish";
import { removeSubscription, subscribe } from "../subject/interest";
import { findSid } from "../subject/subscription";
import { isValidPattern } from "../subject/trie";
import {
  cursor,
  ERROR_ARGUMENTS,
  ERROR_CONTROL_LINE,
  ERROR_MEMORY,
  ERROR_UNKNOWN_OPERATION,
  OP_CONNECT,
  OP_EARLY,
  OP_FIRST_PING,
  OP_IGNORED,
  OP_INVALID_SUBJECT,
  OP_PONG,
  OP_SUBSCRIBE,
  OP_TOO_MANY_SUBSCRIPTIONS,
  OUTCOME_FLUSH,
  OUTCOME_NEXT,
  OUTCOME_OP,
  OUTCOME_ROWS,
  OUTCOME_UNFINISHED,
  op,
  setError,
  setOp,
} from "./op";
import { parsePublish } from "./parse-publish";
import { CR, isBlank, lineStop, readNumber, skipBlanks } from "./scan";

const MATCHES: i32 = 0;
const DIFFERS: i32 = 1;
const CUT_SHORT: i32 = 2;

// Whether the bytes spell a verb, given as lower-case letters in a word, first letter lowest; '+' and '-' included.
function spells(start: usize, end: usize, verb: u64, length: usize): i32 {
  for (let index: usize = 0; index < length; index++) {
    if (start + index >= end) {
      return CUT_SHORT;
    }
    const wanted = <u8>(verb >> <u64>(index << 3));
    const byte = load<u8>(start + index);
    const isSame = byte == wanted || (wanted >= 97 && (byte | 32) == wanted);
    if (!isSame) {
      return DIFFERS;
    }
  }
  return MATCHES;
}

// Lower-case verbs as words, first letter lowest.
const PUB: u64 = 0x627570;
const HPUB: u64 = 0x62757068;
const PING: u64 = 0x676e6970;
const PONG: u64 = 0x676e6f70;
const SUB: u64 = 0x627573;
const UNSUB: u64 = 0x6275736e75;
const CONNECT: u64 = 0x7463656e6e6f63;
const INFO: u64 = 0x6f666e69;
const OK: u64 = 0x6b6f2b;
const ERR: u64 = 0x7272652d;
// "PUB " in upper case as four bytes.
const PUB_WORD: u32 = 0x20425550;

function unknown(start: usize, end: usize): i32 {
  return setError(ERROR_UNKNOWN_OPERATION, start, end);
}

function unfinished(slot: Slot, start: usize, end: usize): i32 {
  const stop = end > start && load<u8>(end - 1) == CR ? end - 1 : end;
  if (stop > start && stop - start > <usize>slot.maxControlLine) {
    return setError(ERROR_CONTROL_LINE, start, end);
  }
  return OUTCOME_UNFINISHED;
}

/** Where the arguments of the op at hand lie. */
@unmanaged
class Line {
  start: usize;
  stop: usize;
  count: u32;
  first: usize;
  firstStop: usize;
  second: usize;
  secondStop: usize;
  third: usize;
  thirdStop: usize;
}

const line: Line = changetype<Line>(memory.data(40));

// Finds the line from `start` on, and moves the cursor behind it. NEXT when it is whole and within its limit.
function takeLine(slot: Slot, start: usize, end: usize): i32 {
  const lineEnd = lineStop(start, end);
  if (lineEnd >= end) {
    return unfinished(slot, start, end);
  }
  const stop = lineEnd > start && load<u8>(lineEnd - 1) == CR ? lineEnd - 1 : lineEnd;
  line.start = start;
  line.stop = stop;
  if (stop - start > <usize>slot.maxControlLine) {
    return setError(ERROR_CONTROL_LINE, start, end);
  }
  cursor.position = lineEnd + 1;
  return OUTCOME_NEXT;
}

function isArgumentByte(byte: u8): bool {
  return !isBlank(byte) && byte != CR;
}

// Splits the line into at most four arguments; the fourth is only counted.
function splitLine(): void {
  line.count = 0;
  let place = line.start;
  while (true) {
    while (place < line.stop && !isArgumentByte(load<u8>(place))) {
      place++;
    }
    if (place >= line.stop || line.count == 4) {
      return;
    }
    const start = place;
    while (place < line.stop && isArgumentByte(load<u8>(place))) {
      place++;
    }
    line.count++;
    if (line.count == 1) {
      line.first = start;
      line.firstStop = place;
    } else if (line.count == 2) {
      line.second = start;
      line.secondStop = place;
    } else if (line.count == 3) {
      line.third = start;
      line.thirdStop = place;
    }
  }
}

// Of the blanks before the first argument, which may be any number, one is kept.
function onlyBlanks(start: usize, end: usize): i32 {
  cursor.end = min(start + 1, end);
  return OUTCOME_UNFINISHED;
}

// A verb that needs a blank behind it: NEXT when it is there, with line.start at the first argument.
function afterVerb(start: usize, end: usize): i32 {
  if (start >= end) {
    return OUTCOME_UNFINISHED;
  }
  if (!isBlank(load<u8>(start))) {
    return unknown(start, end);
  }
  const first = skipBlanks(start, end);
  if (first >= end) {
    return onlyBlanks(start, end);
  }
  line.start = first;
  return OUTCOME_NEXT;
}

function parsePublishVerb(slot: Slot, start: usize, end: usize, isHeader: bool): i32 {
  const length: usize = isHeader ? 4 : 3;
  const spelt = spells(start, end, isHeader ? HPUB : PUB, length);
  if (spelt != MATCHES) {
    return spelt == DIFFERS ? unknown(start, end) : OUTCOME_UNFINISHED;
  }
  const after = afterVerb(start + length, end);
  return after == OUTCOME_NEXT ? parsePublish(slot, start, line.start, end, isHeader) : after;
}

const pongText: usize = memory.data<u8>([80, 79, 78, 71, 13, 10]);

// Skips whatever stands behind a verb up to the end of its line. Of an unfinished one only the verb is kept.
function skipLine(start: usize, end: usize, verbLength: usize): i32 {
  const lineEnd = lineStop(start + verbLength, end);
  if (lineEnd >= end) {
    cursor.end = start + verbLength;
    return OUTCOME_UNFINISHED;
  }
  cursor.position = lineEnd + 1;
  return OUTCOME_NEXT;
}

function parsePing(slot: Slot, start: usize, end: usize): i32 {
  const taken = skipLine(start, end, 4);
  if (taken != OUTCOME_NEXT) {
    return taken;
  }
  if (rowCount() > 0) {
    cursor.position = start;
    return OUTCOME_ROWS;
  }
  if (slot.flags & FLAG_REPORTS_FIRST_PING) {
    slot.flags &= ~FLAG_REPORTS_FIRST_PING;
    cursor.position = start;
    setOp(OP_FIRST_PING);
    return OUTCOME_OP;
  }
  writeControl(slot, pongText, 6);
  return OUTCOME_NEXT;
}

function parsePong(slot: Slot, start: usize, end: usize): i32 {
  const taken = skipLine(start, end, 4);
  if (taken != OUTCOME_NEXT || !(slot.flags & FLAG_AWAITS_PONG)) {
    return taken;
  }
  slot.flags &= ~FLAG_AWAITS_PONG;
  setOp(OP_PONG);
  return OUTCOME_OP;
}

// PUB, PING or PONG.
function parseP(slot: Slot, start: usize, end: usize): i32 {
  if (start + 1 >= end) {
    return OUTCOME_UNFINISHED;
  }
  const second = load<u8>(start, 1) | 32;
  if (second == 117) {
    return parsePublishVerb(slot, start, end, false);
  }
  const isPing = second == 105;
  const spelt = spells(start, end, isPing ? PING : PONG, 4);
  if (spelt != MATCHES) {
    return spelt == DIFFERS ? unknown(start, end) : OUTCOME_UNFINISHED;
  }
  return isPing ? parsePing(slot, start, end) : parsePong(slot, start, end);
}

function setSubscribeOp(kind: u32): i32 {
  const hasQueue = line.count == 3;
  setOp(kind);
  op.subject = <u32>line.first;
  op.subjectLength = <u32>(line.firstStop - line.first);
  if (hasQueue) {
    op.queue = <u32>line.second;
    op.queueLength = <u32>(line.secondStop - line.second);
    op.sid = <u32>line.third;
    op.sidLength = <u32>(line.thirdStop - line.third);
  } else {
    op.sid = <u32>line.second;
    op.sidLength = <u32>(line.secondStop - line.second);
  }
  return OUTCOME_OP;
}

// The queue group that is kept for the server.
function isReservedQueue(): bool {
  return (
    line.count == 3 &&
    line.secondStop - line.second == 5 &&
    load<u32>(line.second) == 0x7379735f &&
    load<u8>(line.second, 4) == 95
  );
}

function parseSub(slot: Slot, start: usize, end: usize): i32 {
  const spelt = spells(start, end, SUB, 3);
  if (spelt != MATCHES) {
    return spelt == DIFFERS ? unknown(start, end) : OUTCOME_UNFINISHED;
  }
  const after = afterVerb(start + 3, end);
  if (after != OUTCOME_NEXT) {
    return after;
  }
  const taken = takeLine(slot, line.start, end);
  if (taken != OUTCOME_NEXT) {
    return taken;
  }
  splitLine();
  if (line.count != 2 && line.count != 3) {
    return setError(ERROR_ARGUMENTS, line.start, line.stop);
  }
  if (slot.flags & FLAG_DECIDES_SUBSCRIPTIONS || isReservedQueue()) {
    return setSubscribeOp(OP_SUBSCRIBE);
  }
  return addSubscription(slot);
}

function addSubscription(slot: Slot): i32 {
  if (slot.maxSubscriptions != 0 && slot.subscriptions >= slot.maxSubscriptions) {
    return setSubscribeOp(OP_TOO_MANY_SUBSCRIPTIONS);
  }
  const hasQueue = line.count == 3;
  const sid = hasQueue ? line.third : line.second;
  const sidLength = (hasQueue ? line.thirdStop : line.secondStop) - sid;
  if (findSid(slot, sid, <u32>sidLength) == null) {
    const subjectLength = line.firstStop - line.first;
    if (!isValidPattern(line.first, subjectLength)) {
      return setSubscribeOp(OP_INVALID_SUBJECT);
    }
    const queueLength = hasQueue ? line.secondStop - line.second : 0;
    const made = subscribe(
      slot,
      slot.account,
      line.first,
      subjectLength,
      line.second,
      queueLength,
      sid,
      <u32>sidLength,
      0,
    );
    if (made == null) {
      return setError(ERROR_MEMORY, line.start, line.stop);
    }
  }
  writeOk(slot);
  return OUTCOME_NEXT;
}

function parseUnsub(slot: Slot, start: usize, end: usize): i32 {
  const spelt = spells(start, end, UNSUB, 5);
  if (spelt != MATCHES) {
    return spelt == DIFFERS ? unknown(start, end) : OUTCOME_UNFINISHED;
  }
  const after = afterVerb(start + 5, end);
  if (after != OUTCOME_NEXT) {
    return after;
  }
  const taken = takeLine(slot, line.start, end);
  if (taken != OUTCOME_NEXT) {
    return taken;
  }
  splitLine();
  if (line.count != 1 && line.count != 2) {
    return setError(ERROR_ARGUMENTS, line.start, line.stop);
  }
  const subscription = findSid(slot, line.first, <u32>(line.firstStop - line.first));
  if (subscription != null) {
    const max = line.count == 2 ? readNumber(line.second, line.secondStop) : -1;
    if (max > <i64>subscription.delivered) {
      subscription.max = <u32>min<i64>(max, 0xffffffff);
    } else {
      removeSubscription(subscription);
    }
  }
  writeOk(slot);
  return OUTCOME_NEXT;
}

// CONNECT and INFO take everything behind their blanks, even none of those, up to the end of the line.
function parseText(slot: Slot, start: usize, end: usize, verb: u64, length: usize, kind: u32): i32 {
  const spelt = spells(start, end, verb, length);
  if (spelt != MATCHES) {
    return spelt == DIFFERS ? unknown(start, end) : OUTCOME_UNFINISHED;
  }
  const first = skipBlanks(start + length, end);
  if (first >= end) {
    return onlyBlanks(start + length, end);
  }
  const taken = takeLine(slot, first, end);
  if (taken != OUTCOME_NEXT) {
    return taken;
  }
  setOp(kind);
  op.body = <u32>line.start;
  op.bodyLength = <u32>(line.stop - line.start);
  return OUTCOME_OP;
}

function parsePlusOk(start: usize, end: usize): i32 {
  const spelt = spells(start, end, OK, 3);
  if (spelt != MATCHES) {
    return spelt == DIFFERS ? unknown(start, end) : OUTCOME_UNFINISHED;
  }
  const taken = skipLine(start, end, 3);
  if (taken == OUTCOME_NEXT) {
    setOp(OP_IGNORED);
    op.body = <u32>(start + 3);
    return OUTCOME_OP;
  }
  return taken;
}

function parseErr(slot: Slot, start: usize, end: usize): i32 {
  const spelt = spells(start, end, ERR, 4);
  if (spelt == MATCHES && start + 4 < end && !isBlank(load<u8>(start + 4))) {
    return unknown(start, end);
  }
  return parseText(slot, start, end, ERR, 4, OP_IGNORED);
}

function parseOther(slot: Slot, start: usize, end: usize): i32 {
  switch (load<u8>(start) | 32) {
    case 104:
      return parsePublishVerb(slot, start, end, true);
    case 115:
      return parseSub(slot, start, end);
    case 117:
      return parseUnsub(slot, start, end);
    case 99:
      return parseText(slot, start, end, CONNECT, 7, OP_CONNECT);
    case 105:
      return parseText(slot, start, end, INFO, 4, OP_IGNORED);
    default:
      break;
  }
  const first = load<u8>(start);
  if (first == 43) {
    return parsePlusOk(start, end);
  }
  return first == 45 ? parseErr(slot, start, end) : unknown(start, end);
}

/** The op at `start`; the cursor stands behind it when it was taken. */
export function parseOp(slot: Slot, start: usize, end: usize): i32 {
  if (!(slot.flags & FLAG_CONNECTED) && (load<u8>(start) | 32) != 99) {
    setOp(OP_EARLY);
    return OUTCOME_OP;
  }
  if (start + 8 <= end && load<u32>(start) == PUB_WORD && !isBlank(load<u8>(start, 4))) {
    return parsePublish(slot, start, start + 4, end, false);
  }
  if ((load<u8>(start) | 32) == 112) {
    return parseP(slot, start, end);
  }
  return parseOther(slot, start, end);
}

/** Whether a plain PUB of this slot may take the fast way: nothing but TypeScript changes that, between two calls. */
function isPlain(slot: Slot): bool {
  const asked = FLAG_CONNECTED | FLAG_VERBOSE | FLAG_PEDANTIC;
  return (slot.flags & asked) == FLAG_CONNECTED && slot.account.mapped == 0;
}

/** Ops from the cursor on, until something must come between. */
export function parseOps(slot: Slot): i32 {
  const plain = isPlain(slot);
  while (cursor.position < cursor.end) {
    let outcome = NOT_TAKEN;
    if (plain && load<u32>(cursor.position) == PUB_WORD) {
      outcome = fastPublish(slot, cursor.position, cursor.end);
    }
    if (outcome == NOT_TAKEN) {
      outcome = parseOp(slot, cursor.position, cursor.end);
    }
    if (outcome != OUTCOME_NEXT) {
      return outcome;
    }
    if (wantsFlush()) {
      return OUTCOME_FLUSH;
    }
    if (rowCount() >= ROW_INGEST_LIMIT) {
      return OUTCOME_ROWS;
    }
  }
  return OUTCOME_NEXT;
}
