// Instantiates the fabric module it is given, and the types of what it offers. Addresses are unsigned 32-bit numbers;
// what comes back signed is made unsigned here and nowhere else.

import { AssertionError } from "../base/assert.ts";
import { FabricFull } from "./fabric-full.ts";

/** What assembly/fabric.ts exports. Handles and addresses are numbers; booleans are 0 and 1. */
export interface FabricExports {
  readonly memory: WebAssembly.Memory;
  begin(seed: number): void;
  opAddress(): number;
  rowsAddress(): number;
  openAccount(index: number): number;
  closeAccount(account: number): void;
  setMapped(account: number, set: number): void;
  setTracesParents(account: number, isOn: number): void;
  newPatternSet(): number;
  addPattern(set: number, start: number, length: number): number;
  freePatternSet(set: number): void;
  openPermissions(
    publishAllow: number,
    publishDeny: number,
    subscribeDeny: number,
    responseMax: number,
    responseMillis: number,
    hasResponses: number,
  ): number;
  closePermissions(set: number): void;
  openSlot(): number;
  setSlotOptions(
    slot: number,
    account: number,
    permissions: number,
    flags: number,
    maxPayload: number,
    maxSubscriptions: number,
    maxControlLine: number,
  ): void;
  closeSlot(slot: number): void;
  slotCounter(slot: number, which: number): number;
  accountCounter(account: number, which: number): number;
  awaitPong(slot: number, isAwaited: number): void;
  bodyRoom(slot: number): number;
  bodyTarget(slot: number): number;
  bodyTook(slot: number, count: number): number;
  windowTarget(slot: number): number;
  ingest(slot: number, length: number, nowMillis: number): number;
  resume(slot: number): number;
  now(): number;
  hold(slot: number): number;
  stalledBy(): number;
  takeStall(): number;
  write(slot: number, start: number, length: number): number;
  takeTouched(): number;
  outboxOffset(slot: number): number;
  outboxLength(slot: number): number;
  took(slot: number, count: number): void;
  pendingBytes(slot: number): number;
  setStuck(slot: number, isStuck: number): void;
  setStallBytes(bytes: number): void;
  setMaxPending(bytes: number): void;
  takeOverflowed(): number;
  rowCount(): number;
  clearRows(): void;
  stage(length: number): number;
  unstage(): void;
  arenaBytes(): number;
  arenaInUse(): number;
  outboxBytes(): number;
  idleBlocks(): number;
  coolBlock(): number;
  blockLength(): number;
  publishInside(
    account: number,
    origin: number,
    subject: number,
    subjectLength: number,
    reply: number,
    replyLength: number,
    payload: number,
    headerLength: number,
    payloadLength: number,
    skipsShadows: number,
  ): number;
  deliverInside(
    account: number,
    parts: number,
    subjectLength: number,
    shownLength: number,
    replyLength: number,
    headerLength: number,
    bodyLength: number,
    isOnce: number,
  ): number;
  forward(
    row: number,
    account: number,
    origin: number,
    subject: number,
    subjectLength: number,
    reply: number,
    replyLength: number,
  ): number;
  publishMapped(slot: number, subject: number, subjectLength: number): number;
  publishTraced(
    slot: number,
    subject: number,
    subjectLength: number,
    delivers: number,
    payload: number,
    headerLength: number,
  ): number;
  sendNoResponders(
    slot: number,
    reply: number,
    replyLength: number,
    subject: number,
    subjectLength: number,
  ): void;
  insertedCount(): number;
  removedCount(): number;
  matchedCount(): number;
  cacheHits(): number;
  cachedSubjectCount(): number;
  largestFanout(): number;
  averageFanout(): number;
  subscribe(
    slot: number,
    account: number,
    subject: number,
    subjectLength: number,
    queue: number,
    queueLength: number,
    sid: number,
    sidLength: number,
    filtersDenied: number,
    alsoDenied: number,
  ): number;
  subscribeInside(
    account: number,
    subject: number,
    subjectLength: number,
    queue: number,
    queueLength: number,
    receiver: number,
  ): number;
  addShadow(
    primary: number,
    account: number,
    subject: number,
    subjectLength: number,
    show: number,
    showLength: number,
  ): number;
  unsubscribe(subscription: number): void;
  findSubscription(slot: number, sid: number, sidLength: number): number;
  firstSubscriptionOf(slot: number): number;
  nextSubscriptionOf(subscription: number): number;
  subscriptionField(subscription: number, field: number): number;
  subscriptionSubject(subscription: number): number;
  subjectText(): number;
  subscriptionQueue(subscription: number): number;
  hasInterest(account: number, subject: number, subjectLength: number): number;
  hasListener(
    account: number,
    subject: number,
    subjectLength: number,
    queue: number,
    queueLength: number,
  ): number;
  matchInto(account: number, subject: number, subjectLength: number): number;
  collected(): number;
  walkAccount(account: number, limit: number): number;
}

/** Handles and addresses above 2^31 come back negative. */
export function unsigned(value: number): number {
  return value >>> 0;
}

/** Pages of 64 KiB that a fabric may use at most, and at least. */
const mostPages = 65_535;
const fewestPages = 4096;
const pageBytes = 64 * 1024;

/** `bytes` of addresses are reserved, none of them are used before they are needed. Throws FabricFull. */
export function instantiate(module: WebAssembly.Module, bytes: number): FabricExports {
  const pages = Math.min(Math.max(Math.ceil(bytes / pageBytes), fewestPages), mostPages);
  const memory = reserve(pages);
  const { exports } = new WebAssembly.Instance(module, { env: { abort: stopped, memory } });
  return { ...(exports as unknown as FabricExports), memory };
}

function stopped(): never {
  throw new AssertionError("a WASM module stopped on an assertion");
}

function reserve(pages: number): WebAssembly.Memory {
  try {
    return new WebAssembly.Memory({ initial: pages, maximum: pages });
  } catch (failure) {
    throw outOfAddresses(failure);
  }
}

/** A process has only so many addresses to give to WASM memories. */
function outOfAddresses(failure: unknown): unknown {
  const text = "no address space left for another server in this process";
  return failure instanceof RangeError ? new FabricFull("fabric-full", text, failure) : failure;
}

/** What assembly/checksum.ts exports. */
export interface ChecksumExports {
  readonly memory: WebAssembly.Memory;
  windowStart(): number;
  windowBytes(): number;
  roomStart(): number;
  checksum(start: number, length: number): bigint;
  begin(): void;
  addWindow(): void;
  finish(length: number): bigint;
  sealRecords(start: number, length: number, salt: bigint): void;
  checkRecords(start: number, length: number, salt: bigint): number;
}

/** A megabyte of window, what stands before it, and the room. */
const checksumPages = 32;

/** `roomBytes` of addresses are reserved for its callers, none of them are used before they are needed. */
export function instantiateChecksum(
  module: WebAssembly.Module,
  roomBytes: number,
): ChecksumExports {
  const memory = reserve(checksumPages + Math.ceil(roomBytes / pageBytes));
  const { exports } = new WebAssembly.Instance(module, { env: { abort: stopped, memory } });
  return { ...(exports as unknown as ChecksumExports), memory };
}
