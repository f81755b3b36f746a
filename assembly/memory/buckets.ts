// A hash table's array of chain heads, doubled when its records outnumber it. The records hold their own link and hash;
// who owns them relinks them by handing each one to the new array.

import { alloc, free } from "./arena";

@unmanaged
export class Buckets {
  /** Address of the heads, 4 bytes each. */
  heads: usize;
  mask: u32;
  count: u32;
}

const FIRST_CAPACITY: u32 = 1024;

/** `place` is 16 static bytes. */
export function makeBuckets(place: usize): Buckets {
  const buckets = changetype<Buckets>(place);
  const heads = alloc(4 * <usize>FIRST_CAPACITY);
  memory.fill(heads, 0, 4 * <usize>FIRST_CAPACITY);
  buckets.heads = heads;
  buckets.mask = FIRST_CAPACITY - 1;
  buckets.count = 0;
  return buckets;
}

/** Address of the head of the chain that this hash belongs to. */
export function headOf(buckets: Buckets, hash: u32): usize {
  return buckets.heads + ((<usize>(hash & buckets.mask)) << 2);
}

export function wantsGrowth(buckets: Buckets): bool {
  return buckets.count > buckets.mask && buckets.mask < 0x3ffffff;
}

/**
 * Doubles the array and relinks every record: its link lies at `linkOffset`, its hash at `hashOffset`.
 * When memory is out the table stays as it is, only slower.
 */
export function grow(buckets: Buckets, linkOffset: usize, hashOffset: usize): void {
  const oldCapacity = buckets.mask + 1;
  const capacity = oldCapacity << 1;
  const heads = alloc(4 * <usize>capacity);
  if (heads == 0) {
    return;
  }
  memory.fill(heads, 0, 4 * <usize>capacity);
  const old = buckets.heads;
  buckets.heads = heads;
  buckets.mask = capacity - 1;
  for (let index: u32 = 0; index < oldCapacity; index++) {
    let record: usize = load<u32>(old + ((<usize>index) << 2));
    while (record != 0) {
      const next: usize = load<u32>(record + linkOffset);
      const head = headOf(buckets, load<u32>(record + hashOffset));
      store<u32>(record + linkOffset, load<u32>(head));
      store<u32>(head, <u32>record);
      record = next;
    }
  }
  free(old, 4 * <usize>oldCapacity);
}

/** Takes a record out of its chain. */
export function unlink(buckets: Buckets, hash: u32, record: usize, linkOffset: usize): void {
  let place = headOf(buckets, hash);
  while (load<u32>(place) != <u32>record) {
    place = <usize>load<u32>(place) + linkOffset;
  }
  store<u32>(place, load<u32>(record + linkOffset));
  buckets.count--;
}

/** Puts a record at the head of its chain. */
export function link(buckets: Buckets, hash: u32, record: usize, linkOffset: usize): void {
  const head = headOf(buckets, hash);
  store<u32>(record + linkOffset, load<u32>(head));
  store<u32>(head, <u32>record);
  buckets.count++;
}
