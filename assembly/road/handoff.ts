// Rows for receivers that are not connections: who, and where the parts of the message lie.

import { ROW_BYTES, ROW_CAPACITY, rowsBase } from "../memory/layout";
import { Subscription } from "../subject/subscription";
import { message } from "./message";

/** A handoff row, fourteen words. */
@unmanaged
export class Row {
  receiver: u32;
  subscription: u32;
  origin: u32;
  account: u32;
  subject: u32;
  subjectLength: u32;
  reply: u32;
  replyLength: u32;
  header: u32;
  headerLength: u32;
  body: u32;
  bodyLength: u32;
  /** The subject that receivers are shown; length 0 is the one that was matched. */
  shown: u32;
  shownLength: u32;
}

if (offsetof<Row>() != ROW_BYTES) {
  ERROR("a row is 56 bytes");
}

let rows: u32 = 0;

export function rowCount(): u32 {
  return rows;
}

export function rowAt(index: u32): Row {
  return changetype<Row>(rowsBase + <usize>index * ROW_BYTES);
}

export function forgetRows(): void {
  rows = 0;
}

/** False when the table is full: its capacity is far above what one turn can make. */
export function addRow(subscription: Subscription): bool {
  if (rows == ROW_CAPACITY) {
    return false;
  }
  const row = rowAt(rows++);
  const origin = message.origin;
  row.receiver = subscription.sid;
  row.subscription = <u32>changetype<usize>(subscription);
  row.origin = origin == null ? 0 : origin.index;
  row.account = message.account.index;
  row.subject = <u32>message.subject;
  row.subjectLength = <u32>message.subjectLength;
  row.reply = <u32>message.reply;
  row.replyLength = <u32>message.replyLength;
  row.header = <u32>message.payload;
  row.headerLength = message.headerLength;
  row.body = <u32>(message.payload + message.headerLength);
  row.bodyLength = message.payloadLength - message.headerLength;
  row.shown = <u32>message.shown;
  row.shownLength = <u32>message.shownLength;
  return true;
}
