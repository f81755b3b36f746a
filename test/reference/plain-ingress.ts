// The bytes of one slot, op after op, until they end or somebody else must act first.
// It knows no sockets; whoever calls acts on the outcome and resumes.

import { reservedQueue } from "../../src/subjects/reserved.ts";
import {
  type Outcome,
  opKind,
  outcome,
  type ParseError,
  type PendingOp,
  parseError,
} from "../../src/wasm/fabric.ts";
import { deliver } from "./plain-delivery.ts";
import { noOp, type OpFields, pendingOp } from "./plain-op.ts";
import {
  type Line,
  readLine,
  readPublishLine,
  readSubscribeLine,
  readUnsubscribeLine,
} from "./plain-parser.ts";
import { asksForTrace, isMapped, judgePublish } from "./plain-publish-gates.ts";
import type { Message, PlainSlot, PlainState } from "./plain-state.ts";
import { isSubscribable, isValidLiteral } from "./plain-subject.ts";

/** Small numbers, so that callers meet both outcomes; the WASM fabric has its own. */
const rowsBeforeRouting = 512;
const bytesBeforeFlush = 1_048_576;

/** Null: go on with what is left. */
type Step = Outcome | null;

export class PlainIngress {
  readonly #state: PlainState;
  #op: PendingOp = noOp;

  constructor(state: PlainState) {
    this.#state = state;
  }

  get op(): PendingOp {
    return this.#op;
  }

  run(slot: PlainSlot): Outcome {
    this.#op = noOp;
    let step: Step = null;
    while (step === null) {
      step = this.#nextStep(slot);
    }
    return step;
  }

  /** -1: publishing to this subject is denied; -2: its reply is. */
  publishMapped(slot: PlainSlot, subject: string): number {
    return this.#takeOn(slot, subject, true);
  }

  publishTraced(slot: PlainSlot, subject: string, delivers: boolean, headers?: string): number {
    const message = slot.pendingMessage;
    if (message !== null) {
      slot.pendingMessage = { ...message, headers: headers ?? message.headers };
      this.#countIn(slot, slot.pendingMessage);
    }
    return this.#takeOn(slot, subject, delivers);
  }

  #takeOn(slot: PlainSlot, subject: string, delivers: boolean): number {
    const message = slot.pendingMessage;
    slot.pendingMessage = null;
    if (message === null) {
      return 0;
    }
    const verdict = judgePublish(this.#state, slot, subject, message.reply);
    if (verdict !== "allowed") {
      return verdict === "publishDenied" ? -1 : -2;
    }
    if (!delivers) {
      this.#accept(slot);
      return 0;
    }
    const headerText = `${message.headers.length}`;
    const sizeText = `${message.headers.length + message.body.length}`;
    return this.#deliver(slot, { ...message, subject, headerText, sizeText });
  }

