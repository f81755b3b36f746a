// The publishers of a round: each goes on until the server is dead and writes into the ledgers what it was told.

import { JetStreamApiError } from "@nats-io/jetstream";
import { Kvm } from "@nats-io/kv";
import type { Attempt, StreamLedger } from "./kill-ledger.ts";
import type { KeyLedger, MessageId, Round } from "./kill-world.ts";

const wrongLastSequence = 10_071;

async function publish(
  round: Round,
  ledger: StreamLedger,
  attempt: Attempt,
  options: object = {},
): Promise<void> {
  const { subject, body } = attempt;
  const answer = await round.asked(
    `publish to ${ledger.name}`,
    round.client.publish(subject, body, options),
  );
  if (answer !== null) {
    ledger.stored(attempt, answer.seq);
    round.world.count("publishes acknowledged");
  }
}

export async function publishBursts(
  round: Round,
  ledger: StreamLedger,
  prefix: string,
  most: number,
): Promise<void> {
  const { dice } = round;
  while (!round.isOver) {
    const size = dice.between(1, most);
    await Promise.all(
      Array.from({ length: size }, () =>
        publish(round, ledger, ledger.attempt(`${prefix}.${dice.below(12)}`, dice)),
      ),
    );
    await Bun.sleep(dice.below(6));
  }
}

async function publishId(round: Round, one: MessageId): Promise<void> {
  const { events } = round.world;
  const attempt = events.attempt("ev.ids", round.dice);
  one.identities.push(attempt.identity);
  const known = one.sequence;
  const answer = await round.asked(
    "publish with an id",
    round.client.publish(attempt.subject, attempt.body, { msgID: one.id }),
  );
  if (answer === null) {
    return;
  }
  if (answer.duplicate) {
    events.refused(attempt);
    round.world.count("duplicates refused");
  } else {
    events.stored(attempt, answer.seq);
    round.world.count("publishes acknowledged");
  }
  const isOther = one.sequence !== 0 && answer.seq !== one.sequence;
  if (isOther || (known !== 0 && !answer.duplicate)) {
    round.world.faults.push(
      `message id ${one.id} is at ${one.sequence}, sent again it got ${answer.seq}, duplicate ${answer.duplicate}`,
    );
  }
  one.sequence = answer.seq;
}

/** First sends again what the last life left open and some that it answered, then goes on with new ids, some sent twice. */
export async function publishWithIds(round: Round): Promise<void> {
  const { world, dice } = round;
  const again = world.messageIds.filter((one) => one.sequence === 0 || dice.onceIn(10));
  await Promise.all(again.slice(-200).map((one) => publishId(round, one)));
  while (!round.isOver) {
    const sent: Promise<void>[] = [];
    for (let left = dice.between(1, 20); left > 0; left -= 1) {
      const one = world.newMessageId();
      sent.push(publishId(round, one));
      if (dice.onceIn(6)) {
        sent.push(publishId(round, one));
      }
    }
    await Promise.all(sent);
    await Bun.sleep(dice.below(6));
  }
}

/** One writer of one subject, who says what must stand there; now and then wrongly. */
export async function publishExpecting(round: Round, subject: string): Promise<void> {
  const { world, dice } = round;
  const { events } = world;
  let last = events.lastOn(subject);
  while (!round.isOver) {
    const attempt = events.attempt(subject, dice);
    const isWrong = dice.onceIn(5);
    const expect = { lastSubjectSequence: isWrong ? last + dice.between(1, 3) : last };
    try {
      const answer = await round.client.publish(subject, attempt.body, { expect });
      events.stored(attempt, answer.seq);
      world.count("publishes acknowledged");
      last = answer.seq;
      if (isWrong) {
        world.faults.push(`${subject}: stored at ${answer.seq} against its expectation`);
      }
    } catch (cause) {
      if (cause instanceof JetStreamApiError && cause.code === wrongLastSequence && isWrong) {
        events.refused(attempt);
        world.count("expectations refused");
      } else if (!round.isOver) {
        world.faults.push(`${subject}, expecting ${expect.lastSubjectSequence}: ${String(cause)}`);
      }
    }
  }
}

export async function publishBatches(round: Round): Promise<void> {
  const { world, dice, client } = round;
  const { events } = world;
  while (!round.isOver) {
    const attempts = dice.many(3, 12, () => events.attempt("ev.batch", dice));
    world.batches.push({ identities: attempts.map((one) => one.identity) });
    const answer = await round.asked(
      "batch",
      (async () => {
        const [first, ...rest] = attempts;
        const batch = await client.startBatch("ev.batch", first?.body ?? "");
        for (const one of rest.slice(0, -1)) {
          batch.add("ev.batch", one.body);
        }
        return await batch.commit("ev.batch", rest.at(-1)?.body ?? "");
      })(),
    );
    if (answer !== null) {
      for (const [at, one] of attempts.entries()) {
        events.stored(one, answer.seq - attempts.length + 1 + at);
      }
      world.count("batches committed");
    }
    await Bun.sleep(dice.below(10));
  }
}

/** Puts and deletes on its own keys, one after the other on each. */
export async function putKeys(round: Round, keys: readonly KeyLedger[]): Promise<void> {
  const { world, dice } = round;
  const bucket = await round.asked("bucket", new Kvm(round.client).open("kill"));
  while (bucket !== null && !round.isOver) {
    await Promise.all(
      keys.map(async (one) => {
        const isDeletion = one.values.at(-1) !== null && one.values.length > 0 && dice.onceIn(8);
        const value = isDeletion ? null : `${one.key} ${one.values.length} ${dice.below(1000)}`;
        one.uncertain = value;
        const answer = await round.asked(
          "key",
          value === null ? bucket.delete(one.key).then(() => 0) : bucket.put(one.key, value),
        );
        if (answer !== null) {
          one.values.push(value);
          one.revision = answer;
          one.uncertain = undefined;
          world.count("keys written");
        }
      }),
    );
    await Bun.sleep(dice.below(4));
  }
}
