// Messages that come from inside the server, or go on to another account, and what the interest graph tells of itself.

import { Slot, slotAt } from "../connection/slot";
import { cursor, op } from "../protocol/op";
import { Account } from "../subject/account";
import { insertCount, removeCount } from "../subject/interest";
import { hitCount, matchCount } from "../subject/match";
import { cachedSubjects } from "../subject/subject-table";
import { maxFanoutSeen, averageFanout as meanFanout } from "./deliver";
import { rowAt } from "./handoff";
import { compose, message } from "./message";
import {
  beginInside,
  publishMapped as passMapped,
  publishTraced as passTraced,
  route,
  sendNoResponders as writeStatus,
} from "./publish";

// The message's own 503, and a note of the first receiver that is full.
function finish(receivers: u32): u32 {
  const origin = message.origin;
  if (receivers == 0 && origin != null && message.replyLength > 0) {
    writeStatus(origin, message.reply, message.replyLength, message.subject, message.subjectLength);
  }
  if (cursor.insideStall == 0) {
    cursor.insideStall = message.stalledBy;
  }
  return receivers;
}

/** All parts are staged; the payload has CRLF behind it. Gives the number of receivers. */
export function publishInside(
  account: Account,
  origin: u32,
  subject: usize,
  subjectLength: u32,
  reply: usize,
  replyLength: u32,
  payload: usize,
  headerLength: u32,
  payloadLength: u32,
  skipsShadows: u32,
): u32 {
  beginInside(account, origin == 0 ? null : slotAt(origin), cursor.nowMillis);
  message.skipsShadows = skipsShadows;
  message.subject = subject;
  message.subjectLength = subjectLength;
  message.reply = reply;
  message.replyLength = replyLength;
  message.payload = payload;
  message.headerLength = headerLength;
  message.payloadLength = payloadLength;
  compose();
  return finish(route());
}

/**
 * As publishInside, its parts staged one behind the other: the subject to match, the reply, the subject to show (length 0:
 * the same), header block and body. Two bytes behind them are free for the line end.
 */
export function deliverInside(
  account: Account,
  parts: usize,
  subjectLength: u32,
  shownLength: u32,
  replyLength: u32,
  headerLength: u32,
  bodyLength: u32,
  isOnce: u32,
): u32 {
  beginInside(account, null, cursor.nowMillis);
  const reply = parts + subjectLength;
  const shown = reply + replyLength;
  const payload = shown + shownLength;
  message.subject = parts;
  message.subjectLength = subjectLength;
  message.shown = shown;
  message.shownLength = shownLength;
  message.reply = reply;
  message.replyLength = replyLength;
  message.payload = payload;
  message.headerLength = headerLength;
  message.payloadLength = headerLength + bodyLength;
  store<u16>(payload + headerLength + bodyLength, 0x0a0d);
  message.isOnce = isOnce;
  compose();
  const receivers = finish(route());
  message.shownLength = 0;
  message.isOnce = 0;
  return receivers;
}

/**
 * The message of a row again, under another subject and reply, its payload where it lies. What the row was to show is
 * shown again.
 */
export function forward(
  row: u32,
  account: Account,
  origin: u32,
  subject: usize,
  subjectLength: u32,
  reply: usize,
  replyLength: u32,
): u32 {
  const from = rowAt(row);
  beginInside(account, origin == 0 ? null : slotAt(origin), cursor.nowMillis);
  message.skipsShadows = 1;
  message.subject = subject;
  message.subjectLength = subjectLength;
  message.reply = reply;
  message.replyLength = replyLength;
  message.payload = from.header;
  message.headerLength = from.headerLength;
  message.payloadLength = from.headerLength + from.bodyLength;
  message.shown = from.shown;
  message.shownLength = from.shownLength;
  compose();
  const receivers = finish(route());
  message.shownLength = 0;
  return receivers;
}

function takePending(slot: Slot, subject: usize, subjectLength: u32): void {
  beginInside(slot.account, slot, cursor.nowMillis);
  message.subject = subject;
  message.subjectLength = subjectLength;
  message.reply = op.reply;
  message.replyLength = op.replyLength;
  message.payload = op.body;
  message.headerLength = op.headerLength;
  message.payloadLength = op.bodyLength;
}

/** The pending opKind.mapped with its new subject, which is staged. */
export function publishMapped(index: u32, subject: usize, subjectLength: u32): i32 {
  const slot = slotAt(index);
  takePending(slot, subject, subjectLength);
  return passMapped(slot);
}

/** The pending opKind.traced with its subject and, unless `payload` is 0, with another header block staged. */
export function publishTraced(
  index: u32,
  subject: usize,
  subjectLength: u32,
  delivers: u32,
  payload: usize,
  headerLength: u32,
): i32 {
  const slot = slotAt(index);
  takePending(slot, subject, subjectLength);
  if (payload != 0) {
    message.payload = payload;
    message.headerLength = headerLength;
    message.payloadLength = op.bodyLength - op.headerLength + headerLength;
  }
  return passTraced(slot, delivers != 0);
}

export function sendNoResponders(
  index: u32,
  reply: usize,
  replyLength: u32,
  subject: usize,
  subjectLength: u32,
): void {
  writeStatus(slotAt(index), reply, replyLength, subject, subjectLength);
}

/** The first receiver too full for messages from inside since this was asked last, or 0. */
export function takeStall(): u32 {
  const index = cursor.insideStall;
  cursor.insideStall = 0;
  return index;
}

export function insertedCount(): f64 {
  return <f64>insertCount();
}

export function removedCount(): f64 {
  return <f64>removeCount();
}

export function matchedCount(): f64 {
  return <f64>matchCount();
}

export function cacheHits(): f64 {
  return <f64>hitCount();
}

export function cachedSubjectCount(): u32 {
  return cachedSubjects();
}

export function largestFanout(): u32 {
  return maxFanoutSeen();
}

export function averageFanout(): f64 {
  return meanFanout();
}
