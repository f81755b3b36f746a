// The map of memory: each region, its capacity, its reason. Regions are taken once, at start, behind the static data;
// untouched pages cost nothing, so capacities are limits and not reservations.
//
//   | static | window | rows | slots | verdicts | doorkeeper | cache ring | compose | cold | staging | arena ............ end |

/** The end of memory: what was given, 65,535 pages at most, so that every address and every end fits in 32 bits. */
export const memoryEnd: usize = <usize>memory.size() * 65536;

/** One chunk of a socket (at most 512 KiB) behind an unfinished control line, or what was held. */
export const WINDOW_BYTES: usize = 0x120000;
/** The largest chunk that may be given to ingest at once. */
export const CHUNK_BYTES: usize = 0x80000;
/** Copies run in strides of 16 bytes and may touch up to this much behind either end. */
export const SLACK_BYTES: usize = 64;

/** Handoff rows. Ingest stops far below, so that what is published while rows are routed still finds room. */
export const ROW_BYTES: usize = 56;
export const ROW_CAPACITY: u32 = 0x100000;
export const ROW_INGEST_LIMIT: u32 = 4096;

export const SLOT_BYTES: usize = 256;
export const SLOT_CAPACITY: u32 = 0x20000;

/** Verdicts of permission sets on subjects, direct mapped, 64 bytes each. */
export const VERDICT_BYTES: usize = 64;
export const VERDICT_CAPACITY: u32 = 0x4000;

/** One bit for a subject seen once: only what comes again is worth a cache entry. */
export const DOORKEEPER_BITS: u32 = 0x100000;
/** After so many new subjects the bits are forgotten. */
export const DOORKEEPER_LIMIT: u32 = 0x40000;

/** Subjects whose match is cached at once, and the bytes their matches may take. */
export const CACHE_CAPACITY: u32 = 0x40000;
export const CACHE_BYTES_MAX: usize = 0x10000000;

/** Control lines put together for one message: prefix, middle, and both again for receivers without headers. */
export const COMPOSE_BYTES: usize = 0x100000;
/** The longest subject or reply that these have room for; also the most that a slot may take as control line. */
export const CONTROL_LINE_MAX: u32 = 0x40000 - 128;

/** Blocks whose pages were given back to the system. */
export const COLD_CAPACITY: u32 = 0x8000;

/** Messages from inside, while rows may still point at them. */
export const STAGING_BYTES: usize = 0x4000000;

function pageAligned(address: usize): usize {
  return (address + 65535) & ~65535;
}

export const windowBase: usize = pageAligned(__heap_base);
export const rowsBase: usize = pageAligned(windowBase + WINDOW_BYTES + SLACK_BYTES);
export const slotsBase: usize = pageAligned(rowsBase + ROW_BYTES * <usize>ROW_CAPACITY);
export const verdictsBase: usize = slotsBase + SLOT_BYTES * <usize>SLOT_CAPACITY;
export const doorkeeperBase: usize = verdictsBase + VERDICT_BYTES * <usize>VERDICT_CAPACITY;
export const cacheRingBase: usize = doorkeeperBase + DOORKEEPER_BITS / 8;
export const composeBase: usize = pageAligned(cacheRingBase + 4 * <usize>CACHE_CAPACITY);
export const coldBase: usize = composeBase + 4 * COMPOSE_BYTES;
export const stagingBase: usize = pageAligned(coldBase + 4 * <usize>COLD_CAPACITY);
export const arenaBase: usize = pageAligned(stagingBase + STAGING_BYTES + SLACK_BYTES);
