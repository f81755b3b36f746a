// What the fuzz of JetStream's wire is made of: requests, pulls, acknowledgements and publishes that are right, nearly
// right and wrong. Everything comes from one seed.

import type { Dice } from "../fuzz/road-dice.ts";
import {
  consumerFields,
  fields,
  headerNames,
  headerValues,
  numbers,
  oddities,
  streamFields,
  texts,
} from "./jetstream-fuzz-words.ts";

export interface Sent {
  readonly subject: string;
  readonly headers: string | null;
  readonly body: string;
}

type Maker = (dice: Dice) => string;

const streams = ["F0", "F1", "F2", "F3", "F4", "F5"] as const;
export const streamCount = 6;
const consumers = ["c0", "c1", "c2", "push"] as const;
const kinds = ["noise", "number", "text", "list", "object"] as const;

function noise(dice: Dice): string {
  return dice.many(0, 40, () => String.fromCharCode(dice.below(256))).join("");
}

function value(dice: Dice, depth: number): string {
  switch (dice.pick(kinds)) {
    case "noise":
      return dice.pick([noise(dice), "true", "false", "null", '"\\u0000"', '"\\ud800"']);
    case "number":
      return dice.pick(numbers);
    case "text":
      return JSON.stringify(dice.onceIn(4) ? dice.pick(oddities) : dice.pick(texts));
    case "list":
      return depth > 4 ? "[]" : `[${dice.many(0, 3, () => value(dice, depth + 1)).join(",")}]`;
    case "object":
      return depth > 4 ? "{}" : object(dice, depth + 1);
    default:
      return "";
  }
}

function object(dice: Dice, depth: number): string {
  return `{${dice.many(0, 5, () => `"${dice.pick(fields)}":${value(dice, depth)}`).join(",")}}`;
}

/** Cuts, doubles or changes a byte of what was right. */
function bent(text: string, dice: Dice): string {
  const at = dice.below(text.length + 1);
  switch (dice.below(8)) {
    case 0:
      return text.slice(0, at);
    case 1:
      return text + text;
    case 2:
      return text.slice(0, at) + String.fromCharCode(dice.below(256)) + text.slice(at + 1);
    case 3:
      return "[".repeat(dice.pick([10, 2000])) + text;
    default:
      return text;
  }
}

function someOf(dice: Dice, fitting: readonly [string, ...string[]]): string {
  return dice
    .many(0, 3, () =>
      dice.onceIn(8) ? `"${dice.pick(fields)}":${value(dice, 1)}` : dice.pick(fitting),
    )
    .map((field) => `,${field}`)
    .join("");
}

function streamConfig(dice: Dice): string {
  const at = dice.below(streamCount);
  return `{"name":"F${at}","subjects":["f${at}.>"]${someOf(dice, streamFields)}}`;
}

function consumerConfig(dice: Dice): string {
  const name = dice.pick(consumers);
  const deliver = name === "push" ? ',"deliver_subject":"inbox.push"' : "";
  return `{"stream_name":"F${dice.below(streamCount)}","config":{"durable_name":"${name}","ack_policy":"explicit"${deliver}${someOf(dice, consumerFields)}}}`;
}

const streamRequests = [
  "STREAM.CREATE",
  "STREAM.CREATE",
  "STREAM.UPDATE",
  "STREAM.INFO",
  "STREAM.DELETE",
  "STREAM.PURGE",
  "STREAM.MSG.GET",
  "STREAM.MSG.DELETE",
  "STREAM.SNAPSHOT",
  "STREAM.RESTORE",
  "STREAM.PEER.REMOVE",
  "STREAM.LEADER.STEPDOWN",
  "DIRECT.GET",
  "CONSUMER.CREATE",
  "CONSUMER.NAMES",
  "CONSUMER.LIST",
] as const;
const consumerRequests = [
  "CONSUMER.CREATE",
  "CONSUMER.DURABLE.CREATE",
  "CONSUMER.INFO",
  "CONSUMER.DELETE",
  "CONSUMER.PAUSE",
  "CONSUMER.UNPIN",
  "CONSUMER.RESET",
  "CONSUMER.LEADER.STEPDOWN",
  "CONSUMER.MSG.NEXT",
] as const;
const plainRequests = [
  "INFO",
  "STREAM.NAMES",
  "STREAM.LIST",
  "STREAM.TEMPLATE.CREATE.x",
  "META.LEADER.STEPDOWN",
  "SERVER.REMOVE",
  "what.is.this",
] as const;

