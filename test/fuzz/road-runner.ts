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
  type SubscriptionDetail,
  type SubscriptionRef,
} from "../../src/wasm/fabric.ts";
import { bytes, opText, text } from "../contract/fabric/fabric-stage.ts";
import { isSubscribable } from "../reference/plain-subject.ts";
import { hashOf } from "./road-dice.ts";
import { accountCount, type OptionChange, type Step } from "./road-step.ts";

interface Player {
  readonly slot: SlotIndex;
  options: SlotOptions;
  isHeld: boolean;
  isBroken: boolean;
}

const plainOptions = {
  permissions: noPermissions,
  connected: true,
  verbose: false,
  pedantic: false,
  echo: true,
  headers: true,
  noResponders: true,
  decidesSubscriptions: false,
  reportsFirstPing: false,
  isSystem: false,
  maxPayload: 1_048_576,
  maxSubscriptions: 0,
  maxControlLine: 4096,
};

/** Rows may cause rows; so many publishes from one routing are enough. */
const publishesPerRouting = 12;

export class RoadRunner {
  readonly log: string[] = [];
  readonly #fabric: Fabric;
  readonly #accounts: readonly AccountIndex[];
  readonly #players = new Map<number, Player>();
  readonly #receivers = new Map<number, SubscriptionRef>();
  #now = 1_000;
  #held = 0;
  #publishesLeft = 0;

  constructor(fabric: Fabric) {
    this.#fabric = fabric;
    this.#accounts = Array.from({ length: accountCount }, () => fabric.openAccount());
    fabric.setStallBytes(1e9);
    fabric.setMaxPending(1e9);
  }

  play(steps: readonly Step[]): readonly string[] {
    for (const step of steps) {
      this.#step(step);
      this.#routeRows();
      this.#noteSizes();
    }
    return this.log;
  }

  /** Ends all that was begun; what the fabric holds must then be what it held at the start. */
  close(): void {
    for (const number of [...this.#players.keys()]) {
      this.#finish(number);
    }
    for (const reference of this.#receivers.values()) {
      this.#fabric.unsubscribe(reference);
    }
    this.#note(`totals ${this.#countersText(this.#fabric.totals())}`);
    for (const account of this.#accounts) {
      this.#note(`account ${this.#countersText(this.#fabric.accountCounters(account))}`);
      this.#fabric.closeAccount(account);
    }
    this.#note(`subscriptions left ${this.#fabric.interestStatistics().subscriptions}`);
  }

  #note(line: string): void {
    this.log.push(line);
  }

