// A sequence of things that happen to a fabric, as plain data: it can be replayed, shortened and printed.

import type { PermissionsSpec, SlotOptions } from "../../src/wasm/fabric.ts";
import type { Dice } from "./road-dice.ts";
import {
  body,
  clientBytes,
  cuts,
  headerBlock,
  literalSubject,
  queueName,
  replySubject,
  sid,
  subscribeOps,
  validPattern,
} from "./road-vocabulary.ts";

/** Clients, accounts, permissions and receivers are small numbers; a step about one that is not there is skipped. */
export type Step =
  | { readonly kind: "open"; readonly client: number; readonly options: OptionChange }
  | { readonly kind: "close"; readonly client: number }
  | {
      readonly kind: "bytes";
      readonly client: number;
      readonly bytes: string;
      readonly cuts: readonly number[];
    }
  | { readonly kind: "options"; readonly client: number; readonly options: OptionChange }
  | {
      readonly kind: "subscribe";
      readonly client: number;
      readonly subject: string;
      readonly queue: string;
      readonly sid: string;
      readonly filtersDenied: boolean;
      readonly alsoDenied?: readonly string[];
    }
  | {
      readonly kind: "inside";
      readonly receiver: number;
      readonly account: number;
      readonly subject: string;
      readonly queue: string;
    }
  | { readonly kind: "removeInside"; readonly receiver: number }
  | {
      readonly kind: "shadow";
      readonly client: number;
      readonly sid: string;
      readonly account: number;
      readonly subject: string;
      readonly show: string | null;
    }
  | {
      readonly kind: "publish";
      readonly account: number;
      /** -1 is nobody. */
      readonly client: number;
      readonly subject: string;
      readonly reply: string;
      readonly headers: string;
      readonly body: string;
      /** Given, it is delivered: nobody publishes it, and this is shown. "" shows the subject itself. */
      readonly shown?: string;
    }
  | {
      readonly kind: "noResponders";
      readonly client: number;
      readonly reply: string;
      readonly subject: string;
    }
  | { readonly kind: "write"; readonly client: number; readonly bytes: string }
  | { readonly kind: "drain"; readonly client: number; readonly limit: number }
  | { readonly kind: "release"; readonly client: number }
  | { readonly kind: "stuck"; readonly client: number; readonly isStuck: boolean }
  | { readonly kind: "limits"; readonly stallBytes: number; readonly maxPending: number }
  | { readonly kind: "permissions"; readonly client: number; readonly spec: PermissionsSpec | null }
  | { readonly kind: "mapped"; readonly account: number; readonly patterns: readonly string[] }
  | { readonly kind: "awaitPong"; readonly client: number; readonly isAwaited: boolean }
  | { readonly kind: "unsubscribe"; readonly client: number; readonly sid: string }
  | { readonly kind: "time"; readonly millis: number }
  | { readonly kind: "look"; readonly account: number; readonly subject: string }
  | { readonly kind: "turn" };

export type OptionChange = Partial<Omit<SlotOptions, "account" | "permissions">> & {
  readonly accountNumber?: number;
};

export const clientCount = 5;
export const accountCount = 3;
export const receiverCount = 8;

/** Mostly the same one, so that there is somebody to meet. */
function account(dice: Dice): number {
  return dice.onceIn(4) ? dice.below(accountCount) : 0;
}

export function options(dice: Dice): OptionChange {
  const chosen: OptionChange = {
    connected: !dice.onceIn(8),
    verbose: dice.onceIn(4),
    pedantic: dice.onceIn(5),
    echo: !dice.onceIn(4),
    headers: !dice.onceIn(5),
    noResponders: !dice.onceIn(3),
    decidesSubscriptions: dice.onceIn(5),
    reportsFirstPing: dice.onceIn(5),
    isSystem: dice.onceIn(6),
    maxPayload: dice.onceIn(8) ? dice.pick([10, 0, 700, 20]) : 1_048_576,
    maxSubscriptions: dice.onceIn(6) ? dice.between(1, 3) : 0,
    maxControlLine: dice.pick([4096, 4096, 4096, 64, 256]),
    accountNumber: account(dice),
  };
  return chosen;
}

function permissionsSpec(dice: Dice): PermissionsSpec {
  return {
    publishAllow: dice.onceIn(3) ? null : dice.many(0, 4, () => validPattern(dice)),
    publishDeny: dice.onceIn(2) ? [] : dice.many(1, 3, () => validPattern(dice)),
    subscribeDeny: dice.onceIn(2) ? [] : dice.many(1, 3, () => validPattern(dice)),
    responses: dice.onceIn(2) ? { max: dice.below(3), millis: dice.pick([0, 5, 1000]) } : null,
  };
}

function template(dice: Dice): string | null {
  if (dice.onceIn(3)) {
    return null;
  }
  return dice
    .many(1, 4, () => dice.pick(["a", "b", "$1", "$2", "$3", "shown", "$12", "$x"]))
    .join(".");
}

