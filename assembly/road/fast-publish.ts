// The publish that nearly all publishes are: upper-case PUB, single blanks, no mapping, allowed by the lists, a whole
// payload. It is read and routed in one piece; whatever is not exactly that goes the general way, which decides alike.

import { Slot } from "../connection/slot";
import { cursor, OUTCOME_NEXT, tellStall } from "../protocol/op";
import { CR } from "../protocol/scan";
import { findMatch } from "../subject/match";
import { listsAllow } from "../subject/permission";
import { deliver } from "./deliver";
import { MSG_WORD, message } from "./message";
import { isReservedReply, sendNoResponders } from "./publish";

/** Not that publish: nothing was done. */
export const NOT_TAKEN: i32 = -3;

const BLANK: u8 = 32;
const DOLLAR: u8 = 36;
const UNDERSCORE: u8 = 95;
const INBOX: u32 = 0x424e495f; // _INB
const CRLF: u16 = 0x0a0d;
/** Sizes of up to seven digits, which is more than a window holds. */
const DIGITS_MAX: usize = 7;

/** The first byte at or below a blank; there is one within the slack behind the window at the latest. */
function blankAt(start: usize, end: usize): usize {
  let place = start;
  while (place < end) {
    const mask = i8x16.bitmask(i8x16.le_u(v128.load(place), i8x16.splat(32)));
    if (mask != 0) {
      return place + <usize>ctz(mask);
    }
    place += 16;
  }
  return end;
}

/** Size in the low word, the end of its digits in the high one. */
function sizeAt(start: usize): u64 {
  let stop = start;
  let size: u32 = 0;
  let digit = load<u8>(stop) - 48;
  while (digit <= 9) {
    size = size * 10 + digit;
    digit = load<u8>(++stop) - 48;
  }
  return ((<u64>stop) << 32) | size;
}

/** The message as it lies: the verb is overwritten, everything else stays where the client wrote it. */
function fillMessage(slot: Slot, start: usize, subjectStop: usize, payload: usize): void {
  store<u32>(start, MSG_WORD);
  message.origin = slot;
  message.account = slot.account;
  message.payload = payload;
  message.headerLength = 0;
  message.hasStripped = 0;
  message.skipsShadows = 0;
  message.stalledBy = 0;
  message.nowMillis = cursor.nowMillis;
  message.prefix = start;
  message.prefixLength = subjectStop + 1 - start;
  message.middle = subjectStop;
  message.middleLength = payload - subjectStop;
  message.isContiguous = 1;
}

export function fastPublish(slot: Slot, start: usize, end: usize): i32 {
  const subject = start + 4;
  const first = load<u8>(subject);
  if (first == DOLLAR || (first == UNDERSCORE && load<u32>(subject) != INBOX)) {
    return NOT_TAKEN;
  }
  const subjectStop = blankAt(subject, end);
  if (load<u8>(subjectStop) != BLANK || subjectStop == subject) {
    return NOT_TAKEN;
  }
  let number = subjectStop + 1;
  let reply: usize = 0;
  let replyLength: usize = 0;
  let read = sizeAt(number);
  if (load<u8>(<usize>(read >> 32)) != CR) {
    reply = number;
    const replyStop = blankAt(reply, end);
    replyLength = replyStop - reply;
    if (load<u8>(replyStop) != BLANK || replyLength == 0 || isReservedReply(reply, replyLength)) {
      return NOT_TAKEN;
    }
    number = replyStop + 1;
    read = sizeAt(number);
  }
  const stop = <usize>(read >> 32);
  const size = <u32>read;
  const payload = stop + 2;
  const payloadEnd = payload + <usize>size;
  if (
    stop == number ||
    stop - number > DIGITS_MAX ||
    load<u16>(stop) != CRLF ||
    stop - subject > <usize>slot.maxControlLine ||
    size > slot.maxPayload ||
    payloadEnd + 2 > end ||
    load<u16>(payloadEnd) != CRLF
  ) {
    return NOT_TAKEN;
  }
  const subjectLength = subjectStop - subject;
  const permissions = slot.permissions;
  if (permissions != null && !listsAllow(permissions, subject, subjectLength)) {
    return NOT_TAKEN;
  }
  cursor.position = payloadEnd + 2;
  countIn(slot, size);
  const match = findMatch(slot.account, subject, subjectLength, false);
  if (match != 0) {
    fillMessage(slot, start, subjectStop, payload);
    message.subject = subject;
    message.subjectLength = subjectLength;
    message.reply = reply;
    message.replyLength = replyLength;
    message.payloadLength = size;
    if (deliver(match) != 0) {
      return afterDelivery();
    }
  }
  if (replyLength > 0) {
    sendNoResponders(slot, reply, replyLength, subject, subjectLength);
  }
  return OUTCOME_NEXT;
}

function countIn(slot: Slot, size: u64): void {
  const account = slot.account;
  slot.inMessages++;
  slot.inBytes += size;
  account.inMessages++;
  account.inBytes += size;
}

function afterDelivery(): i32 {
  if (message.stalledBy == 0) {
    return OUTCOME_NEXT;
  }
  cursor.stalledBy = message.stalledBy;
  return tellStall();
}
