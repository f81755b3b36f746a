// The administrators of a round: purges, deletions of messages, edits, streams and consumers that come and go.

import { AckPolicy, type PurgeOpts } from "@nats-io/jetstream";
import type { Covers } from "./kill-ledger.ts";
import type { Round, Standing } from "./kill-world.ts";

interface PurgeWish {
  readonly request: { filter?: string; seq?: number; keep?: number };
  readonly covers: Covers;
  /** Some of what it covers may stay. */
  readonly spares: boolean;
}

/** By subject, by sequence, all but a few, all. */
function purgeWish({ dice, world }: Round): PurgeWish {
  const kind = dice.below(5);
  if (kind < 2) {
    const filter = `pu.${dice.below(12)}`;
    return { request: { filter }, covers: (subject) => subject === filter, spares: false };
  }
  if (kind < 3) {
    const seq = Math.max(1, world.purged.highest - dice.below(100));
    return { request: { seq }, covers: (_, at) => at === null || at < seq, spares: false };
  }
  const keep = dice.between(1, 50);
  return kind < 4
    ? { request: { keep }, covers: () => true, spares: true }
    : { request: {}, covers: () => true, spares: false };
}

/** Purges and deletions of single messages. */
export async function purge(round: Round): Promise<void> {
  const { world, dice, manager } = round;
  while (!round.isOver) {
    await Bun.sleep(dice.below(40));
    if (dice.onceIn(2)) {
      await deleteOne(round);
      continue;
    }
    const { request, covers, spares } = purgeWish(round);
    const removal = world.purged.removing(covers);
    // The client's type wants one kind of bound at a time, which each wish has.
    const answer = await round.asked(
      `purge ${JSON.stringify(request)}`,
      manager.streams.purge("PU", request as PurgeOpts),
    );
    if (answer !== null) {
      world.purged.removed(removal, !spares);
      world.count("purges");
    }
  }
}

async function deleteOne(round: Round): Promise<void> {
  const { world, dice, manager } = round;
  const stored = [...world.purged.live.values()].filter(
    (one) => one.fate === "stored" && !one.mayBeGone,
  );
  const chosen = stored[dice.below(Math.max(1, stored.length))];
  if (chosen === undefined) {
    return;
  }
  const { sequence } = chosen;
  const removal = world.purged.removing((_, at) => at === sequence);
  const answer = await round.asked(
    `deletion of PU ${sequence}`,
    manager.streams.deleteMessage("PU", sequence, dice.onceIn(2)),
  );
  if (answer === true) {
    world.purged.removed(removal);
    world.count("messages deleted");
  }
}

async function edit(
  round: Round,
  standing: Standing,
  what: string,
  call: (description: string) => Promise<unknown>,
): Promise<void> {
  standing.asked += 1;
  const number = standing.asked;
  if ((await round.asked(`update of a ${what}`, call(String(number)))) !== null) {
    standing.answered = number;
    round.world.count(`${what} updates`);
  }
}

export async function editAssets(round: Round): Promise<void> {
  const { world, dice, manager } = round;
  while (!round.isOver) {
    await edit(round, world.streamEdits, "stream", (description) =>
      manager.streams.update("UP", { description, max_msgs: 1000 + dice.below(1000) }),
    );
    await edit(round, world.consumerEdits, "consumer", (description) =>
      manager.consumers.update("UP", "edited", { description }),
    );
    await Bun.sleep(dice.below(15));
  }
}

/** Makes or removes one of a few, whichever is due. */
export async function comeAndGo(
  round: Round,
  what: string,
  standings: Map<string, Standing>,
  make: (name: string) => Promise<unknown>,
  remove: (name: string) => Promise<unknown>,
): Promise<void> {
  const { world, dice } = round;
  while (!round.isOver) {
    const name = `${what}${dice.below(6)}`;
    const standing = standings.get(name) ?? { answered: 0, asked: 0 };
    standings.set(name, standing);
    standing.asked = 1 - standing.answered;
    const isMaking = standing.asked === 1;
    const answer = await round.asked(
      `${isMaking ? "creation" : "deletion"} of ${name}`,
      isMaking ? make(name) : remove(name),
    );
    if (answer !== null) {
      standing.answered = standing.asked;
      world.count(isMaking ? `${what}s created` : `${what}s deleted`);
    }
    await Bun.sleep(dice.below(25));
  }
}

export async function makeAndRemoveStreams(round: Round): Promise<void> {
  const { manager, client } = round;
  await comeAndGo(
    round,
    "stream",
    round.world.comingStreams,
    async (name) => {
      await manager.streams.add({ name, subjects: [`${name}.>`] });
      await client.publish(`${name}.a`, "x");
    },
    (name) => manager.streams.delete(name),
  );
}

export async function makeAndRemoveConsumers(round: Round): Promise<void> {
  const { manager } = round;
  await comeAndGo(
    round,
    "consumer",
    round.world.comingConsumers,
    (name) => manager.consumers.add("UP", { durable_name: name, ack_policy: AckPolicy.Explicit }),
    (name) => manager.consumers.delete("UP", name),
  );
}
