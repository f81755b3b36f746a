// What clients of the fuzz write: subjects that meet, ops that are nearly valid, and the ways to spoil them.

import type { Dice } from "./road-dice.ts";

const tokens = ["a", "b", "c", "dd", "token"] as const;
const oddTokens = [
  "*",
  ">",
  "",
  "**",
  "a*",
  ">b",
  "\xe9",
  "\0",
  "\x7f",
  "$1",
  "_",
  "\r",
  "\f",
] as const;
const reserved = [
  "_GR_.a",
  "$GR.b",
  "$NRG.x",
  "$SYS.a",
  "_R_.a",
  "$JS.ACK.x",
  "_INBOX.a",
  "_GR_",
  ...(["_GR_.", "$GR.", "$NRG.", "_R_.", "$JS.ACK."] as const),
] as const;

/** A subject to publish on: mostly short and met by many patterns. */
export function literalSubject(dice: Dice): string {
  switch (dice.below(40)) {
    case 0:
      return dice.pick(reserved);
    case 1:
      return dice.many(1, 4, () => dice.pick(dice.onceIn(2) ? tokens : oddTokens)).join(".");
    case 2:
      return `many.${dice.below(100_000)}`;
    case 3:
      return dice.many(5, 60, () => dice.pick(tokens)).join(".");
    case 4:
      return dice.pick(tokens).repeat(dice.between(1, 80));
    case 5:
      return "map.a";
    default:
      return dice.many(1, dice.pick([1, 2, 2, 3]), () => dice.pick(["a", "a", "b", "c"])).join(".");
  }
}

/** A pattern to subscribe to, now and then an invalid one. */
export function pattern(dice: Dice): string {
  switch (dice.below(24)) {
    case 0:
      return dice.many(1, 4, () => dice.pick(dice.onceIn(2) ? tokens : oddTokens)).join(".");
    case 1:
      return dice.many(5, 60, () => dice.pick([...tokens, "*"])).join(".");
    case 2:
      return ">";
    case 3:
      return dice.pick(["many.*", "many.>", "*.>", "map.*", "_INBOX.*", "$SYS.>", "f.>"]);
    case 4:
      return literalSubject(dice);
    default:
      return validPattern(dice);
  }
}

/** A pattern that may always be subscribed to. */
export function validPattern(dice: Dice): string {
  const tokensOf = (): string => dice.pick(["a", "a", "b", "c", "*", "*"]);
  const middle = dice.many(1, dice.pick([1, 2, 2, 3]), tokensOf);
  return (dice.onceIn(4) ? [...middle, ">"] : middle).join(".");
}

export function queueName(dice: Dice): string {
  return dice.onceIn(3) ? dice.pick(["q", "q", "q", "r", "workers", "_sys_"]) : "";
}

export function sid(dice: Dice): string {
  return dice.onceIn(30)
    ? dice.pick(["a-long-sid-0123456789", "\xff", "00"])
    : `${dice.between(1, 6)}`;
}

export function replySubject(dice: Dice): string {
  if (dice.onceIn(2)) {
    return "";
  }
  return dice.onceIn(12) ? dice.pick(reserved) : dice.pick(["_INBOX.a", "_INBOX.b", "a.b", "c"]);
}

export function headerBlock(dice: Dice): string {
  switch (dice.below(20)) {
    case 0:
      return "";
    case 1:
      return dice.pick(["nats/1.0\r\n\r\n", "NATS/1", "hello", "NATS/1.0", "\r\n\r\n"]);
    case 2:
      return `NATS/1.0\r\n${dice.pick(["Nats-Trace-Dest: t", "TraceParent: 1", "Nats-Trace-Des"])}\r\n\r\n`;
    default:
      return `NATS/1.0\r\n${dice.many(0, 2, () => `Key: ${dice.below(1000)}\r\n`).join("")}\r\n`;
  }
}

export function body(dice: Dice): string {
  switch (dice.below(30)) {
    case 0:
      return "PUB a 1\r\nx\r\nPING\r\n\0\xff";
    case 1:
      return "0123456789".repeat(dice.between(1, 400));
    case 2:
      return "x".repeat(dice.pick([60, 62, 63, 64, 65, 127, 128, 129, 255, 256, 257, 1023, 1024]));
    default:
      return "hello world, hello".slice(0, dice.below(14));
  }
}

function publishOp(dice: Dice): string {
  const payload = body(dice);
  const [subject, reply] = [literalSubject(dice), replySubject(dice)];
  const parts = dice.onceIn(3) ? hpub(dice, payload) : [`${payload.length}`, payload];
  const [sizes = "", whole = ""] = parts;
  const verb = parts.length === 3 ? "HPUB" : "PUB";
  return `${verb} ${subject} ${reply === "" ? "" : `${reply} `}${sizes}\r\n${whole}\r\n`;
}

