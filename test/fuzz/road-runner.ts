// Plays a sequence on one fabric and writes down everything that can be seen, with names instead of numbers,
// so that two implementations can be compared line by line. It answers ops by what they say, never by chance.

import {
  type AccountIndex,
  type Fabric,
  noPermissions,
  noSlot,
  type Outcome,
  opKind,
  outcome,
  type PendingOp,
  type PermissionsRef,
  type PermissionsSpec,
  type SlotIndex,
  type SlotOptions,
  type SubscribeOptions,
} from "../../src/wasm/fabric.ts";
import { bytes, opText, text } from "../contract/fabric/fabric-stage.ts";
import { isSubscribable } from "../reference/plain-subject.ts";
import { hashOf } from "./road-dice.ts";
import { takenMapped, takenTraced } from "./road-handed-up.ts";
import { plainOptions } from "./road-options.ts";
import { outgoing } from "./road-outgoing.ts";
import { RoadRows } from "./road-rows.ts";
import type { OptionChange, Step } from "./road-step.ts";
import { countersText, flushWaits, type Player, rowsWait, Transcript } from "./road-transcript.ts";

export class RoadRunner {
  readonly #fabric: Fabric;
  readonly #transcript: Transcript;
  readonly #rows: RoadRows;
  /** Bytes that were handed to a parser that still took some. */
  bytesTaken = 0;
  #now = 1_760_000_000_000;
  #held = 0;

  constructor(fabric: Fabric) {
    this.#fabric = fabric;
    this.#transcript = new Transcript(fabric);
    this.#rows = new RoadRows(fabric, this.#transcript);
    fabric.setStallBytes(1e9);
    fabric.setMaxPending(1e9);
  }

  get log(): readonly string[] {
    return this.#transcript.lines;
  }

  /** The last line, where the fabric threw. */
  noteFailure(failure: unknown): void {
    this.#transcript.note(`threw ${failure instanceof Error ? failure.stack : failure}`);
  }

  play(steps: readonly Step[]): void {
    for (const step of steps) {
      this.#step(step);
      this.#rows.route();
      this.#noteSizes();
    }
  }

  /** Ends all that was begun; what the fabric holds must then be what it held at the start. */
  close(): void {
    for (const number of [...this.#transcript.players.keys()]) {
      this.#finish(number);
    }
    for (const reference of this.#rows.receivers.values()) {
      this.#fabric.unsubscribe(reference);
    }
    this.#throwDice();
    this.#transcript.note(`totals ${countersText(this.#fabric.totals())}`);
    for (const account of this.#transcript.accounts) {
      this.#transcript.note(`account ${countersText(this.#fabric.accountCounters(account))}`);
      this.#fabric.closeAccount(account);
    }
    this.#transcript.note(`subscriptions left ${this.#fabric.interestStatistics().subscriptions}`);
  }

  /** Both fabrics must have thrown as often; a sequence after which they have not would be hard to find later. */
  #throwDice(): void {
    const account = this.#transcript.account(0);
    const members = Array.from({ length: 31 }, (_, receiver) =>
      this.#fabric.subscribeInside(account, "dice", "dice", receiver),
    );
    const message = { account, origin: noSlot, subject: "dice", reply: "" };
    this.#fabric.publish({ ...message, headers: bytes(""), body: bytes("") });
    this.#transcript.note(`dice ${this.#fabric.rows.receiver(0)}`);
    this.#fabric.clearRows();
    for (const member of members) {
      this.#fabric.unsubscribe(member);
    }
  }

