// Sequences that are all about reading: one client after another, and what they write is near the grammar's edges.

import type { Dice } from "./road-dice.ts";
import { options, type Step } from "./road-step.ts";
import { clientBytes, cuts, literalSubject, pattern } from "./road-vocabulary.ts";

/** A message of many blocks, with a size near the ones where storage changes. */
function bigMessage(dice: Dice): string {
  const near = dice.pick([4_000, 4_096, 8_192, 16_384, 32_768, 65_536, 131_072]);
  const size = Math.max(0, near + dice.between(-80, 80));
  const body = "0123456789abcde\n".repeat(Math.ceil(size / 16)).slice(0, size);
  return `PUB ${literalSubject(dice)} ${size}\r\n${body}\r\n`;
}

/** A control line around the limit of the options it will meet. */
function longLine(dice: Dice): string {
  const limit = dice.pick([64, 256, 4096]);
  const subject = "s".repeat(Math.max(1, limit + dice.between(-6, 6)));
  const blanks = dice.pick([" ", " ", "\t  ", " ".repeat(70)]);
  const verb = dice.pick(["SUB", "PUB", "UNSUB", "HPUB", "CONNECT", "INFO", "-ERR", "PING", "+OK"]);
  return `${verb}${blanks}${subject}${dice.pick([" 1", "", " 0", "\t0 0"])}${dice.pick(["\r\n", "\n", "\r\r\n"])}`;
}

/** Up to two thousand tokens, wanted and published. */
function deepSubject(dice: Dice): string {
  const count = dice.pick([31, 32, 33, 127, 128, 500, 1_999, 2_000]);
  const subject = Array.from({ length: count }, () => dice.pick(["a", "b"])).join(".");
  const wanted = subject.replace(/[ab]/g, (token) => (dice.onceIn(3) ? "*" : token));
  const half = wanted.slice(0, dice.below(wanted.length)).replace(/[^.]*$/, ">");
  return `SUB ${wanted} 1\r\nSUB ${half} 2\r\nPUB ${subject} 2\r\nhi\r\nUNSUB ${dice.between(1, 2)}\r\n`;
}

/** So many subjects that nothing can remember them all. */
function manySubjects(dice: Dice): string {
  const start = dice.below(1_000_000);
  const lines = Array.from({ length: 200 }, (_, index) => `PUB many.${start + index}.x 1\r\nx\r\n`);
  return `SUB many.*.x 3\r\nSUB ${pattern(dice)} 4\r\n${lines.join("")}PING\r\n`;
}

function stretch(dice: Dice): string {
  switch (dice.below(30)) {
    case 0:
      return dice.onceIn(8) ? bigMessage(dice) : longLine(dice);
    case 1:
    case 2:
      return longLine(dice);
    case 3:
      return deepSubject(dice);
    case 4:
      return manySubjects(dice);
    default:
      return clientBytes(dice, dice.pick([4, 12, 40]), dice.pick([3, 12, 60]));
  }
}

export function parserSequence(dice: Dice): Step[] {
  return dice
    .many(1, 12, (): Step[] => {
      const client = dice.below(2);
      const bytes = dice.many(1, 3, () => stretch(dice)).join("");
      return [
        { kind: "open", client, options: dice.onceIn(3) ? {} : options(dice) },
        { kind: "bytes", client, bytes, cuts: cuts(dice, bytes.length) },
        dice.onceIn(3) ? { kind: "close", client } : { kind: "drain", client, limit: 1e9 },
      ];
    })
    .flat();
}

/** One conversation, short enough to be cut at each of its bytes. */
export function conversation(dice: Dice): string {
  return clientBytes(dice, 10, 6).slice(0, 500);
}
