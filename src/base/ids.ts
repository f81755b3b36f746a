// Names that must not repeat: server ids and the unique parts of inboxes. Randomness is given, never reached for.

import type { Brand } from "./brand.ts";

/** 56 characters of base32 beginning with N, as servers are named on the wire. */
export type ServerId = Brand<string, "ServerId">;
/** 22 characters of base62. */
export type Nuid = Brand<string, "Nuid">;

const base32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** What an id is drawn from; the Random port is one. */
export interface IntegerSource {
  below(bound: number): number;
}

function draw(source: IntegerSource, alphabet: string, length: number): string {
  let text = "";
  for (let index = 0; index < length; index++) {
    text += alphabet.charAt(source.below(alphabet.length));
  }
  return text;
}

export function newServerId(source: IntegerSource): ServerId {
  return `N${draw(source, base32, 55)}` as ServerId;
}

export function newNuid(source: IntegerSource): Nuid {
  return draw(source, base62, 22) as Nuid;
}