export function request(dice: Dice): Sent {
  const form = dice.below(14);
  if (form >= 10) {
    return fittingRequest(dice, form >= 12);
  }
  const stream = dice.onceIn(12) ? token(dice) : dice.pick(streams);
  const consumer = dice.onceIn(12) ? token(dice) : dice.pick(consumers);
  let subject: string;
  if (form < 6) {
    subject = `${dice.pick(streamRequests)}.${stream}`;
  } else if (form < 9) {
    subject = `${dice.pick(consumerRequests)}.${stream}.${consumer}`;
  } else {
    subject = dice.pick(plainRequests);
  }
  if (dice.onceIn(15)) {
    subject += `.${token(dice)}`;
  }
  const bodies: readonly [Maker, ...Maker[]] = [
    (dice_) => object(dice_, 0),
    streamConfig,
    consumerConfig,
    () => "",
    noise,
  ];
  const isConsumer = subject.startsWith("CONSUMER.CREATE") || subject.startsWith("CONSUMER.DUR");
  const isStream = subject.startsWith("STREAM.CREATE") || subject.startsWith("STREAM.UPDATE");
  const fitting = isConsumer ? consumerConfig : isStream ? streamConfig : bodies[0];
  const make = dice.onceIn(3) ? dice.pick(bodies) : fitting;
  const headers = dice.onceIn(20)
    ? `NATS/1.0\r\nNats-Required-Api-Level: ${dice.pick(numbers)}\r\n\r\n`
    : null;
  return { subject: `$JS.API.${subject}`, headers, body: bent(make(dice), dice) };
}

/** Its subject says what its body says. */
function fittingRequest(dice: Dice, isStream: boolean): Sent {
  const body = isStream ? streamConfig(dice) : consumerConfig(dice);
  const stream = /"(?:stream_)?name":"(\w+)"/.exec(body)?.[1] ?? "";
  const durable = /"durable_name":"(\w+)"/.exec(body)?.[1] ?? "";
  const call = dice.onceIn(3) ? "UPDATE" : "CREATE";
  const subject = isStream
    ? `STREAM.${call}.${stream}`
    : `CONSUMER.DURABLE.CREATE.${stream}.${durable}`;
  return { subject: `$JS.API.${subject}`, headers: null, body };
}

/** Something that may stand between two dots. */
function token(dice: Dice): string {
  const made = dice.onceIn(3) ? noise(dice) : dice.pick(oddities);
  return made.replace(/[\s.]/g, "") || "x";
}

export function pull(dice: Dice): Sent {
  const wishes = [
    () => String(dice.pick(numbers)),
    () => object(dice, 0),
    () =>
      `{"batch":${dice.pick(["1", "5", "100"])},"expires":${dice.pick(numbers)},"max_bytes":${dice.pick(numbers)}}`,
    () =>
      `{"batch":1,"no_wait":true,"idle_heartbeat":${dice.pick(numbers)},"group":${value(dice, 3)}}`,
    () => noise(dice),
    () => "",
  ] as const;
  const subject = `$JS.API.CONSUMER.MSG.NEXT.${dice.pick(streams)}.${dice.pick(consumers)}`;
  return { subject, headers: null, body: bent(dice.pick(wishes)(), dice) };
}

const verbs = ["+ACK", "-NAK", "+WPI", "+NXT", "+TERM", "+OK", ""] as const;

export function acknowledgement(dice: Dice): Sent {
  const number = (): string => (dice.onceIn(5) ? dice.pick(numbers) : String(dice.below(300)));
  const places = [number(), number(), number(), number(), number()].join(".");
  const subjects = [
    `$JS.ACK.${dice.pick(streams)}.${dice.pick(consumers)}.${places}`,
    `$JS.ACK.${dice.pick(streams)}.${dice.pick(consumers)}.1.${dice.below(300)}.${dice.below(300)}.1.0`,
    `$JS.ACK._.hash.${dice.pick(streams)}.${dice.pick(consumers)}.${places}.x`,
    `$JS.ACK.${dice.pick(streams)}.${dice.pick(consumers)}`,
    `$JS.ACK.${dice.many(1, 12, () => token(dice)).join(".")}`,
    `$JS.FC.${dice.pick(streams)}.${dice.pick(consumers)}.${token(dice)}`,
  ] as const;
  const tails = ["", " ", ' {"delay":1}', ` ${object(dice, 0)}`, ` ${noise(dice)}`] as const;
  const body = dice.onceIn(6) ? noise(dice) : bent(`${dice.pick(verbs)}${dice.pick(tails)}`, dice);
  return { subject: dice.pick(subjects), headers: null, body };
}

export function publish(dice: Dice): Sent {
  const at = dice.below(streamCount);
  const line = (): string => {
    const text = [...headerValues, ...numbers, ...oddities][dice.below(51)] ?? "";
    const name = dice.onceIn(30) ? noise(dice) : dice.pick(headerNames);
    return `${name}${dice.pick([": ", ":", ": ", ": "])}${text.replace(/[\r\n]/g, "")}\r\n`;
  };
  const lines = dice.many(0, 4, line).join("");
  const headers = bent(`NATS/1.0\r\n${lines}\r\n`, dice.onceIn(5) ? dice : neverBent);
  const body = dice.pick([noise(dice), "", "x", '{"val":"1"}', "x".repeat(2000)]);
  const reply = `f${at}.${dice.pick(["a", "b", "c", "d.e", "*"])}`;
  return { subject: reply, headers: dice.onceIn(5) ? null : headers, body };
}

/** Always takes the last way out. */
const neverBent = { below: (limit: number): number => limit - 1 } as Dice;
