// The message on its way: where its parts lie, and the control line that every receiver's frame is made of.
//
//   frame:   | MSG subject␣ | sid | ␣[reply␣][header␣]size CRLF | payload CRLF |
//              prefix               middle

import { Slot } from "../connection/slot";
import { copyBytes, writeDecimal } from "../memory/copy";
import { COMPOSE_BYTES, composeBase } from "../memory/layout";
import { Account } from "../subject/account";

@unmanaged
export class Message {
  /** The slot it came from, or null. */
  origin: Slot | null;
  account: Account;
  subject: usize;
  subjectLength: usize;
  reply: usize;
  replyLength: usize;
  /** Header block and body in one stretch, CRLF behind it. */
  payload: usize;
  payloadLength: u32;
  headerLength: u32;
  prefix: usize;
  prefixLength: usize;
  middle: usize;
  /** Without the payload. */
  middleLength: usize;
  /** The payload lies right behind the middle. */
  isContiguous: u32;
  hasStripped: u32;
  strippedPrefixLength: usize;
  strippedMiddleLength: usize;
  nowMillis: f64;
  /** The sizes as the client wrote them, or length 0: they are written anew. */
  sizeText: usize;
  sizeTextLength: usize;
  headerText: usize;
  headerTextLength: usize;
  /** It came through a service import: no stream import may carry it on. */
  skipsShadows: u32;
  /** The first receiver that was too full. */
  stalledBy: u32;
  /** What receivers are shown as the subject; length 0 is the one that is matched. */
  shown: usize;
  shownLength: usize;
  /** Nobody will use its subject again. */
  isOnce: u32;
}

/** The one message that is being delivered. */
export const message: Message = changetype<Message>(memory.data(168));

const composedPrefix: usize = composeBase;
const composedMiddle: usize = composeBase + COMPOSE_BYTES;
const strippedPrefix: usize = composeBase + 2 * COMPOSE_BYTES;
const strippedMiddle: usize = composeBase + 2 * COMPOSE_BYTES + COMPOSE_BYTES / 2;
/** Where the prefix for a shown subject is put together. */
export const shownPrefix: usize = composeBase + 3 * COMPOSE_BYTES;

// "MSG " and "HMSG" as little-endian words.
export const MSG_WORD: u32 = 0x2047534d;
const HMSG_WORD: u32 = 0x47534d48;

/** Writes the verb and the blank behind it. */
export function writeVerb(target: usize, isHeader: bool): usize {
  if (isHeader) {
    store<u32>(target, HMSG_WORD);
    store<u8>(target + 4, 32);
    return 5;
  }
  store<u32>(target, MSG_WORD);
  return 4;
}

function writePrefix(target: usize, isHeader: bool): usize {
  const isShown = message.shownLength > 0;
  const subject = isShown ? message.shown : message.subject;
  const length = isShown ? message.shownLength : message.subjectLength;
  const verb = writeVerb(target, isHeader);
  copyBytes(target + verb, subject, length);
  store<u8>(target + verb + length, 32);
  return verb + length + 1;
}

/** A number as its text stands somewhere, or anew where it has none. */
function writeSize(target: usize, text: usize, length: usize, value: u32): usize {
  if (length == 0) {
    return writeDecimal(target, value);
  }
  copyBytes(target, text, length);
  return length;
}

function writeMiddle(target: usize, headerLength: u32, size: u32, isWhole: bool): usize {
  let place = target;
  store<u8>(place++, 32);
  if (message.replyLength > 0) {
    copyBytes(place, message.reply, message.replyLength);
    place += message.replyLength;
    store<u8>(place++, 32);
  }
  if (headerLength > 0) {
    place += writeSize(place, message.headerText, message.headerTextLength, headerLength);
    store<u8>(place++, 32);
  }
  place += writeSize(place, message.sizeText, isWhole ? message.sizeTextLength : 0, size);
  store<u16>(place, 0x0a0d);
  return place + 2 - target;
}

/** Puts prefix and middle together from the parts. */
export function compose(): void {
  message.prefix = composedPrefix;
  message.prefixLength = writePrefix(composedPrefix, message.headerLength > 0);
  message.middle = composedMiddle;
  message.middleLength = writeMiddle(
    composedMiddle,
    message.headerLength,
    message.payloadLength,
    true,
  );
  message.isContiguous = 0;
}

/** The same for receivers that know no headers: their frame has the body only. */
export function composeStripped(): void {
  message.hasStripped = 1;
  message.strippedPrefixLength = writePrefix(strippedPrefix, false);
  message.strippedMiddleLength = writeMiddle(
    strippedMiddle,
    0,
    message.payloadLength - message.headerLength,
    false,
  );
}

export function strippedPrefixStart(): usize {
  return strippedPrefix;
}

export function strippedMiddleStart(): usize {
  return strippedMiddle;
}
