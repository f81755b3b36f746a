// What a subscription has when it stands in for another in a second account (a stream import), or is stood in for:
// the links between them, and how the published subject turns into the one the client is shown.

import { alloc, free } from "../memory/arena";
import { STAR, TAIL, tokenEnd } from "./trie";

@unmanaged
export class Extension {
  /** Of a shadow: the subscription it stands in for. */
  primary: u32;
  firstShadow: u32;
  nextShadow: u32;
  /** Compiled template, or 0: the published subject is shown. */
  show: u32;
  showBytes: u32;
}

// A compiled template is a row of pieces: length u16, kind u8, then for LITERAL that many bytes. For TOKEN the length
// is the index of a token of the published subject, for REST the index of the first of the tokens shown.
const LITERAL: u8 = 0;
const TOKEN: u8 = 1;
const REST: u8 = 2;
const PIECE_HEAD: usize = 3;

export function newExtension(): Extension | null {
  const piece = alloc(offsetof<Extension>());
  if (piece == 0) {
    return null;
  }
  memory.fill(piece, 0, offsetof<Extension>());
  return changetype<Extension>(piece);
}

export function freeExtension(extension: Extension): void {
  if (extension.show != 0) {
    free(extension.show, extension.showBytes);
  }
  free(changetype<usize>(extension), offsetof<Extension>());
}

function isDigit(byte: u8): bool {
  return byte >= 48 && byte <= 57;
}

// The index of the token that the n-th wildcard (from 1) of a pattern stands at; the kind tells whether it is `>`.
function wildcardAt(pattern: usize, end: usize, wanted: u32): u32 {
  let token = pattern;
  let index: u32 = 0;
  let seen: u32 = 0;
  while (token <= end) {
    const stop = tokenEnd(token, end);
    const byte = stop - token == 1 ? load<u8>(token) : 0;
    if (byte == STAR || byte == TAIL) {
      if (++seen == wanted) {
        return (index << 1) | (byte == TAIL ? 1 : 0);
      }
    }
    token = stop + 1;
    index++;
  }
  return 0xffffffff;
}

function writePiece(target: usize, length: u32, kind: u8): void {
  store<u16>(target, <u16>length);
  store<u8>(target + 2, kind);
}

/**
 * Compiles a template with $1, $2... for the wildcards of a pattern. False when memory is out or a number has no
 * wildcard.
 */
export function compileShow(
  extension: Extension,
  template: usize,
  templateLength: usize,
  pattern: usize,
  patternLength: usize,
): bool {
  const room = (templateLength + 1) * (PIECE_HEAD + 1);
  const show = alloc(room);
  if (show == 0) {
    return false;
  }
  extension.show = <u32>show;
  extension.showBytes = <u32>room;
  const end = template + templateLength;
  let target = show;
  let place = template;
  while (place < end) {
    let stop = place;
    if (load<u8>(place) == 36 && place + 1 < end && isDigit(load<u8>(place + 1))) {
      let wanted: u32 = 0;
      stop = place + 1;
      while (stop < end && isDigit(load<u8>(stop))) {
        wanted = wanted * 10 + load<u8>(stop) - 48;
        stop++;
      }
      const found = wildcardAt(pattern, pattern + patternLength, wanted);
      if (found == 0xffffffff) {
        return false;
      }
      writePiece(target, found >> 1, found & 1 ? REST : TOKEN);
      target += PIECE_HEAD;
    } else {
      stop = place + 1;
      while (stop < end && load<u8>(stop) != 36) {
        stop++;
      }
      writePiece(target, <u32>(stop - place), LITERAL);
      memory.copy(target + PIECE_HEAD, place, stop - place);
      target += PIECE_HEAD + (stop - place);
    }
    place = stop;
  }
  writePiece(target, 0, LITERAL);
  return true;
}

function tokenAt(subject: usize, end: usize, wanted: u32): usize {
  let token = subject;
  for (let index: u32 = 0; index < wanted && token < end; index++) {
    token = tokenEnd(token, end) + 1;
  }
  return token;
}

/**
 * Writes what a client is shown for a published subject; gives its length. Never more than the template's literals
 * and once the subject for each of its placeholders.
 */
export function writeShown(
  extension: Extension,
  subject: usize,
  length: usize,
  target: usize,
): usize {
  const end = subject + length;
  let piece: usize = extension.show;
  let place = target;
  while (true) {
    const number: usize = load<u16>(piece);
    const kind = load<u8>(piece + 2);
    piece += PIECE_HEAD;
    if (kind == LITERAL) {
      if (number == 0) {
        return place - target;
      }
      memory.copy(place, piece, number);
      place += number;
      piece += number;
    } else {
      const from = tokenAt(subject, end, <u32>number);
      const stop = kind == TOKEN ? tokenEnd(from, end) : end;
      if (from < stop) {
        memory.copy(place, from, stop - from);
        place += stop - from;
      }
    }
  }
}
