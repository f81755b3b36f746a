// One message to everybody in its match: echo, deny and limits judged for each, the frame written into each outbox.

import { append, hasRoom, noteAppended } from "../connection/outbox";
import { FLAG_ECHO, FLAG_HEADERS, FLAG_STUCK, Slot } from "../connection/slot";
import { copyBytes } from "../memory/copy";
import { COMPOSE_BYTES } from "../memory/layout";
import { noteSpent, primaryOf, removeSpent } from "../subject/interest";
import { clearCollector, collector, matchGroups, matchItems, releaseMatch } from "../subject/match";
import { contains, PatternSet, rememberReply } from "../subject/permission";
import { Extension, writeShown } from "../subject/shadow";
import { Match } from "../subject/subject-table";
import {
  SUB_FILTERS_DENIED,
  SUB_INSIDE,
  SUB_LONG_SID,
  SUB_OWN_DENIALS,
  SUB_SHADOW,
  SUB_SPENT,
  Subscription,
  sidBytes,
} from "../subject/subscription";
import { addRow } from "./handoff";
import {
  composeStripped,
  message,
  shownPrefix,
  strippedMiddleStart,
  strippedPrefixStart,
  writeVerb,
} from "./message";

/** Above this many pending bytes a receiver stalls who publishes to it. */
let stallBytes: u32 = 8 * 1024 * 1024;
let random: u32 = 1;

export function setStallBytes(bytes: u32): void {
  stallBytes = bytes;
}

export function setSeed(seed: u32): void {
  random = seed == 0 ? 1 : seed;
}

function nextRandom(): u32 {
  let state = random;
  state ^= state << 13;
  state ^= state >> 17;
  state ^= state << 5;
  random = state;
  return state;
}

function countDelivery(subscription: Subscription, slot: Slot, payload: u32): void {
  const primary = primaryOf(subscription);
  primary.delivered++;
  if (primary.max != 0 && primary.delivered >= <u64>primary.max) {
    primary.flags |= SUB_SPENT;
    noteSpent(primary);
  }
  slot.outMessages++;
  slot.outBytes += payload;
  const account = slot.account;
  account.outMessages++;
  account.outBytes += payload;
  if (message.replyLength > 0) {
    const permissions = slot.permissions;
    if (permissions != null && permissions.hasResponses != 0) {
      rememberReply(slot, permissions, message.reply, message.replyLength, message.nowMillis);
    }
  }
  if (slot.pending > stallBytes && !(slot.flags & FLAG_STUCK) && message.stalledBy == 0) {
    message.stalledBy = slot.index;
  }
}

function writeFrame(
  subscription: Subscription,
  slot: Slot,
  prefix: usize,
  prefixLength: usize,
  middle: usize,
  middleLength: usize,
  payload: usize,
  payloadLength: usize,
): bool {
  const sidLength: usize = subscription.sidLength;
  const length = prefixLength + sidLength + middleLength + payloadLength + 2;
  if (!hasRoom(slot)) {
    return false;
  }
  const isWritten =
    append(slot, prefix, prefixLength) &&
    append(slot, sidBytes(subscription), sidLength) &&
    append(slot, middle, middleLength) &&
    append(slot, payload, payloadLength + 2);
  noteAppended(slot, isWritten ? length : 0);
  return isWritten;
}

function isDeniedToSlot(slot: Slot, subject: usize, length: usize): bool {
  const permissions = slot.permissions;
  if (permissions == null) {
    return false;
  }
  const deny = permissions.subscribeDeny;
  return deny != null && contains(deny, subject, length);
}

function isDeniedAlone(subscription: Subscription, subject: usize, length: usize): bool {
  const own: usize = primaryOf(subscription).extension;
  const set = changetype<PatternSet>(<usize>changetype<Extension>(own).denied);
  return contains(set, subject, length);
}

function isDenied(subscription: Subscription, slot: Slot, subject: usize, length: usize): bool {
  return (
    ((subscription.flags & SUB_FILTERS_DENIED) != 0 && isDeniedToSlot(slot, subject, length)) ||
    ((subscription.flags & SUB_OWN_DENIALS) != 0 && isDeniedAlone(subscription, subject, length))
  );
}

// What a shadow with a template shows: a prefix of its own.
function deliverShown(subscription: Subscription, slot: Slot, extension: Extension): bool {
  const worst = <u64>extension.showBytes * (<u64>message.subjectLength + 1) + 64;
  if (worst > <u64>COMPOSE_BYTES) {
    return false;
  }
  const isHeader = message.headerLength > 0 && (slot.flags & FLAG_HEADERS) != 0;
  const verb = writeVerb(shownPrefix, isHeader);
  const subject = shownPrefix + verb;
  const length = writeShown(extension, message.subject, message.subjectLength, subject);
  if (isDenied(subscription, slot, subject, length)) {
    return false;
  }
  store<u8>(subject + length, 32);
  return deliverWith(subscription, slot, shownPrefix, verb + length + 1);
}

// With the whole message, or the body only, behind a prefix.
function deliverWith(
  subscription: Subscription,
  slot: Slot,
  prefix: usize,
  prefixLength: usize,
): bool {
  let payload = message.payload;
  let payloadLength = message.payloadLength;
  let middle = message.middle;
  let middleLength = message.middleLength;
  if (message.headerLength > 0 && !(slot.flags & FLAG_HEADERS)) {
    if (!message.hasStripped) {
      composeStripped();
    }
    payload += message.headerLength;
    payloadLength -= message.headerLength;
    middle = strippedMiddleStart();
    middleLength = message.strippedMiddleLength;
  }
  if (
    !writeFrame(
      subscription,
      slot,
      prefix,
      prefixLength,
      middle,
      middleLength,
      payload,
      payloadLength,
    )
  ) {
    return false;
  }
  countDelivery(subscription, slot, payloadLength);
  return true;
}

