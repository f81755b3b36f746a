// The listeners of a push consumer: active while there are any, and held back by flow control: so many bytes may be on
// the way until the client answers a request. It knows nothing of messages but their sizes.

import type { Random } from "../../ports/random.ts";
import type { ConsumerConfig } from "./consumer-config.ts";
import { latinBytes } from "./latin-bytes.ts";
import type { MessageSender } from "./message-sender.ts";
import type { Receiver } from "./receiver.ts";
import { idleHeartbeat, status } from "./status-headers.ts";

/** Bytes on the way: the window grows to this, twice as large with each answer. */
const windowBytesMax = 32 * 1024 * 1024;
const firstWindowBytes: number = windowBytesMax / 16;
const tokenAlphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const tokenLength = 4;

export interface PushSurroundings {
  readonly sender: MessageSender;
  readonly random: Random;
  readonly config: ConsumerConfig;
  /** "$JS.FC.<...>.": a token follows. */
  readonly flowControlPrefix: string;
  readonly ackPending: number;
  readonly lastConsumerSequence: number;
  readonly lastStreamSequence: number;
  /** Nobody heard the last message. */
  onUnheard(): void;
}

export class PushReceiver implements Receiver {
  readonly pinId = "";
  readonly #around: PushSurroundings;
  #to: Uint8Array;
  readonly #hasFlowControl: boolean;
  #window = firstWindowBytes;
  #onTheWay = 0;
  /** Of the request that waits for its answer; "" is none. */
  #asked = "";
  /** What the answer takes off. */
  #answers = 0;
  isActive: boolean;

  constructor(around: PushSurroundings, isActive: boolean) {
    this.#around = around;
    this.#to = latinBytes(around.config.deliverSubject);
    this.#hasFlowControl = around.config.flowControl;
    this.isActive = isActive;
  }

  /** The configuration has another deliver subject. */
  retarget(isActive: boolean): void {
    this.#to = latinBytes(this.#around.config.deliverSubject);
    this.isActive = isActive;
  }

  get isReady(): boolean {
    return this.isActive && !(this.#hasFlowControl && this.#onTheWay > this.#window);
  }

  choose(): Uint8Array {
    return this.#to;
  }

  delivered(size: number): void {
    if (this.#hasFlowControl) {
      this.#count(size + this.#to.length);
    }
  }

  lost(): void {
    this.isActive = false;
    this.#around.onUnheard();
  }

  ranDry(): void {
    // Heartbeats tell.
  }

  stop(): void {
    this.isActive = false;
  }

  /** To the listeners: all is well, and this is the last that was sent. Gives how many heard it. */
  sendHeartbeat(): number {
    const { sender, lastConsumerSequence, lastStreamSequence, config, ackPending } = this.#around;
    const header = idleHeartbeat(lastConsumerSequence, lastStreamSequence, this.#asked);
    const receivers = sender.sendStatus(this.#to, header);
    if (config.ackPolicy === "flow_control" && ackPending > 0 && this.#asked === "") {
      this.#ask();
    }
    return receivers;
  }

  /** False: that was not asked for. */
  answered(subject: string): boolean {
    if (this.#asked === "" || subject !== this.#asked) {
      return false;
    }
    this.#window = Math.min(this.#window * 2, windowBytesMax);
    this.#onTheWay = Math.max(0, this.#onTheWay - this.#answers);
    this.#asked = "";
    this.#answers = 0;
    return true;
  }

  #count(bytes: number): void {
    this.#onTheWay += bytes;
    if (this.#asked !== "") {
      if (this.#onTheWay - this.#answers >= this.#window) {
        this.#answers += bytes;
      }
      return;
    }
    const { config, ackPending } = this.#around;
    const isFull =
      config.ackPolicy === "flow_control" &&
      config.maxAckPending > 0 &&
      ackPending >= config.maxAckPending;
    if (isFull || this.#onTheWay > this.#window / 2) {
      this.#ask();
    }
  }

  #ask(): void {
    const { random, sender, flowControlPrefix } = this.#around;
    let token = "";
    for (let at = 0; at < tokenLength; at++) {
      token += tokenAlphabet.charAt(random.below(tokenAlphabet.length));
    }
    this.#asked = flowControlPrefix + token;
    this.#answers = this.#onTheWay;
    sender.sendStatus(this.#to, status.flowControlRequest, latinBytes(this.#asked));
  }
}
