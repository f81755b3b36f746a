// The road of one message: the gates in order, the match, every receiver, and the 503 when there was none.

import { append, hasRoom, noteAppended } from "../connection/outbox";
import {
  FLAG_HEADERS,
  FLAG_NO_RESPONDERS,
  FLAG_SYSTEM,
  FLAG_VERBOSE,
  Slot,
} from "../connection/slot";
import { writeDecimal } from "../memory/copy";
import {
  cursor,
  OP_MAPPED,
  OP_PUBLISH_DENIED,
  OP_REPLY_DENIED,
  OP_TRACED,
  OUTCOME_NEXT,
  OUTCOME_OP,
  op,
  setOp,
} from "../protocol/op";
import { Account } from "../subject/account";
import { findListeners, findMatch, matchItems, releaseMatch } from "../subject/match";
import { contains, mayPublish, PatternSet } from "../subject/permission";
import { Match } from "../subject/subject-table";
import { SUB_SHADOW, Subscription, sidBytes } from "../subject/subscription";
import { deliver } from "./deliver";
import { compose, message, shownPrefix } from "./message";

// Little-endian words of reserved beginnings.
const R_REPLY: u32 = 0x2e5f525f; // _R_.
const GATEWAY_REPLY: u32 = 0x5f52475f; // _GR_
const OLD_GATEWAY_REPLY: u32 = 0x2e524724; // $GR.
const RAFT: u32 = 0x47524e24; // $NRG
const JS_ACK: u64 = 0x2e4b43412e534a24; // $JS.ACK.
const DOT: u8 = 46;

const okText: usize = memory.data<u8>([43, 79, 75, 13, 10]);

/** Appends a short control text, even above the limit: the slot is listed as overfull then. */
export function writeControl(slot: Slot, text: usize, length: usize): void {
  const isWritten = append(slot, text, length);
  noteAppended(slot, isWritten ? length : 0);
}

export function writeOk(slot: Slot): void {
  if (slot.flags & FLAG_VERBOSE) {
    writeControl(slot, okText, 5);
  }
}

function isGatewaySubject(start: usize, length: usize): bool {
  if (length > 5 && load<u32>(start) == GATEWAY_REPLY && load<u8>(start, 4) == DOT) {
    return true;
  }
  return length > 4 && load<u32>(start) == OLD_GATEWAY_REPLY;
}

export function isReservedReply(start: usize, length: usize): bool {
  const first = load<u8>(start);
  if (first == 95) {
    return (
      (length > 3 && load<u32>(start) == R_REPLY) ||
      (length > 5 && load<u32>(start) == GATEWAY_REPLY && load<u8>(start, 4) == DOT)
    );
  }
  return (
    first == 36 &&
    ((length > 8 && load<u64>(start) == JS_ACK) ||
      (length > 4 && load<u32>(start) == OLD_GATEWAY_REPLY))
  );
}

/** The gates behind the mapping: 0 passes, else the kind of op that tells of the refusal. */
function refusal(slot: Slot): u32 {
  const subject = message.subject;
  const length = message.subjectLength;
  const first = load<u8>(subject);
  const isOdd = first == 36 || first == 95;
  if (isOdd && isGatewaySubject(subject, length)) {
    return OP_PUBLISH_DENIED;
  }
  const permissions = slot.permissions;
  if (permissions != null && !mayPublish(slot, permissions, subject, length, message.nowMillis)) {
    return OP_PUBLISH_DENIED;
  }
  if (
    isOdd &&
    !(slot.flags & FLAG_SYSTEM) &&
    length > 4 &&
    load<u32>(subject) == RAFT &&
    load<u8>(subject, 4) == DOT
  ) {
    return OP_PUBLISH_DENIED;
  }
  if (message.replyLength > 0 && isReservedReply(message.reply, message.replyLength)) {
    return OP_REPLY_DENIED;
  }
  return 0;
}

function setPublishOp(kind: u32): i32 {
  setOp(kind);
  op.subject = <u32>message.subject;
  op.subjectLength = <u32>message.subjectLength;
  op.reply = <u32>message.reply;
  op.replyLength = <u32>message.replyLength;
  op.headerLength = message.headerLength;
  op.header = <u32>message.payload;
  op.body = <u32>message.payload;
  op.bodyLength = message.payloadLength;
  return OUTCOME_OP;
}

/** Leaves the message to TypeScript before anything is done with it. */
export function handUpTraced(): i32 {
  return setPublishOp(OP_TRACED);
}

// "$JS.ACK." as a little-endian word. An acknowledgement names its message: nobody uses its subject again.
const ACK_WORD: u64 = 0x2e4b_4341_2e53_4a24;

/** Everybody who wants `message` gets it; gives how many. */
export function route(): u32 {
  const subject = message.subject;
  const isAck = message.subjectLength > 8 && load<u64>(subject) == ACK_WORD;
  const isOnce = isAck || message.isOnce != 0;
  const match = findMatch(message.account, subject, message.subjectLength, isOnce);
  return match == 0 ? 0 : deliver(match);
}

function countIn(slot: Slot): void {
  const account = slot.account;
  const size: u64 = message.payloadLength;
  slot.inMessages++;
  slot.inBytes += size;
  account.inMessages++;
  account.inBytes += size;
}

