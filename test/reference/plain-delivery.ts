// One message to everybody who wants it: matching, queue groups, frames, rows, and the 503 when nobody does.
// It knows no parsing and asks no publish permissions.

import type { SlotIndex } from "../../src/wasm/fabric.ts";
import { type PlainSubscription, primaryOf } from "./plain-interest.ts";
import type { Message, PlainSlot, PlainState } from "./plain-state.ts";
import { captures, fillTemplate, matches } from "./plain-subject.ts";

/** The slots that took the message and now hold more than the stall limit, in the order of delivery. */
export interface Delivery {
  readonly receivers: number;
  readonly full: readonly SlotIndex[];
}

/** Plain subscriptions first, oldest first; then one member of each queue group, oldest group first. */
export function deliver(state: PlainState, message: Message): Delivery {
  const full: SlotIndex[] = [];
  let receivers = 0;
  const groups = new Map<string, PlainSubscription[]>();
  for (const subscription of state.interest.match(message.account, message.subject)) {
    if (subscription.queue !== "") {
      const group = groups.get(subscription.queue) ?? [];
      group.push(subscription);
      groups.set(subscription.queue, group);
    } else if (offer(state, message, subscription, full)) {
      receivers += 1;
    }
  }
  for (const members of groups.values()) {
    const start = state.random.below(members.length);
    const inTurn = [...members.slice(start), ...members.slice(0, start)];
    if (inTurn.some((member) => offer(state, message, member, full))) {
      receivers += 1;
    }
  }
  // The publisher may be gone when rows that it caused are still being routed.
  const publisher = state.slots.get(message.origin);
  if (receivers === 0 && message.reply !== "" && publisher !== undefined) {
    writeNoResponders(state, publisher, message.reply, message.subject);
  }
  return { receivers, full };
}

/** What the receiver sees as the subject. */
function shownSubject(subscription: PlainSubscription, published: string): string {
  if (subscription.show === null) {
    return published;
  }
  return fillTemplate(subscription.show, captures(subscription.subject, published));
}

/** False when this subscription does not take the message. */
function offer(
  state: PlainState,
  message: Message,
  subscription: PlainSubscription,
  full: SlotIndex[],
): boolean {
  // A limit reached by this very message through another shadow of the same subscription.
  if (subscription.isRemoved || (message.skipsShadows === true && subscription.primary !== null)) {
    return false;
  }
  const subject = shownSubject(subscription, message.subject);
  if (subscription.receiver !== null) {
    primaryOf(subscription).delivered += 1;
    state.rows.add({
      ...message,
      subject,
      receiver: subscription.receiver,
      subscription: subscription.ref,
    });
    return true;
  }
  const slot = state.slot(subscription.slot);
  if (slot.index === message.origin && !slot.options.echo) {
    return false;
  }
  const permissions = state.permissionsOf(slot);
  if (subscription.filtersDenied && permissions?.deniesDelivery(subject)) {
    return false;
  }
  if (subscription.alsoDenied.some((pattern) => matches(pattern, subject))) {
    return false;
  }
  if (state.refusesFrames(slot)) {
    return false;
  }
  const seen = subscription.show === null ? (message.shown ?? subject) : subject;
  writeFrame(state, slot, message, seen, subscription.sid);
  rememberReply(state, slot, message.reply);
  if (slot.outbox.pending > state.stallBytes && !slot.isStuck) {
    full.push(slot.index);
  }
  countDelivered(state, primaryOf(subscription));
  return true;
}

function countDelivered(state: PlainState, primary: PlainSubscription): void {
  primary.delivered += 1;
  if (primary.max > 0 && primary.delivered >= primary.max) {
    state.removeSubscription(primary);
  }
}

function writeFrame(
  state: PlainState,
  slot: PlainSlot,
  message: Message,
  subject: string,
  sid: string,
): void {
  const reply = message.reply === "" ? "" : `${message.reply} `;
  const showsHeaders = slot.options.headers && message.headers !== "";
  const payload = showsHeaders ? message.headers + message.body : message.body;
  const verb = showsHeaders ? "HMSG" : "MSG";
  const isCut = payload.length < message.headers.length + message.body.length;
  const sizeText = isCut ? `${payload.length}` : message.sizeText;
  const sizes = showsHeaders ? `${message.headerText} ${sizeText}` : sizeText;
  state.write(slot, `${verb} ${subject} ${sid} ${reply}${sizes}\r\n${payload}\r\n`);
  slot.counters.countOut(payload.length);
  state.account(slot.options.account).counters.countOut(payload.length);
  state.totals.countOut(payload.length);
}

function rememberReply(state: PlainState, slot: PlainSlot, reply: string): void {
  const permissions = state.permissionsOf(slot);
  if (reply !== "" && permissions?.spec.responses && !permissions.listsAllowPublish(reply)) {
    slot.replies.remember(reply, state.now);
  }
}

/** Only to a slot that asked for it and has a plain subscription of its own that the reply matches. */
export function writeNoResponders(
  state: PlainState,
  slot: PlainSlot,
  reply: string,
  subject: string,
): void {
  if (!slot.options.noResponders || !slot.options.headers) {
    return;
  }
  const listener = [...slot.subscriptions.values()].find(
    (subscription) =>
      subscription.queue === "" &&
      subscription.account === slot.options.account &&
      matches(subscription.subject, reply),
  );
  if (listener !== undefined && !state.refusesFrames(slot)) {
    const block = `NATS/1.0 503\r\nNats-Subject: ${subject}\r\n\r\n`;
    const frame = `HMSG ${reply} ${listener.sid} ${block.length} ${block.length}\r\n${block}\r\n`;
    state.write(slot, frame);
  }
}