function bytesStep(dice: Dice): Step {
  const bytes = clientBytes(dice, dice.pick([1, 2, 4, 8]), dice.pick([8, 40, 1000]));
  return { kind: "bytes", client: dice.below(clientCount), bytes, cuts: cuts(dice, bytes.length) };
}

function publishStep(dice: Dice): Step {
  return {
    kind: "publish",
    account: account(dice),
    client: dice.onceIn(2) ? -1 : dice.below(clientCount),
    subject: literalSubject(dice),
    reply: replySubject(dice),
    headers: dice.onceIn(3) ? headerBlock(dice) : "",
    body: body(dice),
    ...(dice.onceIn(3) ? { shown: dice.onceIn(3) ? "" : literalSubject(dice) } : {}),
  };
}

function insideStep(dice: Dice): Step {
  return {
    ...{ kind: "inside", receiver: dice.below(receiverCount), account: account(dice) },
    ...{ subject: validPattern(dice), queue: queueName(dice) },
  };
}

type Maker = (dice: Dice) => Step;

/** Each as often as its weight says. */
const makers: readonly (readonly [weight: number, make: Maker])[] = [
  [40, bytesStep],
  [6, (dice) => ({ kind: "open", client: dice.below(clientCount), options: options(dice) })],
  [3, (dice) => ({ kind: "close", client: dice.below(clientCount) })],
  [3, (dice) => ({ kind: "options", client: dice.below(clientCount), options: options(dice) })],
  [
    5,
    (dice) => ({
      ...{ kind: "subscribe", client: dice.below(clientCount), subject: validPattern(dice) },
      ...{ queue: queueName(dice), sid: sid(dice), filtersDenied: dice.onceIn(2) },
      ...(dice.onceIn(3) ? { alsoDenied: dice.many(0, 2, () => validPattern(dice)) } : {}),
    }),
  ],
  [3, insideStep],
  [1, (dice) => ({ kind: "removeInside", receiver: dice.below(receiverCount) })],
  [
    4,
    (dice) => ({
      ...{ kind: "shadow", client: dice.below(clientCount), sid: sid(dice) },
      ...{ account: account(dice), subject: validPattern(dice), show: template(dice) },
    }),
  ],
  [6, publishStep],
  [
    1,
    (dice) => ({
      ...{ kind: "noResponders", client: dice.below(clientCount) },
      ...{ reply: replySubject(dice) || "c", subject: literalSubject(dice) },
    }),
  ],
  [1, (dice) => ({ kind: "write", client: dice.below(clientCount), bytes: `W${body(dice)}` })],
  [
    4,
    (dice) => ({ kind: "drain", client: dice.below(clientCount), limit: dice.pick([1, 100, 1e9]) }),
  ],
  [3, (dice) => ({ kind: "release", client: dice.below(clientCount) })],
  [1, (dice) => ({ kind: "stuck", client: dice.below(clientCount), isStuck: dice.onceIn(2) })],
  [
    2,
    (dice) => ({
      kind: "limits",
      stallBytes: dice.pick([1e9, 1e9, 0, 200, 2000]),
      maxPending: dice.pick([1e9, 1e9, 0, 300, 3000]),
    }),
  ],
  [
    3,
    (dice) => ({
      kind: "permissions",
      client: dice.below(clientCount),
      spec: dice.onceIn(5) ? null : permissionsSpec(dice),
    }),
  ],
  [
    1,
    (dice) => ({
      ...{ kind: "mapped", account: account(dice) },
      patterns: dice.onceIn(3) ? [] : ["map.*", ...dice.many(0, 1, () => validPattern(dice))],
    }),
  ],
  [
    1,
    (dice) => ({ kind: "awaitPong", client: dice.below(clientCount), isAwaited: !dice.onceIn(4) }),
  ],
  [1, (dice) => ({ kind: "unsubscribe", client: dice.below(clientCount), sid: sid(dice) })],
  [2, (dice) => ({ kind: "time", millis: dice.pick([1, 4, 5, 6, 2000]) })],
  [2, (dice) => ({ kind: "look", account: account(dice), subject: literalSubject(dice) })],
  [4, () => ({ kind: "turn" })],
];

const totalWeight: number = makers.reduce((sum, [weight]) => sum + weight, 0);

function oneStep(dice: Dice): Step {
  let left = dice.below(totalWeight);
  for (const [weight, make] of makers) {
    if (left < weight) {
      return make(dice);
    }
    left -= weight;
  }
  return { kind: "turn" };
}

/** Some clients, subscriptions and receivers are there from the beginning. */
export function roadSequence(dice: Dice): Step[] {
  const clients = dice.many(1, 4, (): Step[] => {
    const client = dice.below(clientCount);
    return [
      { kind: "open", client, options: dice.onceIn(2) ? {} : options(dice) },
      { kind: "bytes", client, bytes: subscribeOps(dice), cuts: [] },
    ];
  });
  const receivers = dice.many(0, 3, () => insideStep(dice));
  return [...clients.flat(), ...receivers, ...dice.many(1, 50, () => oneStep(dice))];
}
