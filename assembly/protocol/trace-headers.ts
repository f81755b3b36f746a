// Whether a header block asks for a trace of its message. It only looks whether the name stands somewhere in the block;
// what the block says is read by TypeScript.

import { Account } from "../subject/account";

// Little-endian words of the two names.
const NATS_TRA: u64 = 0x6172542d7374614e;
const ACE_DEST: u64 = 0x747365442d656361;
const DEST_LENGTH: usize = 15;
const TRACEPAR: u64 = 0x7261706563617274;
const RENT: u32 = 0x746e6572;
const PARENT_LENGTH: usize = 11;
const LOWER_8: u64 = 0x2020202020202020;
const LOWER_4: u32 = 0x20202020;

function isDest(at: usize): bool {
  return load<u64>(at) == NATS_TRA && load<u64>(at, 7) == ACE_DEST;
}

function isParent(at: usize): bool {
  return (load<u64>(at) | LOWER_8) == TRACEPAR && (load<u32>(at, 7) | LOWER_4) == RENT;
}

// At sixteen places at once: an N with a D eleven bytes behind it, which is rare.
@inline
function beginnings(place: usize): v128 {
  return v128.and(
    i8x16.eq(v128.load(place), i8x16.splat(78)),
    i8x16.eq(v128.load(place, 11), i8x16.splat(68)),
  );
}

// Whether the name begins at one of the sixteen places.
function isDestAmong(place: usize, end: usize): bool {
  let mask = i8x16.bitmask(beginnings(place));
  while (mask != 0) {
    const at = place + <usize>ctz(mask);
    if (at + DEST_LENGTH <= end && isDest(at)) {
      return true;
    }
    mask &= mask - 1;
  }
  return false;
}

// Four times sixteen places in one step; which of them it was is asked only where one was.
function holdsDest(start: usize, end: usize): bool {
  for (let place = start; place + DEST_LENGTH <= end; place += 64) {
    const any = v128.or(
      v128.or(beginnings(place), beginnings(place + 16)),
      v128.or(beginnings(place + 32), beginnings(place + 48)),
    );
    if (
      v128.any_true(any) &&
      (isDestAmong(place, end) ||
        isDestAmong(place + 16, end) ||
        isDestAmong(place + 32, end) ||
        isDestAmong(place + 48, end))
    ) {
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

export function wantsTrace(account: Account, start: usize, length: usize): bool {
  const end = start + length;
  return holdsDest(start, end) || (account.tracesParents != 0 && holdsParent(start, end));
}
