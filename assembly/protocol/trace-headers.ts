// Whether a header block asks for a trace of its message. It only looks whether the name stands somewhere in the block;
// what the block says is read by TypeScript.

import { Account } from "../subject/account";

// Little-endian words of the two names.
const NATS_TRA: u64 = 0x6172542d7374614e;
const ACE_DEST: u64 = 0x747365442d656361;
/** Bytes of the name before its D, and behind it. */
const BEFORE_D: usize = 11;
const BEHIND_D: usize = 3;
const TRACEPAR: u64 = 0x7261706563617274;
const RENT: u32 = 0x746e6572;
const PARENT_LENGTH: usize = 11;
/** NATS/1.0 and its line end. */
const VERSION_LENGTH: usize = 10;
const LOWER_8: u64 = 0x2020202020202020;
const LOWER_4: u32 = 0x20202020;

function isDest(at: usize): bool {
  return load<u64>(at) == NATS_TRA && load<u64>(at, 7) == ACE_DEST;
}

function isParent(at: usize): bool {
  return (load<u64>(at) | LOWER_8) == TRACEPAR && (load<u32>(at, 7) | LOWER_4) == RENT;
}

// Sixteen places are looked at for a D, the rarest letter of the name; what stands around it is compared only then.
function isAmong(place: usize, last: usize): bool {
  let mask = i8x16.bitmask(i8x16.eq(v128.load(place), i8x16.splat(68)));
  while (mask != 0) {
    const at = place + <usize>ctz(mask);
    if (at < last && isDest(at - BEFORE_D)) {
      return true;
    }
    mask &= mask - 1;
  }
  return false;
}

function isAnyAmong(place: usize): bool {
  const letter = i8x16.splat(68);
  const first = v128.or(i8x16.eq(v128.load(place), letter), i8x16.eq(v128.load(place, 16), letter));
  const second = v128.or(
    i8x16.eq(v128.load(place, 32), letter),
    i8x16.eq(v128.load(place, 48), letter),
  );
  return i8x16.bitmask(v128.or(first, second)) != 0;
}

// For long blocks: four times as many in one step. It looks at up to 64 bytes behind the block.
function holdsDestFar(start: usize, last: usize): bool {
  for (let place = start; place < last; place += 64) {
    if (
      isAnyAmong(place) &&
      (isAmong(place, last) ||
        isAmong(place + 16, last) ||
        isAmong(place + 32, last) ||
        isAmong(place + 48, last))
    ) {
      return true;
    }
  }
  return false;
}

function holdsDest(start: usize, end: usize): bool {
  const last = end - BEHIND_D;
  let place = start + BEFORE_D;
  if (place + 64 < last) {
    return holdsDestFar(place, last);
  }
  for (; place < last; place += 16) {
    if (isAmong(place, last)) {
      return true;
    }
  }
  return false;
}

// The same with t and p, whichever their case.
function holdsParent(start: usize, end: usize): bool {
  const lower = i8x16.splat(32);
  for (let place = start; place + PARENT_LENGTH <= end; place += 16) {
    let mask = i8x16.bitmask(
      v128.and(
        i8x16.eq(v128.or(v128.load(place), lower), i8x16.splat(116)),
        i8x16.eq(v128.or(v128.load(place, 5), lower), i8x16.splat(112)),
      ),
    );
    while (mask != 0) {
      const at = place + <usize>ctz(mask);
      if (at + PARENT_LENGTH <= end && isParent(at)) {
        return true;
      }
      mask &= mask - 1;
    }
  }
  return false;
}

/** The line before all names is passed over. */
export function wantsTrace(account: Account, block: usize, length: usize): bool {
  const start = block + VERSION_LENGTH;
  const end = block + length;
  return holdsDest(start, end) || (account.tracesParents != 0 && holdsParent(start, end));
}