/** A publish of a connection, its parts in `message`: takes it down the road, or leaves an op. */
export function publish(slot: Slot): i32 {
  const account = slot.account;
  countIn(slot);
  if (account.mapped != 0) {
    const mapped = changetype<PatternSet>(<usize>account.mapped);
    if (contains(mapped, message.subject, message.subjectLength)) {
      return setPublishOp(OP_MAPPED);
    }
  }
  const refused = refusal(slot);
  if (refused != 0) {
    return setPublishOp(refused);
  }
  passOn(slot);
  return OUTCOME_NEXT;
}

function passOn(slot: Slot): u32 {
  writeOk(slot);
  const receivers = route();
  if (receivers == 0 && message.replyLength > 0) {
    sendNoResponders(
      slot,
      message.reply,
      message.replyLength,
      message.subject,
      message.subjectLength,
    );
  }
  if (message.stalledBy != 0 && cursor.slot == slot) {
    cursor.stalledBy = message.stalledBy;
  }
  return receivers;
}

/** The pending mapped publish, its subject replaced and composed: the receivers, -1 or -2 when refused. */
export function publishMapped(slot: Slot): i32 {
  compose();
  const refused = refusal(slot);
  if (refused != 0) {
    return refused == OP_PUBLISH_DENIED ? -1 : -2;
  }
  return <i32>passOn(slot);
}

/** The pending traced publish, as publishMapped; only judged and answered when it is not to be delivered. */
export function publishTraced(slot: Slot, delivers: bool): i32 {
  countIn(slot);
  if (delivers) {
    return publishMapped(slot);
  }
  const refused = refusal(slot);
  if (refused != 0) {
    return refused == OP_PUBLISH_DENIED ? -1 : -2;
  }
  writeOk(slot);
  return 0;
}

// The slot's own plain subscription that listens on a reply.
function listenerOf(slot: Slot, record: usize): Subscription | null {
  const match = changetype<Match>(record);
  const items = matchItems(match);
  for (let index: u32 = 0; index < match.plain; index++) {
    const subscription = changetype<Subscription>(<usize>load<u32>(items + ((<usize>index) << 2)));
    if (subscription.slot == slot && !(subscription.flags & SUB_SHADOW)) {
      return subscription;
    }
  }
  return null;
}

const statusText: usize = memory.data<u8>([
  78, 65, 84, 83, 47, 49, 46, 48, 32, 53, 48, 51, 13, 10, 78, 97, 116, 115, 45, 83, 117, 98, 106,
  101, 99, 116, 58, 32,
]);
const STATUS_LENGTH: usize = 28;
const END_TEXT_LENGTH: usize = 6;
const endText: usize = memory.data<u8>([13, 10, 13, 10, 13, 10]);

/**
 * HMSG <reply> <sid> <n> <n> CRLF NATS/1.0 503 CRLF Nats-Subject: <subject> CRLF CRLF CRLF (ADR-4), for a slot that
 * asked for it and listens on the reply.
 */
export function sendNoResponders(
  slot: Slot,
  reply: usize,
  replyLength: usize,
  subject: usize,
  subjectLength: usize,
): void {
  const wanted = FLAG_NO_RESPONDERS | FLAG_HEADERS;
  if ((slot.flags & wanted) != wanted) {
    return;
  }
  const record = findListeners(slot.account, reply, replyLength);
  if (record == 0) {
    return;
  }
  const listener = listenerOf(slot, record);
  if (listener != null) {
    writeNoResponders(slot, listener, reply, replyLength, subject, subjectLength);
  }
  releaseMatch(record);
}

function writeNoResponders(
  slot: Slot,
  listener: Subscription,
  reply: usize,
  replyLength: usize,
  subject: usize,
  subjectLength: usize,
): void {
  const size = <u32>(STATUS_LENGTH + subjectLength + 4);
  const sidLength: usize = listener.sidLength;
  let place = shownPrefix;
  store<u32>(place, 0x47534d48);
  store<u8>(place, 32, 4);
  place += 5;
  memory.copy(place, reply, replyLength);
  place += replyLength;
  store<u8>(place++, 32);
  memory.copy(place, sidBytes(listener), sidLength);
  place += sidLength;
  store<u8>(place++, 32);
  place += writeDecimal(place, size);
  store<u8>(place++, 32);
  place += writeDecimal(place, size);
  store<u16>(place, 0x0a0d);
  place += 2;
  memory.copy(place, statusText, STATUS_LENGTH);
  place += STATUS_LENGTH;
  memory.copy(place, subject, subjectLength);
  place += subjectLength;
  memory.copy(place, endText, END_TEXT_LENGTH);
  place += END_TEXT_LENGTH;
  if (hasRoom(slot)) {
    writeControl(slot, shownPrefix, place - shownPrefix);
  }
}

/** Prepares `message` for one that comes from inside; prefix and middle are composed. */
export function beginInside(account: Account, origin: Slot | null, nowMillis: f64): void {
  message.account = account;
  message.origin = origin;
  message.hasStripped = 0;
  message.stalledBy = 0;
  message.sizeTextLength = 0;
  message.headerTextLength = 0;
  message.skipsShadows = 0;
  message.nowMillis = nowMillis;
}
