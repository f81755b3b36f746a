// Brings the index of a file store back: from its checkpoint and what was written behind that, or from all records. What
// should be there and is not, is listed as lost.

import { type OwnerBytes, readCheckpoint } from "../../storage/checkpoint-file.ts";
import { type LogCheckpoint, LogRecovery } from "../../storage/log-recovery.ts";
import type { LogSurroundings } from "../../storage/log-surroundings.ts";
import type { RecoveryVisitor } from "../../storage/log-walk.ts";
import type { Sealer } from "../../storage/sealing.ts";
import { SegmentList } from "../../storage/segment-list.ts";
import { SegmentReader } from "../../storage/segment-reader.ts";
import { LostList } from "./lost-list.ts";
import { messageCost } from "./message-cost.ts";
import { type IndexedStore, MessageIndex, unknownNeighbour } from "./message-index.ts";
import { messageTag } from "./message-store.ts";
import { MessageView } from "./message-view.ts";
import { fillView, RecoveredMessage } from "./record-view.ts";

export interface FileStoreParts {
  readonly surroundings: LogSurroundings;
  /** Made when the first message is written. */
  readonly folder: string;
  /** For lines in the log. */
  readonly name: string;
  readonly sealer: Sealer | null;
  readonly isRelaxed: boolean;
  /** Of a new stream. */
  readonly firstSequence: number;
}

export interface RecoveredFileStore {
  readonly index: MessageIndex;
  readonly lost: LostList;
  readonly list: SegmentList;
  readonly nextSequence: number;
  /** How much of the log was walked: a reason for a new checkpoint. */
  readonly recoveredBytes: number;
  /** Messages whose removal was lost with the damage that hit it: to be removed again. */
  readonly risen: readonly number[];
  /** Else the first message must be read to know when it was stored. */
  readonly isFirstTimeKnown: boolean;
}

export const checkpointName = "index";

interface Known {
  readonly checkpoint: LogCheckpoint;
  readonly index: MessageIndex;
  readonly lost: LostList;
}

/** Throws DiskError. */
export function recoverFileStore(parts: FileStoreParts, store: IndexedStore): RecoveredFileStore {
  const known = readKnown(parts, store);
  if (known !== null) {
    const { index, lost } = known;
    const recovery = recoveryOf(parts, known.checkpoint);
    const { firstSequence } = index.state;
    if (recovery.isFromCheckpoint && applyRemovals(recovery, index)) {
      const isMoved = index.state.firstSequence !== firstSequence && index.state.messages > 0;
      return { ...finish(parts, recovery, index, lost, null), isFirstTimeKnown: !isMoved };
    }
  }
  // What was tried has changed what the checkpoint knew: it is read again, to compare.
  const expected = known === null ? null : (readKnown(parts, store)?.index ?? null);
  const recovery = recoveryOf(parts, null);
  const index = new MessageIndex(store, recovery.firstSequence);
  return finish(parts, recovery, index, new LostList(), expected);
}

function readKnown(parts: FileStoreParts, store: IndexedStore): Known | null {
  const { surroundings, folder, sealer, firstSequence } = parts;
  const path = `${folder}/${checkpointName}`;
  return readCheckpoint(surroundings, path, sealer, (checkpoint, owned) =>
    loadKnown(checkpoint, owned, store, firstSequence),
  );
}

function recoveryOf(parts: FileStoreParts, checkpoint: LogCheckpoint | null): LogRecovery {
  const { surroundings, folder, sealer, isRelaxed } = parts;
  return new LogRecovery({
    surroundings,
    folder,
    sealer,
    checkpoint,
    openTag: messageTag.batchGoesOn,
    firstSequence: Math.max(1, parts.firstSequence),
    isRelaxed,
  });
}

/** Replays what was walked. `expected` is what a checkpoint knew that could not be built upon. */
function finish(
  parts: FileStoreParts,
  recovery: LogRecovery,
  index: MessageIndex,
  lost: LostList,
  expected: MessageIndex | null,
): RecoveredFileStore {
  const nextSequence = recovery.replay(new Replay(index, lost));
  index.skipTo(nextSequence);
  const risen = expected === null ? [] : compare(expected, index, recovery, lost);
  lost.bytes += recovery.damagedBytes;
  tell(parts, lost, recovery.damagedBytes);
  return {
    index,
    lost,
    list: recovery.list,
    nextSequence: index.state.lastSequence + 1,
    recoveredBytes: recovery.walkedBytes,
    risen,
    isFirstTimeKnown: true,
  };
}

