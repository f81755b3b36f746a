// What few subscriptions have: the links between one and those that stand in for it in other accounts (stream imports),
// how the published subject turns into the one the client is shown, and subjects denied to this one alone.

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
  /** Of a primary: a pattern set of its own, of subjects it must not be sent, or 0. */
  denied: u32;
}

// A compiled template is a row of pieces: length u16, kind u8, then for LITERAL that many bytes. For TOKEN the length
// is the index of a token of the published subject, for REST the index of the first of the tokens shown.
const LITERAL: u8 = 0;
const TOKEN: u8 = 1;
const REST: u8 = 2;
const PIECE_HEAD: usize = 3;
const NOT_FOUND: u32 = 0xffffffff;

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
  return NOT_FOUND;
}

function writePiece(target: usize, length: u32, kind: u8): void {
  store<u16>(target, <u16>length);
  store<u8>(target + 2, kind);
}

/** The number that a whole token `$n` names, or 0. */
function placeholder(token: usize, stop: usize): u32 {
  if (stop - token < 2 || stop - token > 6 || load<u8>(token) != 36) {
    return 0;
  }
  let number: u32 = 0;
  for (let place = token + 1; place < stop; place++) {
    if (!isDigit(load<u8>(place))) {
      return 0;
    }
    number = number * 10 + load<u8>(place) - 48;
  }
  return number;
}

function writeLiteral(target: usize, from: usize, stop: usize): usize {
  if (from == stop) {
    return target;
  }
  writePiece(target, <u32>(stop - from), LITERAL);
  memory.copy(target + PIECE_HEAD, from, stop - from);
  return target + PIECE_HEAD + (stop - from);
}

/**
 * Compiles a template whose tokens $1, $2... stand for what the wildcards of a pattern match; a number without a
 * wildcard stays as it is. False when memory is out.
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
  let literal = template;
  let token = template;
  while (token < end) {
    const stop = tokenEnd(token, end);
    const number = placeholder(token, stop);
    const found = number == 0 ? NOT_FOUND : wildcardAt(pattern, pattern + patternLength, number);
    if (found != NOT_FOUND) {
      target = writeLiteral(target, literal, token);
      writePiece(target, found >> 1, found & 1 ? REST : TOKEN);
      target += PIECE_HEAD;
      literal = stop;
    }
    token = stop + 1;
  }
  target = writeLiteral(target, literal, end);
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
