// The consumers of a round: they settle what they get in every way there is, and write down what was confirmed.

import type { JsMsg } from "@nats-io/jetstream";
import type { ConsumerLedger } from "./kill-ledger.ts";
import type { Round } from "./kill-world.ts";

interface Settling {
  readonly round: Round;
  readonly ledger: ConsumerLedger;
  /** Acknowledged messages leave the stream. */
  readonly isWorkQueue: boolean;
  /** Settles everything for good, so that nothing is left pending. */
  readonly isDraining: boolean;
}

async function settle(
  { round, ledger, isWorkQueue, isDraining }: Settling,
  message: JsMsg,
): Promise<void> {
  const { world, dice } = round;
  const { seq } = message;
  const attempt = ledger.take({ seq, subject: message.subject, body: message.string() });
  world.count("deliveries");
  const die = dice.below(20);
  if (!isDraining && die < 2) {
    message.nak(dice.below(40));
    return;
  }
  if (!isDraining && die < 4) {
    return;
  }
  if (isWorkQueue && attempt !== null) {
    attempt.mayBeGone = true;
  }
  if (!isDraining && die < 8) {
    message.ack();
    return;
  }
  const isConfirmed = await round.asked(
    `double acknowledgement of ${ledger.stream.name} > ${ledger.name} ${seq}`,
    message.ackAck({ timeout: 4000 }),
  );
  if (isConfirmed === true) {
    ledger.confirm(seq);
    world.count("double acknowledgements");
    if (isWorkQueue && attempt !== null) {
      attempt.mustBeGone = true;
    }
  }
}

/** Fetches batch after batch; gives how many came once `isEnough`. */
export async function fetchAndSettle(
  settling: Settling,
  isEnough: (came: number) => boolean,
): Promise<void> {
  const { round, ledger } = settling;
  const consumer = await round.asked(
    `consumer ${ledger.name}`,
    round.client.consumers.get(ledger.stream.name, ledger.name),
  );
  for (let came = -1; consumer !== null && !isEnough(came); ) {
    came = 0;
    const settled: Promise<void>[] = [];
    try {
      const batch = await consumer.fetch({
        max_messages: round.dice.pick([1, 20, 200]),
        expires: 1000,
      });
      for await (const message of batch) {
        came += 1;
        settled.push(settle(settling, message));
        if (round.isOver) {
          break;
        }
      }
    } catch (cause) {
      if (!round.isOver) {
        round.world.faults.push(`fetch from ${ledger.name}: ${String(cause)}`);
      }
    }
    await Promise.all(settled);
  }
}

export async function fetchWhileItLives(
  round: Round,
  ledger: ConsumerLedger,
  isWorkQueue: boolean,
): Promise<void> {
  await fetchAndSettle({ round, ledger, isWorkQueue, isDraining: false }, () => round.isOver);
}

/** Binds to the push consumer; the function given back ends it. */
export async function takePushed(
  round: Round,
  ledger: ConsumerLedger,
  isDraining: boolean,
): Promise<() => Promise<void>> {
  const settled = new Set<Promise<void>>();
  const consumer = await round.asked(
    `push consumer ${ledger.name}`,
    round.client.consumers.getPushConsumer(ledger.stream.name, ledger.name),
  );
  const messages = await consumer?.consume({
    callback: (message) => {
      const one = settle({ round, ledger, isWorkQueue: false, isDraining }, message);
      settled.add(one);
      void one.finally(() => settled.delete(one));
    },
  });
  return async () => {
    messages?.stop();
    await Promise.all(settled);
  };
}