/** Of a store whose files cannot be read. */
export function nothingRecovered(parts: FileStoreParts, store: IndexedStore): RecoveredFileStore {
  const { surroundings, sealer } = parts;
  const nextSequence = Math.max(1, parts.firstSequence);
  return {
    index: new MessageIndex(store, nextSequence),
    lost: new LostList(),
    list: new SegmentList([], new SegmentReader(surroundings, sealer, 0n)),
    nextSequence,
    recoveredBytes: 0,
    risen: [],
    isFirstTimeKnown: true,
  };
}

function loadKnown(
  checkpoint: LogCheckpoint,
  owned: OwnerBytes,
  store: IndexedStore,
  firstSequence: number,
): Known | null {
  const index = new MessageIndex(store, Math.max(1, firstSequence));
  const lost = index.load(owned) ? LostList.load(owned) : null;
  return lost === null ? null : { checkpoint, index, lost };
}

/** What was removed behind the checkpoint and stands before it. False: not all of that can be read. */
function applyRemovals(recovery: LogRecovery, index: MessageIndex): boolean {
  const { state } = index;
  const { removed, removedBelow, list } = recovery;
  if (removedBelow > state.lastSequence) {
    index.clear(removedBelow);
    for (const segment of list.segments) {
      segment.live = 0;
      segment.liveBytes = 0;
    }
  }
  let isDone = true;
  while (isDone && state.messages > 0 && state.firstSequence < removedBelow) {
    isDone = removeOne(list, index, state.firstSequence);
  }
  removed.eachRun((first, last) => {
    const end = Math.min(last, state.lastSequence);
    for (let at = index.nextPresent(first); isDone && at <= end; at = index.nextPresent(at + 1)) {
      isDone = removeOne(list, index, at);
    }
    return isDone;
  });
  return isDone;
}

function removeOne(list: SegmentList, index: MessageIndex, sequence: number): boolean {
  const view = new MessageView();
  const block = list.blockOf(sequence);
  const at = block?.find(sequence) ?? -1;
  if (block === null || at < 0) {
    return false;
  }
  fillView(view, block.bytes, block.view, at);
  const cost = messageCost("file", view.subjectLength, view.headerLength, view.bodyLength);
  index.removed(view, cost, unknownNeighbour, unknownNeighbour);
  const segment = list.segmentOf(sequence);
  if (segment !== null) {
    segment.live--;
    segment.liveBytes -= block.view.getUint32(at, true);
  }
  return true;
}

class Replay implements RecoveryVisitor {
  readonly #index: MessageIndex;
  readonly #lost: LostList;
  readonly #message: RecoveredMessage = new RecoveredMessage();

  constructor(index: MessageIndex, lost: LostList) {
    this.#index = index;
    this.#lost = lost;
  }

  message(bytes: Uint8Array, view: DataView, at: number): void {
    const message = this.#message;
    message.fill(bytes, view, at);
    const { subject, headerLength, bodyLength } = message;
    this.#index.added(message, messageCost("file", subject.length, headerLength, bodyLength));
  }

  skipped(next: number, timeMicros: number, restNanos: number): void {
    const { state } = this.#index;
    this.#index.skipTo(next);
    if (timeMicros > 0) {
      state.lastTimeMicros = timeMicros;
      state.lastRestNanos = restNanos;
    }
  }

  lost(sequence: number): void {
    this.#lost.add(sequence);
  }
}

/**
 * Messages that the checkpoint had, that nobody removed and that were not found, are lost. Gives those that were found
 * and that the checkpoint knew to be removed.
 */
function compare(
  expected: MessageIndex,
  index: MessageIndex,
  recovery: LogRecovery,
  lost: LostList,
): readonly number[] {
  const { lastSequence } = expected.state;
  const { removed, removedBelow } = recovery;
  lost.keep((sequence) => sequence > lastSequence || expected.isPresent(sequence));
  let at = expected.nextPresent(removedBelow);
  for (; at <= lastSequence && !lost.isFull; at = expected.nextPresent(at + 1)) {
    if (!index.isPresent(at) && !removed.has(at) && !recovery.isCompacted(at)) {
      lost.add(at);
    }
  }
  const risen: number[] = [];
  for (at = index.nextPresent(0); at <= lastSequence; at = index.nextPresent(at + 1)) {
    if (!expected.isPresent(at)) {
      risen.push(at);
    }
  }
  index.skipTo(lastSequence + 1);
  return risen;
}

function tell(parts: FileStoreParts, lost: LostList, damagedBytes: number): void {
  if (damagedBytes > 0) {
    parts.surroundings.log.error(
      `JetStream: ${parts.name}: ${damagedBytes} damaged bytes in ${parts.folder}, ${lost.sequences.length} messages are lost`,
    );
  }
}