/** Sizes, payload, and a third element that marks it. */
function hpub(dice: Dice, payload: string): string[] {
  const block = headerBlock(dice);
  const total = block.length + payload.length;
  const lie = dice.onceIn(25) ? dice.between(-12, 12) : 0;
  const headerLength = Math.max(0, block.length + lie);
  return [`${headerLength} ${total}`, block + payload, "headers"];
}

/** One op as a well-behaved client writes it, nearly always. */
export function clientOp(dice: Dice): string {
  const queue = queueName(dice);
  switch (dice.below(26)) {
    case 0:
    case 1:
    case 2:
    case 3:
    case 4:
      return `SUB ${pattern(dice)} ${queue === "" ? "" : `${queue} `}${sid(dice)}\r\n`;
    case 5:
      return `UNSUB ${sid(dice)}\r\n`;
    case 6:
    case 7:
      return `UNSUB ${sid(dice)} ${dice.onceIn(15) ? dice.pick(["x", "-1", "9999999999"]) : dice.below(6)}\r\n`;
    case 8:
    case 9:
      return "PING\r\n";
    case 10:
      return "PONG\r\n";
    case 11:
      return dice.onceIn(3)
        ? dice.pick(["+OK\r\n", "-ERR 'x'\r\n", "INFO {}\r\n", "PING junk\r\n", "+OK junk\r\n"])
        : "PING\r\n";
    case 12:
      return dice.onceIn(3)
        ? `CONNECT {${dice.pick(["", "v", "p", "e", "vh", "ne", "m", "lp"])}}\r\n`
        : "PING\r\n";
    default:
      return publishOp(dice);
  }
}

/** Spoils an op in one way; a spoiled op may still be valid. */
export function spoiled(dice: Dice, op: string): string {
  const at = dice.below(op.length + 1);
  const [before, after] = [op.slice(0, at), op.slice(at)];
  switch (dice.below(14)) {
    case 0:
      return op.replace(/[A-Za-z]/g, (letter) =>
        dice.onceIn(2) ? letter.toLowerCase() : letter.toUpperCase(),
      );
    case 1:
      return op.replace(/ /g, () => dice.pick([" ", "\t", "  ", "\t \t", "    "]));
    case 2:
      return op.replace("\r\n", "\n");
    case 3:
      return op.replace(
        /(\d+)\r\n/,
        (_all, digits: string) => `${"0".repeat(dice.below(10))}${digits}\r\n`,
      );
    case 4:
      return op.replace(/\d+\r\n/, () => `${hugeNumber(dice)}\r\n`);
    case 5:
      return `${before}${dice.pick(["\0", "\xff", "\x80", "\r", "\n", "\r\n", " ", "\t", ".", "*"])}${after}`;
    case 6:
      return before + after.slice(1);
    case 7:
      return before + op.slice(0, dice.below(op.length + 1)) + after;
    case 8:
      return op.replace(
        " ",
        ` ${"L".repeat(dice.pick([50, 60, 61, 62, 63, 64, 250, 4090, 4100]))}`,
      );
    case 9:
      return op.replace(
        /(\d+)\r\n/,
        (_all, digits: string) => `${Number(digits) + dice.between(-3, 3)}\r\n`,
      );
    case 10:
      return before;
    case 11:
      return op.replace(/\r\n/g, dice.pick([" \r\n", "\r\r\n", "\t\n", "\n\r", "\r"]));
    case 12:
      return `${dice.pick([" ", "\t", "\r\n", "X", "p", "H", "+", "-"])}${op}`;
    default:
      return randomBytes(dice);
  }
}

function hugeNumber(dice: Dice): string {
  return dice.pick([
    ...(["2147483647", "2147483648", "4294967295", "4294967296", "999999999"] as const),
    ...(["1000000000", "18446744073709551615", "-1", "1e3", "0x10", "9".repeat(300)] as const),
  ]);
}

function randomBytes(dice: Dice): string {
  return dice.many(1, 40, () => String.fromCharCode(dice.below(256))).join("");
}

/** What a client says first. */
export function subscribeOps(dice: Dice): string {
  const ops = dice.many(1, 5, () => {
    const queue = queueName(dice);
    return `SUB ${validPattern(dice)} ${queue === "" ? "" : `${queue} `}${sid(dice)}\r\n`;
  });
  return ops.join("");
}

/** A stretch of what one client writes. */
export function clientBytes(dice: Dice, ops: number, spoilOnceIn: number): string {
  return dice
    .many(1, ops, () => {
      const op = clientOp(dice);
      return dice.onceIn(spoilOnceIn) ? spoiled(dice, op) : op;
    })
    .join("");
}

/** Where a stretch is cut into chunks: in one piece, once, often, or at every byte. */
export function cuts(dice: Dice, length: number): number[] {
  if (length < 2 || dice.onceIn(3)) {
    return [];
  }
  if (length < 300 && dice.onceIn(8)) {
    return Array.from({ length: length - 1 }, (_, index) => index + 1);
  }
  const places = dice.many(1, dice.pick([1, 1, 3, 8]), () => dice.between(1, length - 1));
  return [...new Set(places)].sort((left, right) => left - right);
}
