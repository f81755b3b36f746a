// What must be so when the server is up again: every ledger against what the server holds and says.

import { JetStreamApiError, JetStreamError } from "@nats-io/jetstream";
import { Kvm } from "@nats-io/kv";
import { within } from "../support/wait-until.ts";
import type { FoundMessage, StreamLedger } from "./kill-ledger.ts";
import type { KeyLedger, Round, Standing, World } from "./kill-world.ts";

const batchSize = 500;

/** Everything in a stream, in pages. */
export async function contents(round: Round, stream: string): Promise<readonly FoundMessage[]> {
  const found: FoundMessage[] = [];
  for (let seq = 1; ; ) {
    const former = found.length;
    try {
      const page = await round.manager.direct.getBatch(stream, { seq, batch: batchSize });
      for await (const message of page) {
        found.push({ seq: message.seq, subject: message.subject, body: message.string() });
      }
    } catch (cause) {
      if (!(cause instanceof JetStreamError && cause.message === "message not found")) {
        throw cause;
      }
    }
    if (found.length - former < batchSize) {
      return found;
    }
    seq = (found.at(-1)?.seq ?? 0) + 1;
  }
}

async function checkStream(round: Round, ledger: StreamLedger): Promise<void> {
  const { state } = await round.manager.streams.info(ledger.name);
  const found = await within(`all of ${ledger.name}`, contents(round, ledger.name), 20_000);
  if (found.length !== state.messages) {
    round.world.faults.push(`${ledger.name}: ${state.messages} said, ${found.length} found`);
  }
  const [first] = found;
  if (first !== undefined && first.seq !== state.first_seq) {
    round.world.faults.push(`${ledger.name}: begins with ${first.seq}, said ${state.first_seq}`);
  }
  ledger.check(found, state.last_seq);
  round.world.count("messages read back", found.length);
}

function checkBatches(world: World): void {
  for (const { identities } of world.batches) {
    const there = identities.filter((one) => world.events.live.has(one)).length;
    if (there !== 0 && there !== identities.length) {
      world.faults.push(`a batch of ${identities.length} from ${identities[0]}: ${there} stored`);
    }
  }
  world.batches = [];
}

function checkMessageIds(world: World): void {
  for (const one of world.messageIds) {
    const there = one.identities.flatMap((identity) => world.events.live.get(identity) ?? []);
    if (there.length > 1) {
      world.faults.push(`message id ${one.id} is stored ${there.length} times`);
    }
    one.sequence = there[0]?.sequence ?? one.sequence;
  }
}

async function checkKey(round: Round, key: KeyLedger): Promise<void> {
  const bucket = await new Kvm(round.client).open("kill");
  const entry = await bucket.get(key.key);
  const value = entry === null || entry.operation !== "PUT" ? null : entry.string();
  const last = key.values.at(-1) ?? null;
  const { uncertain } = key;
  if (value !== last && (uncertain === undefined || value !== uncertain)) {
    round.world.faults.push(`${key.key} is ${value}, was ${last}, perhaps ${uncertain}`);
  }
  if (value !== last || (uncertain === null && value === null)) {
    key.values.push(value);
  }
  key.uncertain = undefined;
  const kept: (string | null)[] = [];
  for await (const one of await bucket.history({ key: key.key })) {
    kept.push(one.operation === "PUT" ? one.string() : null);
  }
  const wanted = key.values.slice(-kept.length);
  const isLong = kept.length === Math.min(3, key.values.length);
  const isSame = kept.every((one, at) => one === wanted[at]);
  // A deletion that nobody answered looks as one that was never asked for, where none was there before.
  if (kept.length > 0 && uncertain !== null && !(isLong && isSame)) {
    round.world.faults.push(`${key.key}: history ${kept.join(", ")}, wanted ${wanted.join(", ")}`);
  }
}

function checkStanding(world: World, what: string, standing: Standing, is: number): void {
  if (is !== standing.answered && is !== standing.asked) {
    world.faults.push(`${what} is ${is}, answered ${standing.answered}, asked ${standing.asked}`);
  }
  standing.answered = is;
  standing.asked = is;
}

/** Null when it does not exist. */
async function ifThere<T>(answer: Promise<T>): Promise<T | null> {
  try {
    return await answer;
  } catch (cause) {
    if (cause instanceof JetStreamApiError && cause.status === 404) {
      return null;
    }
    throw cause;
  }
}

async function checkAssets(round: Round): Promise<void> {
  const { world, manager } = round;
  const { config } = await manager.streams.info("UP");
  checkStanding(world, "the stream's number", world.streamEdits, Number(config.description));
  const edited = await manager.consumers.info("UP", "edited");
  const number = Number(edited.config.description);
  checkStanding(world, "the consumer's number", world.consumerEdits, number);
  for (const [name, standing] of world.comingStreams) {
    const info = await ifThere(manager.streams.info(name));
    checkStanding(world, name, standing, info === null ? 0 : 1);
  }
  for (const [name, standing] of world.comingConsumers) {
    const info = await ifThere(manager.consumers.info("UP", name));
    checkStanding(world, name, standing, info === null ? 0 : 1);
  }
}

/** After a death: closes what was open in the ledgers and compares. */
export async function checkAll(round: Round): Promise<void> {
  const { world } = round;
  for (const ledger of [world.events, world.work, world.purged]) {
    ledger.roundOver();
    await checkStream(round, ledger);
  }
  checkBatches(world);
  checkMessageIds(world);
  for (const key of world.keys) {
    await checkKey(round, key);
  }
  await checkAssets(round);
}