  #step(step: Step): void {
    switch (step.kind) {
      case "bytes":
        this.#open(step.client, {});
        this.#takeBytes(step.client, step.bytes, step.cuts);
        break;
      case "open":
        this.#open(step.client, step.options);
        break;
      case "close":
        this.#finish(step.client);
        break;
      case "time":
        this.#now += step.millis;
        return;
      case "turn":
        this.#turn();
        break;
      case "look":
        this.#look(this.#transcript.account(step.account), step.subject);
        break;
      case "limits":
        this.#fabric.setStallBytes(step.stallBytes);
        this.#fabric.setMaxPending(step.maxPending);
        return;
      case "mapped":
        this.#fabric.setMappedSubjects(this.#transcript.account(step.account), step.patterns);
        this.#fabric.setTracesParents(
          this.#transcript.account(step.account),
          step.patterns.length > 0,
        );
        return;
      case "inside":
        this.#inside(step);
        break;
      case "removeInside":
        this.#rows.remove(step.receiver);
        break;
      case "publish":
        this.#publish(step);
        break;
      default:
        this.#stepOfPlayer(step);
        break;
    }
  }

  #stepOfPlayer(step: Exclude<Step, { kind: "open" }> & { readonly client: number }): void {
    const player = this.#transcript.players.get(step.client);
    if (player === undefined) {
      return;
    }
    const { slot } = player;
    switch (step.kind) {
      case "options":
        this.#changeOptions(player, step.options);
        break;
      case "permissions":
        this.#setPermissions(player, step.spec);
        break;
      case "subscribe":
        this.#subscribe(player, step);
        break;
      case "shadow":
        this.#shadow(player, step);
        break;
      case "unsubscribe":
        this.#unsubscribe(player, step.sid);
        break;
      case "noResponders":
        this.#fabric.sendNoResponders(slot, step.reply, step.subject);
        break;
      case "write":
        this.#transcript.note(`write ${this.#fabric.write(slot, bytes(step.bytes))}`);
        return;
      case "drain":
        this.#drain(step.client, player, step.limit);
        break;
      case "release":
        this.#release(step.client, player);
        break;
      case "stuck":
        this.#fabric.setStuck(slot, step.isStuck);
        break;
      case "awaitPong":
        this.#fabric.awaitPong(slot, step.isAwaited);
        break;
      default:
        return;
    }
  }

  #optionsFrom(base: SlotOptions, change: OptionChange): SlotOptions {
    const { accountNumber, ...rest } = change;
    const account =
      accountNumber === undefined ? base.account : this.#transcript.account(accountNumber);
    return { ...base, ...rest, account };
  }

  #open(number: number, change: OptionChange): void {
    if (this.#transcript.players.has(number)) {
      return;
    }
    const options = this.#optionsFrom(
      { ...plainOptions, account: this.#transcript.account(0) },
      change,
    );
    const slot = this.#fabric.openSlot(options);
    this.#transcript.players.set(number, { slot, options, isHeld: false, isBroken: false });
  }

  /**
   * A client may be in the middle of a message. What its control line was judged by is then changed by nobody:
   * those options come with a CONNECT.
   */
  #changeOptions(player: Player, change: OptionChange): void {
    const { connected, headers, pedantic, maxPayload, maxControlLine } = player.options;
    const asBefore = { connected, headers, pedantic, maxPayload, maxControlLine };
    this.#setOptions(player, this.#optionsFrom(player.options, { ...change, ...asBefore }));
  }

  #setOptions(player: Player, options: SlotOptions): void {
    player.options = options;
    this.#fabric.setSlotOptions(player.slot, options);
  }

  #setPermissions(player: Player, spec: PermissionsSpec | null): void {
    const before = player.options.permissions;
    const permissions = spec === null ? noPermissions : this.#fabric.openPermissions(spec);
    this.#setOptions(player, { ...player.options, permissions });
    this.#closePermissions(before);
  }

  #closePermissions(permissions: PermissionsRef): void {
    if (permissions !== noPermissions) {
      this.#fabric.closePermissions(permissions);
    }
  }

  /** Drains, writes down the counters and closes. */
  #finish(number: number): void {
    const player = this.#transcript.players.get(number);
    if (player === undefined) {
      return;
    }
    const { slot } = player;
    const listed = this.#fabric.subscriptionsOf(slot);
    this.#transcript.note(
      `client${number} has ${listed.map((detail) => this.#transcript.detailText(detail)).join("; ")}`,
    );
    this.#drain(number, player, 1e9);
    this.#transcript.note(`client${number} ${countersText(this.#fabric.slotCounters(slot))}`);
    this.#fabric.closeSlot(slot);
    this.#transcript.players.delete(number);
    this.#closePermissions(player.options.permissions);
  }

  #subscribe(player: Player, wish: Omit<SubscribeOptions, "slot" | "account">): void {
    const { slot } = player;
    const { account } = player.options;
    const { subject, queue, sid, filtersDenied, alsoDenied = [] } = wish;
    const before = this.#fabric.findSubscription(slot, sid);
    const reference = this.#fabric.subscribe({
      ...{ slot, account, subject, queue, sid, filtersDenied, alsoDenied },
    });
    this.#transcript.note(`subscribed ${before === 0 || before === reference}`);
    this.#transcript.note(this.#transcript.detailText(this.#fabric.describe(reference)));
  }

  #shadow(
    player: Player,
    wish: { sid: string; account: number; subject: string; show: string | null },
  ): void {
    const primary = this.#fabric.findSubscription(player.slot, wish.sid);
    if (primary !== 0) {
      const account = this.#transcript.account(wish.account);
      const shadow = this.#fabric.addShadow(primary, account, wish.subject, wish.show);
      this.#transcript.note(this.#transcript.detailText(this.#fabric.describe(shadow)));
    }
  }

  #unsubscribe(player: Player, sid: string): void {
    const reference = this.#fabric.findSubscription(player.slot, sid);
    if (reference !== 0) {
      this.#fabric.unsubscribe(reference);
    }
  }

  #inside(wish: { receiver: number; account: number; subject: string; queue: string }): void {
    this.#rows.remove(wish.receiver);
    const { receiver, subject, queue } = wish;
    const account = this.#transcript.account(wish.account);
    this.#rows.receivers.set(
      receiver,
      this.#fabric.subscribeInside(account, subject, queue, receiver),
    );
  }

  #publish(step: Step & { readonly kind: "publish" }): void {
    const { subject, reply } = step;
    const account = this.#transcript.account(step.account);
    const origin = this.#transcript.players.get(step.client)?.slot ?? noSlot;
    const [headers, body] = [bytes(step.headers), bytes(step.body)];
    if (step.shown !== undefined) {
      const message = outgoing(subject, step.shown, reply, headers, body);
      this.#transcript.note(`delivery reached ${this.#fabric.deliver(account, message)}`);
      return;
    }
    const count = this.#fabric.publish({ account, origin, subject, reply, headers, body });
    this.#transcript.note(`publish reached ${count}`);
  }

  #takeBytes(number: number, all: string, cuts: readonly number[]): void {
    let start = 0;
    for (const end of [...cuts, all.length]) {
      const player = this.#transcript.players.get(number);
      if (player === undefined || end > all.length) {
        return;
      }
      this.#release(number, player);
      const chunk = all.slice(start, end);
      start = end;
      // It may have been closed, or held again, for what it had before.
      if (this.#transcript.players.get(number) === player && !player.isHeld) {
        this.bytesTaken += player.isBroken ? 0 : chunk.length;
        this.#drive(number, player, this.#fabric.ingest(player.slot, bytes(chunk), this.#now));
      }
    }
  }

  #release(number: number, player: Player): void {
    if (player.isHeld) {
      player.isHeld = false;
      this.#drive(number, player, this.#fabric.resume(player.slot));
    }
  }

  #drive(number: number, player: Player, first: Outcome): void {
    let result = first;
    while (result !== outcome.done) {
      this.#act(number, player, result);
      if (this.#transcript.players.get(number) !== player || player.isHeld) {
        return;
      }
      this.#rows.route();
      result = this.#fabric.resume(player.slot);
    }
    this.#rows.route();
  }

  #act(number: number, player: Player, result: Outcome): void {
    if (result === outcome.stalled) {
      this.#transcript.note(
        `client${number} stalled by ${this.#transcript.slotName(this.#fabric.stalledBy)}`,
      );
      this.#rows.route();
      this.#holdSometimes(player);
    } else if (result === outcome.op) {
      // Rows go first, always; the op is read before, since routing may publish.
      const { op } = this.#fabric;
      const seen = opText(op);
      this.#rows.route();
      this.#transcript.note(`client${number} ${seen}`);
      this.#answer(number, player, op, seen);
    } else {
      this.#transcript.note(`client${number} ${result === outcome.rows ? rowsWait : flushWaits}`);
    }
  }

  /** Every third stall and slow decision. */
  #holdSometimes(player: Player): void {
    this.#held += 1;
    if (this.#held % 3 === 0) {
      this.#fabric.hold(player.slot);
      player.isHeld = true;
    }
  }

  #answer(number: number, player: Player, op: PendingOp, seen: string): void {
    const { slot } = player;
    const part = (start: number, length: number): string => text(op.bytes, start, length);
    switch (op.kind) {
      case opKind.connect:
        this.#connect(player, part(op.bodyStart, op.bodyLength));
        this.#holdSometimes(player);
        break;
      case opKind.early:
        this.#setOptions(player, { ...player.options, connected: true });
        break;
      case opKind.subscribe: {
        const subject = part(op.subjectStart, op.subjectLength);
        const queue = part(op.queueStart, op.queueLength);
        const sid = part(op.sidStart, op.sidLength);
        this.#decide(player, subject, queue, sid);
        break;
      }
      case opKind.mapped:
        this.#transcript.note(takenMapped(this.#fabric, slot, hashOf(seen)));
        break;
      case opKind.traced:
        this.#transcript.note(takenTraced(this.#fabric, slot, hashOf(seen)));
        break;
      case opKind.pong:
        this.#fabric.awaitPong(slot, false);
        break;
      case opKind.error:
        player.isBroken = true;
        // Most are closed; the others stay to show that they take no more.
        if (hashOf(seen) % 4 !== 0) {
          this.#finish(number);
        }
        return;
      default:
        return;
    }
  }

  #connect(player: Player, json: string): void {
    const change: OptionChange = {
      connected: true,
      verbose: json.includes("v"),
      pedantic: json.includes("p"),
      echo: !json.includes("e"),
      headers: !json.includes("h"),
      noResponders: !json.includes("n"),
      maxPayload: json.includes("m") ? 20 : 1_048_576,
      maxControlLine: json.includes("l") ? 64 : 4096,
    };
    this.#setOptions(player, this.#optionsFrom(player.options, change));
  }

  #decide(player: Player, subject: string, queue: string, sid: string): void {
    const hash = hashOf(subject + sid);
    if (!isSubscribable(subject) || hash % 5 === 0) {
      this.#fabric.write(player.slot, bytes("-ERR 'no'\r\n"));
      return;
    }
    this.#subscribe(player, { subject, queue, sid, filtersDenied: hash % 2 === 0 });
    if (hash % 7 === 0) {
      this.#shadow(player, { sid, account: hash % 3, subject: "a.*", show: "$1.shown" });
    }
  }

  #drain(number: number, { slot }: Player, limit: number): void {
    const fabric = this.#fabric;
    let taken = "";
    while (taken.length < limit && fabric.outboxLength(slot) > 0) {
      const count = Math.min(limit - taken.length, fabric.outboxLength(slot));
      taken += text(fabric.outboxBytes(slot), fabric.outboxOffset(slot), count);
      fabric.took(slot, count);
    }
    this.#transcript.note(`client${number} got ${taken}`);
  }

  #turn(): void {
    this.#transcript.note(`touched ${this.#taken(() => this.#fabric.takeTouched())}`);
    this.#transcript.note(`overflowed ${this.#taken(() => this.#fabric.takeOverflowed())}`);
  }

  #taken(take: () => SlotIndex): string {
    const names: string[] = [];
    for (let slot = take(); slot !== noSlot; slot = take()) {
      names.push(this.#transcript.slotName(slot));
    }
    return names.sort().join(" ");
  }

  #look(account: AccountIndex, subject: string): void {
    const found = this.#fabric
      .match(account, subject)
      .map((detail) => this.#transcript.detailText(detail));
    this.#transcript.note(`match ${found.sort().join("; ")}`);
    this.#transcript.note(`interest ${this.#fabric.hasInterest(account, subject)}`);
    const listeners = ["", "q"].map((name) => this.#fabric.hasListener(account, subject, name));
    this.#transcript.note(`listeners ${listeners}`);
    const all = this.#fabric
      .subscriptionsIn(account, 1e6)
      .map((detail) => this.#transcript.detailText(detail));
    this.#transcript.note(`all ${all.sort().join("; ")}`);
    const { subscriptions } = this.#fabric.interestStatistics();
    this.#transcript.note(`subscriptions ${subscriptions}`);
    this.#transcript.note(countersText(this.#fabric.accountCounters(account)));
  }

  /** What waits where tells of every byte written, long before it is read. */
  #noteSizes(): void {
    const sizes = [...this.#transcript.players].map(
      ([number, { slot }]) => `${number}:${this.#fabric.pendingBytes(slot)}`,
    );
    this.#transcript.note(`pending ${sizes.join(" ")}`);
    this.#transcript.note(`stall ${this.#transcript.slotName(this.#fabric.takeStall())}`);
  }
}