  #account(number: number): AccountIndex {
    return this.#accounts[number % accountCount] ?? (1 as AccountIndex);
  }

  #accountName(account: AccountIndex): string {
    return `account${this.#accounts.indexOf(account)}`;
  }

  #slotName(slot: SlotIndex): string {
    if (slot === noSlot) {
      return "nobody";
    }
    const found = [...this.#players].find(([, player]) => player.slot === slot);
    return found === undefined ? "gone" : `client${found[0]}`;
  }

  #step(step: Step): void {
    switch (step.kind) {
      case "bytes":
        return this.#takeBytes(step.client, step.bytes, step.cuts);
      case "open":
        return this.#open(step.client, step.options);
      case "close":
        return this.#finish(step.client);
      case "time":
        this.#now += step.millis;
        return;
      case "turn":
        return this.#turn();
      case "look":
        return this.#look(this.#account(step.account), step.subject);
      case "limits":
        this.#fabric.setStallBytes(step.stallBytes);
        this.#fabric.setMaxPending(step.maxPending);
        return;
      case "mapped":
        this.#fabric.setMappedSubjects(this.#account(step.account), step.patterns);
        return;
      case "inside":
        return this.#inside(step);
      case "removeInside":
        return this.#removeInside(step.receiver);
      case "publish":
        return this.#publish(step);
      default:
        return this.#stepOfPlayer(step);
    }
  }

  #stepOfPlayer(step: Exclude<Step, { kind: "open" }> & { readonly client: number }): void {
    const player = this.#players.get(step.client);
    if (player === undefined) {
      return;
    }
    const { slot } = player;
    switch (step.kind) {
      case "options":
        return this.#setOptions(player, this.#optionsFrom(player.options, step.options));
      case "permissions":
        return this.#setPermissions(player, step.spec);
      case "subscribe":
        return this.#subscribe(player, step);
      case "shadow":
        return this.#shadow(player, step);
      case "unsubscribe":
        return this.#unsubscribe(player, step.sid);
      case "noResponders":
        return this.#fabric.sendNoResponders(slot, step.reply, step.subject);
      case "write":
        this.#note(`write ${this.#fabric.write(slot, bytes(step.bytes))}`);
        return;
      case "drain":
        return this.#drain(step.client, player, step.limit);
      case "release":
        return this.#release(step.client, player);
      case "stuck":
        return this.#fabric.setStuck(slot, step.isStuck);
      case "awaitPong":
        return this.#fabric.awaitPong(slot, step.isAwaited);
      default:
        return;
    }
  }

  #optionsFrom(base: SlotOptions, change: OptionChange): SlotOptions {
    const { accountNumber, ...rest } = change;
    const account = accountNumber === undefined ? base.account : this.#account(accountNumber);
    return { ...base, ...rest, account };
  }

  #open(number: number, change: OptionChange): void {
    if (this.#players.has(number)) {
      return;
    }
    const options = this.#optionsFrom({ ...plainOptions, account: this.#account(0) }, change);
    const slot = this.#fabric.openSlot(options);
    this.#players.set(number, { slot, options, isHeld: false, isBroken: false });
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
    const player = this.#players.get(number);
    if (player === undefined) {
      return;
    }
    const { slot } = player;
    const listed = this.#fabric.subscriptionsOf(slot);
    this.#note(
      `client${number} has ${listed.map((detail) => this.#detailText(detail)).join("; ")}`,
    );
    this.#drain(number, player, 1e9);
    this.#note(`client${number} ${this.#countersText(this.#fabric.slotCounters(slot))}`);
    this.#fabric.closeSlot(slot);
    this.#players.delete(number);
    this.#closePermissions(player.options.permissions);
  }

  #subscribe(
    player: Player,
    wish: { subject: string; queue: string; sid: string; filtersDenied: boolean },
  ): void {
    const { slot } = player;
    const { account } = player.options;
    const { subject, queue, sid, filtersDenied } = wish;
    const before = this.#fabric.findSubscription(slot, sid);
    const reference = this.#fabric.subscribe({ slot, account, subject, queue, sid, filtersDenied });
    this.#note(`subscribed ${before === 0 || before === reference}`);
    this.#note(this.#detailText(this.#fabric.describe(reference)));
  }

  #shadow(
    player: Player,
    wish: { sid: string; account: number; subject: string; show: string | null },
  ): void {
    const primary = this.#fabric.findSubscription(player.slot, wish.sid);
    if (primary !== 0) {
      const account = this.#account(wish.account);
      const shadow = this.#fabric.addShadow(primary, account, wish.subject, wish.show);
      this.#note(this.#detailText(this.#fabric.describe(shadow)));
    }
  }

  #unsubscribe(player: Player, sid: string): void {
    const reference = this.#fabric.findSubscription(player.slot, sid);
    if (reference !== 0) {
      this.#fabric.unsubscribe(reference);
    }
  }

  #inside(wish: { receiver: number; account: number; subject: string; queue: string }): void {
    this.#removeInside(wish.receiver);
    const { receiver, subject, queue } = wish;
    const account = this.#account(wish.account);
    this.#receivers.set(receiver, this.#fabric.subscribeInside(account, subject, queue, receiver));
  }

  #removeInside(receiver: number): void {
    const reference = this.#receivers.get(receiver);
    if (reference !== undefined) {
      this.#fabric.unsubscribe(reference);
      this.#receivers.delete(receiver);
    }
  }

  #publish(step: Step & { readonly kind: "publish" }): void {
    const { subject, reply } = step;
    const account = this.#account(step.account);
    const origin = this.#players.get(step.client)?.slot ?? noSlot;
    const [headers, body] = [bytes(step.headers), bytes(step.body)];
    const count = this.#fabric.publish({ account, origin, subject, reply, headers, body });
    this.#note(`publish reached ${count}`);
  }

  #takeBytes(number: number, all: string, cuts: readonly number[]): void {
    let start = 0;
    for (const end of [...cuts, all.length]) {
      const player = this.#players.get(number);
      if (player === undefined || end > all.length) {
        return;
      }
      this.#release(number, player);
      const chunk = all.slice(start, end);
      start = end;
      // It may have been closed, or held again, for what it had before.
      if (this.#players.get(number) === player && !player.isHeld) {
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
      if (this.#players.get(number) !== player || player.isHeld) {
        return;
      }
      this.#routeRows();
      result = this.#fabric.resume(player.slot);
    }
    this.#routeRows();
  }

  #act(number: number, player: Player, result: Outcome): void {
    if (result === outcome.stalled) {
      this.#note(`client${number} stalled by ${this.#slotName(this.#fabric.stalledBy)}`);
      this.#routeRows();
      this.#holdSometimes(player);
    } else if (result === outcome.op) {
      // Rows go first, always; the op is read before, since publishing may not disturb it.
      const { op } = this.#fabric;
      const seen = opText(op);
      this.#note(`client${number} ${seen}`);
      this.#routeRows();
      this.#answer(number, player, op, seen);
    } else if (result === outcome.rows) {
      this.#note(`client${number} waits for rows`);
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
        return this.#holdSometimes(player);
      case opKind.early:
        return this.#setOptions(player, { ...player.options, connected: true });
      case opKind.subscribe: {
        const subject = part(op.subjectStart, op.subjectLength);
        const queue = part(op.queueStart, op.queueLength);
        const sid = part(op.sidStart, op.sidLength);
        return this.#decide(player, subject, queue, sid);
      }
      case opKind.mapped:
        return this.#map(slot, hashOf(seen));
      case opKind.pong:
        return this.#fabric.awaitPong(slot, false);
      case opKind.error:
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

  #map(slot: SlotIndex, hash: number): void {
    if (hash % 4 !== 0) {
      const targets = ["a", "b.c", "map.a", "_GR_.x", "nobody.there"] as const;
      const count = this.#fabric.publishMapped(slot, targets[hash % targets.length] ?? "a");
      this.#note(`mapped reached ${count}`);
    }
  }

  #routeRows(): void {
    const { rows } = this.#fabric;
    if (rows.count === 0) {
      return;
    }
    this.#publishesLeft = publishesPerRouting;
    for (let index = 0; index < rows.count; index += 1) {
      this.#routeRow(index);
    }
    this.#fabric.clearRows();
  }

  #routeRow(index: number): void {
    const { rows } = this.#fabric;
    const part = (start: number, length: number): string => text(rows.bytes, start, length);
    const subject = part(rows.subjectStart(index), rows.subjectLength(index));
    const reply = part(rows.replyStart(index), rows.replyLength(index));
    const headers = part(rows.headerStart(index), rows.headerLength(index));
    const body = part(rows.bodyStart(index), rows.bodyLength(index));
    const [receiver, origin, account] = [
      rows.receiver(index),
      rows.origin(index),
      rows.account(index),
    ];
    const known = this.#receivers.get(receiver) === rows.subscription(index);
    const names = `${receiver} ${known} ${this.#slotName(origin)} ${this.#accountName(account)}`;
    this.#note(`row ${names} [${subject}] [${reply}] [${headers}] [${body}]`);
    if (this.#publishesLeft > 0) {
      this.#publishesLeft -= 1;
      this.#answerRow(index, receiver, origin, account, subject, reply);
    }
  }

  /** What the receiver's number says it does. */
  #answerRow(
    index: number,
    receiver: number,
    origin: SlotIndex,
    account: AccountIndex,
    subject: string,
    reply: string,
  ): void {
    const fabric = this.#fabric;
    const other = this.#account(this.#accounts.indexOf(account) + 1);
    // The publisher may have been closed while its rows were waiting.
    const alive = this.#slotName(origin) === "gone" ? noSlot : origin;
    if (receiver % 4 === 1) {
      this.#note(`forwarded to ${fabric.forward(index, other, alive, `f.${receiver}`, reply)}`);
      this.#note(`forwarded to ${fabric.forward(index, account, noSlot, "c", "")}`);
    } else if (receiver % 4 === 2 && reply !== "") {
      const empty = bytes("");
      const answer = { account, origin: noSlot, reply: "", headers: empty, body: bytes(subject) };
      this.#note(`answer reached ${fabric.publish({ ...answer, subject: reply })}`);
    } else if (receiver % 4 === 3) {
      const headers = bytes(receiver === 3 ? "NATS/1.0\r\nX: y\r\n\r\n" : "");
      this.#note(`forwarded to ${fabric.forward(index, other, alive, "a", reply, headers)}`);
      if (alive !== noSlot && reply !== "") {
        fabric.sendNoResponders(alive, reply, subject);
      }
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
    this.#note(`client${number} got ${taken}`);
  }

  #turn(): void {
    this.#note(`touched ${this.#taken(() => this.#fabric.takeTouched())}`);
    this.#note(`overflowed ${this.#taken(() => this.#fabric.takeOverflowed())}`);
  }

  #taken(take: () => SlotIndex): string {
    const names: string[] = [];
    for (let slot = take(); slot !== noSlot; slot = take()) {
      names.push(this.#slotName(slot));
    }
    return names.sort().join(" ");
  }

  #look(account: AccountIndex, subject: string): void {
    const found = this.#fabric.match(account, subject).map((detail) => this.#detailText(detail));
    this.#note(`match ${found.sort().join("; ")}`);
    this.#note(`interest ${this.#fabric.hasInterest(account, subject)}`);
    const all = this.#fabric
      .subscriptionsIn(account, 1e6)
      .map((detail) => this.#detailText(detail));
    this.#note(`all ${all.sort().join("; ")}`);
    const { subscriptions } = this.#fabric.interestStatistics();
    this.#note(`subscriptions ${subscriptions}`);
    this.#note(this.#countersText(this.#fabric.accountCounters(account)));
  }

  /** What waits where tells of every byte written, long before it is read. */
  #noteSizes(): void {
    const sizes = [...this.#players].map(
      ([number, { slot }]) => `${number}:${this.#fabric.pendingBytes(slot)}`,
    );
    this.#note(`pending ${sizes.join(" ")}`);
  }

  #detailText(detail: SubscriptionDetail): string {
    const { subject, queue, sid, delivered, max, isShadow } = detail;
    const owner = `${this.#slotName(detail.slot)} ${this.#accountName(detail.account)}`;
    return `${owner} [${subject}] [${queue}] [${sid}] ${delivered}/${max}${isShadow ? " shadow" : ""}`;
  }

  /** Written field by field: an implementation may have them in another order. */
  #countersText(counters: {
    inMessages: number;
    inBytes: number;
    outMessages: number;
    outBytes: number;
    subscriptions: number;
  }): string {
    const { inMessages, inBytes, outMessages, outBytes, subscriptions } = counters;
    return `in ${inMessages}/${inBytes} out ${outMessages}/${outBytes} subs ${subscriptions}`;
  }
}
