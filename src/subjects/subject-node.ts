// The records of a subject tree, as they lie in an arena: leaves, which hold a subject's numbers and the rest of its
// bytes, and forks, which hold a shared prefix and sorted children. It knows one record at a time.
//
// leaf   head | messages low | first low | last low | first high + messages high << 21 | last high | rest of the subject
// fork   head | count, capacity << 16 | leaf that ends here | prefix | keys (sparse) | children
//
// The head holds the kind (2 bits), for a leaf whether first and last are doubtful (2 bits), and the length of the bytes.

export const leafKind = 1;
export const sparseKind = 2;
export const denseKind = 3;
const kindMask = 3;
export const doubtfulFirst = 4;
export const doubtfulLast = 8;
export const lengthShift = 4;

export const leafWords = 6;
export const forkWords = 3;
export const terminalWord = 2;
/** A fork with more children has a place for each byte. */
const mostSparse = 96;
const denseChildren = 256;
const twoTo32 = 2 ** 32;
const highBits = 21;
const highMask = (1 << highBits) - 1;

export function kindOf(head: number): number {
  return head & kindMask;
}

export function lengthOf(head: number): number {
  return head >>> lengthShift;
}

export function wordsFor(byteCount: number): number {
  return (byteCount + 3) >>> 2;
}

export function leafSize(length: number): number {
  return leafWords + wordsFor(length);
}

/** Of a sparse fork; a dense one has no keys. */
export function forkSize(length: number, capacity: number): number {
  const keys = capacity === denseChildren ? 0 : wordsFor(capacity);
  return forkWords + wordsFor(length) + keys + capacity;
}

/** The capacity of a fork that is to hold so many children. */
export function capacityFor(count: number): number {
  if (count > mostSparse) {
    return denseChildren;
  }
  if (count <= 4) {
    return count <= 2 ? 2 : 4;
  }
  let step = 4;
  while (count > step * 4) {
    step *= 2;
  }
  return Math.ceil(count / step) * step;
}

/** How a fork with a capacity is marked. */
export function forkKind(capacity: number): number {
  return capacity === denseChildren ? denseKind : sparseKind;
}

export function countOf(words: Uint32Array, at: number): number {
  return (words[at + 1] ?? 0) & 0xffff;
}

export function capacityOf(words: Uint32Array, at: number): number {
  return (words[at + 1] ?? 0) >>> 16;
}

/** Where in the page the children of a fork lie, in words. */
export function childrenAt(words: Uint32Array, at: number): number {
  const head = words[at] ?? 0;
  const keys = kindOf(head) === denseKind ? 0 : wordsFor(capacityOf(words, at));
  return at + forkWords + wordsFor(lengthOf(head)) + keys;
}

/** Where in the page the keys of a sparse fork lie, in bytes. */
export function keysAt(words: Uint32Array, at: number): number {
  return (at + forkWords + wordsFor(lengthOf(words[at] ?? 0))) * 4;
}

/** Which place among the sorted keys the byte has, or would have. */
export function placeOf(bytes: Uint8Array, keys: number, count: number, byte: number): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((bytes[keys + middle] ?? 0) < byte) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

/** The word in the page that refers to the child under a byte; -1 when there is none. */
export function childPlace(words: Uint32Array, at: number, byte: number): number {
  const head = words[at] ?? 0;
  const prefixEnd = at + forkWords + (((head >>> lengthShift) + 3) >>> 2);
  if ((head & kindMask) === denseKind) {
    return words[prefixEnd + byte] === 0 ? -1 : prefixEnd + byte;
  }
  const counts = words[at + 1] ?? 0;
  const count = counts & 0xffff;
  // Four keys at a time: a byte of `odd` is zero where the key is the one.
  const wanted = byte * 0x01010101;
  for (let place = 0, word = prefixEnd; place < count; place += 4, word++) {
    const odd = (words[word] ?? 0) ^ wanted;
    const zeros = (odd - 0x01010101) & ~odd & 0x80808080;
    if (zeros !== 0) {
      const found = place + ((31 - Math.clz32(zeros & -zeros)) >>> 3);
      return found < count ? prefixEnd + (((counts >>> 16) + 3) >>> 2) + found : -1;
    }
  }
  return -1;
}

export function messagesOf(words: Uint32Array, at: number): number {
  return (words[at + 1] ?? 0) + ((words[at + 4] ?? 0) >>> highBits) * twoTo32;
}

export function firstOf(words: Uint32Array, at: number): number {
  return (words[at + 2] ?? 0) + ((words[at + 4] ?? 0) & highMask) * twoTo32;
}

export function lastOf(words: Uint32Array, at: number): number {
  return (words[at + 3] ?? 0) + (words[at + 5] ?? 0) * twoTo32;
}

export function writeNumbers(
  words: Uint32Array,
  at: number,
  messages: number,
  first: number,
  last: number,
): void {
  words[at + 1] = messages >>> 0;
  words[at + 2] = first >>> 0;
  words[at + 3] = last >>> 0;
  const messagesHigh = messages < twoTo32 ? 0 : Math.floor(messages / twoTo32);
  const firstHigh = first < twoTo32 ? 0 : Math.floor(first / twoTo32);
  words[at + 4] = (messagesHigh << highBits) | firstHigh;
  words[at + 5] = last < twoTo32 ? 0 : Math.floor(last / twoTo32);
}