  #nextStep(slot: PlainSlot): Step {
    const state = this.#state;
    if (slot.isBroken) {
      slot.input = "";
      return outcome.done;
    }
    if (slot.stalledBy !== null) {
      return outcome.stalled;
    }
    if (slot.input === "") {
      return outcome.done;
    }
    if (state.rows.count >= rowsBeforeRouting) {
      return outcome.rows;
    }
    if (state.bytesToFlush >= bytesBeforeFlush) {
      state.bytesToFlush = 0;
      return outcome.flush;
    }
    return slot.publishLine === null ? this.#readOp(slot) : this.#readPayload(slot);
  }

  #readOp(slot: PlainSlot): Step {
    if (!slot.options.connected && !/^[Cc]/.test(slot.input)) {
      return this.#report({ kind: opKind.early });
    }
    const line = readLine(slot.input, slot.options.maxControlLine);
    switch (line.kind) {
      case "incomplete":
        return outcome.done;
      case "broken":
        return this.#break(slot, line.error);
      case "line":
        return this.#act(slot, line);
    }
  }

  #act(slot: PlainSlot, line: Line & { kind: "line" }): Step {
    if (line.verb === "PING") {
      return this.#ping(slot, line.length);
    }
    const whole = slot.input.slice(0, line.length);
    slot.input = slot.input.slice(line.length);
    switch (line.verb) {
      case "CONNECT":
        return this.#report({ kind: opKind.connect, body: line.argument });
      case "INFO":
      case "+OK":
      case "-ERR":
        return this.#report({ kind: opKind.ignored, body: line.argument });
      case "PONG":
        return this.#pong(slot);
      case "PUB":
        return this.#publishLine(slot, line.argument, false, whole);
      case "HPUB":
        return this.#publishLine(slot, line.argument, true, whole);
      case "SUB":
        return this.#subscribe(slot, line.argument, whole);
      case "UNSUB":
        return this.#unsubscribe(slot, line.argument, whole);
    }
  }

  /** Stays in the input until its PONG is written. */
  #ping(slot: PlainSlot, length: number): Step {
    if (this.#state.rows.count > 0) {
      return outcome.rows;
    }
    if (slot.awaitsFirstPing) {
      slot.awaitsFirstPing = false;
      return this.#report({ kind: opKind.firstPing });
    }
    slot.input = slot.input.slice(length);
    this.#state.write(slot, "PONG\r\n");
    return null;
  }

  #pong(slot: PlainSlot): Step {
    if (!slot.isPongAwaited) {
      return null;
    }
    slot.isPongAwaited = false;
    return this.#report({ kind: opKind.pong });
  }

  #subscribe(slot: PlainSlot, argument: string, whole: string): Step {
    const line = readSubscribeLine(argument);
    if (line === null) {
      return this.#break(slot, parseError.badArguments, whole);
    }
    const { maxSubscriptions, decidesSubscriptions, account } = slot.options;
    if (decidesSubscriptions || line.queue === reservedQueue) {
      return this.#report({ kind: opKind.subscribe, ...line });
    }
    if (maxSubscriptions > 0 && slot.subscriptions.size >= maxSubscriptions) {
      return this.#report({ kind: opKind.tooManySubscriptions, ...line });
    }
    if (!slot.subscriptions.has(line.sid)) {
      if (!isSubscribable(line.subject)) {
        return this.#report({ kind: opKind.invalidSubject, ...line });
      }
      const subscription = this.#state.interest.add({
        ...line,
        slot: slot.index,
        account,
        filtersDenied: false,
        alsoDenied: [],
        receiver: null,
        show: null,
        primary: null,
      });
      slot.subscriptions.set(line.sid, subscription);
    }
    return this.#accept(slot);
  }

  #unsubscribe(slot: PlainSlot, argument: string, whole: string): Step {
    const line = readUnsubscribeLine(argument);
    if (line === null) {
      return this.#break(slot, parseError.badArguments, whole);
    }
    const subscription = slot.subscriptions.get(line.sid);
    if (subscription !== undefined) {
      if (line.max > subscription.delivered) {
        subscription.max = line.max;
      } else {
        this.#state.removeSubscription(subscription);
      }
    }
    return this.#accept(slot);
  }

  #publishLine(slot: PlainSlot, argument: string, hasHeaders: boolean, whole: string): Step {
    if (hasHeaders && !slot.options.headers) {
      return this.#break(slot, parseError.headersNotSupported, whole);
    }
    const line = readPublishLine(argument, hasHeaders);
    if (typeof line === "number") {
      return this.#break(slot, line, whole);
    }
    if (line.size > slot.options.maxPayload) {
      const { subject, headerLength } = line;
      const found = hasHeaders ? { subject, headers: slot.input.slice(0, headerLength) } : {};
      return this.#break(slot, parseError.payloadTooLarge, whole, found);
    }
    if (slot.options.pedantic && !isValidLiteral(line.subject)) {
      this.#state.write(slot, "-ERR 'Invalid Publish Subject'\r\n");
    }
    slot.publishLine = line;
    return null;
  }

  #readPayload(slot: PlainSlot): Step {
    const line = slot.publishLine;
    if (line === null) {
      return null;
    }
    const { subject, reply, headerLength, headerText, size, sizeText } = line;
    const end = slot.input.slice(size, size + 2);
    if (end !== "\r\n" && end !== "\r" && end !== "") {
      return this.#break(slot, parseError.unknownOperation, slot.input.slice(size));
    }
    if (end !== "\r\n") {
      return outcome.done;
    }
    const headers = slot.input.slice(0, headerLength);
    const body = slot.input.slice(headerLength, size);
    slot.input = slot.input.slice(size + 2);
    slot.publishLine = null;
    const { account } = slot.options;
    const origin = slot.index;
    const texts = { headerText, sizeText };
    const message = { account, origin, subject, reply, headers, body, ...texts };
    if (asksForTrace(this.#state, slot, headers)) {
      slot.pendingMessage = message;
      return this.#reportPublish(opKind.traced, message);
    }
    return this.#publish(slot, message);
  }

  #countIn(slot: PlainSlot, { account, headers, body }: Message): void {
    const size = headers.length + body.length;
    slot.counters.countIn(size);
    this.#state.account(account).counters.countIn(size);
    this.#state.totals.countIn(size);
  }

  #publish(slot: PlainSlot, message: Message): Step {
    const state = this.#state;
    this.#countIn(slot, message);
    if (isMapped(state, slot, message.subject)) {
      slot.pendingMessage = message;
      return this.#reportPublish(opKind.mapped, message);
    }
    const verdict = judgePublish(state, slot, message.subject, message.reply);
    if (verdict !== "allowed") {
      return this.#reportPublish(opKind[verdict], message);
    }
    this.#deliver(slot, message);
    return null;
  }

  #deliver(slot: PlainSlot, message: Message): number {
    this.#accept(slot);
    const { receivers, full } = deliver(this.#state, message);
    slot.stalledBy = full[0] ?? null;
    return receivers;
  }

  #accept(slot: PlainSlot): null {
    if (slot.options.verbose) {
      this.#state.write(slot, "+OK\r\n");
    }
    return null;
  }

  #break(
    slot: PlainSlot,
    error: ParseError,
    offence: string = slot.input,
    found: Pick<OpFields, "subject" | "headers"> = {},
  ): Outcome {
    slot.isBroken = true;
    slot.input = "";
    return this.#report({ kind: opKind.error, error, ...found, body: offence.slice(0, 64) });
  }

  #reportPublish(kind: OpFields["kind"], message: Message): Outcome {
    const { subject, reply, headers, body } = message;
    return this.#report({ kind, subject, reply, headers, body });
  }

  #report(fields: OpFields): Outcome {
    this.#op = pendingOp(fields);
    return outcome.op;
  }
}
