// Queue group names, each kept once: two subscriptions are in one group when they point at the same name.

import { alloc, free } from "../memory/arena";
import { Buckets, grow, headOf, link, makeBuckets, unlink, wantsGrowth } from "../memory/buckets";
import { equalBytes, hashBytes } from "../memory/copy";

@unmanaged
export class QueueName {
  next: u32;
  hash: u32;
  users: u32;
  /** While one match is compiled: which group of it this is, and for which compilation that holds. */
  group: u32;
  compilation: u32;
  length: u32;
  // then the bytes
}

const names: Buckets = makeBuckets(memory.data(16));

export function queueBytes(name: QueueName): usize {
  return changetype<usize>(name) + offsetof<QueueName>();
}

/** The name's one record, used once more; null when memory is out. */
export function takeQueueName(start: usize, length: usize): QueueName | null {
  const hash = hashBytes(start, length, 1);
  let record: usize = load<u32>(headOf(names, hash));
  while (record != 0) {
    const name = changetype<QueueName>(record);
    if (
      name.hash == hash &&
      name.length == <u32>length &&
      equalBytes(queueBytes(name), start, length)
    ) {
      name.users++;
      return name;
    }
    record = name.next;
  }
  record = alloc(offsetof<QueueName>() + length);
  if (record == 0) {
    return null;
  }
  const name = changetype<QueueName>(record);
  name.hash = hash;
  name.users = 1;
  name.group = 0;
  name.compilation = 0;
  name.length = <u32>length;
  memory.copy(queueBytes(name), start, length);
  link(names, hash, record, offsetof<QueueName>("next"));
  if (wantsGrowth(names)) {
    grow(names, offsetof<QueueName>("next"), offsetof<QueueName>("hash"));
  }
  return name;
}

export function giveQueueName(name: QueueName): void {
  if (--name.users > 0) {
    return;
  }
  unlink(names, name.hash, changetype<usize>(name), offsetof<QueueName>("next"));
  free(changetype<usize>(name), offsetof<QueueName>() + <usize>name.length);
}