function deliverSlowly(subscription: Subscription): bool {
  if (primaryOf(subscription).flags & SUB_SPENT) {
    return false;
  }
  const slot = subscription.slot;
  if (slot == null) {
    if (!addRow(subscription)) {
      return false;
    }
    subscription.delivered++;
    return true;
  }
  if (slot == message.origin && !(slot.flags & FLAG_ECHO)) {
    return false;
  }
  if (subscription.flags & SUB_SHADOW) {
    if (message.skipsShadows != 0) {
      return false;
    }
    const extension = changetype<Extension>(<usize>subscription.extension);
    if (extension.show != 0) {
      return deliverShown(subscription, slot, extension);
    }
  }
  if (isDenied(subscription, slot, message.subject, message.subjectLength)) {
    return false;
  }
  if (message.headerLength > 0 && !(slot.flags & FLAG_HEADERS)) {
    if (!message.hasStripped) {
      composeStripped();
    }
    return deliverWith(subscription, slot, strippedPrefixStart(), message.strippedPrefixLength);
  }
  return deliverWith(subscription, slot, message.prefix, message.prefixLength);
}

const SLOW_FLAGS: u8 =
  SUB_INSIDE | SUB_FILTERS_DENIED | SUB_OWN_DENIALS | SUB_LONG_SID | SUB_SPENT | SUB_SHADOW;

// Whether the reply of this message must be noted for the slot.
function remembersReplies(slot: Slot): bool {
  const permissions = slot.permissions;
  return permissions != null && permissions.hasResponses != 0 && message.replyLength > 0;
}

// The common case in one piece: a connection whose open block has room for the whole frame.
function deliverTo(subscription: Subscription): bool {
  const slot = subscription.slot;
  if (slot == null || subscription.flags & SLOW_FLAGS || subscription.max != 0) {
    return deliverSlowly(subscription);
  }
  const sidLength: usize = subscription.sidLength;
  const prefixLength = message.prefixLength;
  const middleLength = message.middleLength;
  const tailLength = middleLength + message.payloadLength + 2;
  const length = prefixLength + sidLength + tailLength;
  const target: usize = slot.writePointer;
  if (
    target + length > <usize>slot.writeEnd ||
    slot == message.origin ||
    remembersReplies(slot) ||
    (message.headerLength > 0 && !(slot.flags & FLAG_HEADERS)) ||
    !hasRoom(slot)
  ) {
    return deliverSlowly(subscription);
  }
  copyBytes(target, message.prefix, prefixLength);
  store<u64>(
    target + prefixLength,
    load<u64>(changetype<usize>(subscription) + offsetof<Subscription>("sid")),
  );
  const middle = target + prefixLength + sidLength;
  if (message.isContiguous) {
    copyBytes(middle, message.middle, tailLength);
  } else {
    copyBytes(middle, message.middle, middleLength);
    copyBytes(middle + middleLength, message.payload, message.payloadLength + 2);
  }
  slot.writePointer = <u32>(target + length);
  noteAppended(slot, length);
  subscription.delivered++;
  const payload: u64 = message.payloadLength;
  slot.outMessages++;
  slot.outBytes += payload;
  const account = slot.account;
  account.outMessages++;
  account.outBytes += payload;
  if (slot.pending > stallBytes && !(slot.flags & FLAG_STUCK) && message.stalledBy == 0) {
    message.stalledBy = slot.index;
  }
  return true;
}

function deliverToGroup(items: usize, start: u32, count: u32): bool {
  let member: u32 = count == 1 ? 0 : nextRandom() % count;
  for (let tried: u32 = 0; tried < count; tried++) {
    const record: usize = load<u32>(items + ((<usize>(start + member)) << 2));
    if (deliverTo(changetype<Subscription>(record))) {
      return true;
    }
    member++;
    if (member == count) {
      member = 0;
    }
  }
  return false;
}

let maxFanout: u32 = 0;
let fanoutSum: u64 = 0;
let fanoutCount: u64 = 0;

export function maxFanoutSeen(): u32 {
  return maxFanout;
}

export function averageFanout(): f64 {
  return fanoutCount == 0 ? 0 : <f64>fanoutSum / <f64>fanoutCount;
}

/** Delivers `message` to a match and releases it; gives how many got it. */
export function deliver(record: usize): u32 {
  const match = changetype<Match>(record);
  const items = matchItems(match);
  const plain = match.plain;
  clearCollector();
  let receivers: u32 = 0;
  for (let index: u32 = 0; index < plain; index++) {
    if (deliverTo(changetype<Subscription>(<usize>load<u32>(items + ((<usize>index) << 2))))) {
      receivers++;
    }
  }
  if (match.groups > 0) {
    const groups = matchGroups(match);
    for (let group: u32 = 0; group < match.groups; group++) {
      const place = groups + ((<usize>group) << 3);
      if (deliverToGroup(items, load<u32>(place), load<u32>(place, 4))) {
        receivers++;
      }
    }
  }
  const fanout = plain + match.groups;
  fanoutSum += fanout;
  fanoutCount++;
  if (fanout > maxFanout) {
    maxFanout = fanout;
  }
  if (collector.count > 0) {
    removeSpent(match);
  }
  releaseMatch(record);
  return receivers;
}
