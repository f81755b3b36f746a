// A broker on either fabric with everything outside played: sockets that say what they were given, a clock and timers
// that move when told, chance from a counter. Nothing here waits.

import { readFileSync } from "node:fs";
import { AccountRegistry } from "../../../src/accounts/account-registry.ts";
import { Authenticator } from "../../../src/auth/authenticator.ts";
import { Broker } from "../../../src/broker/broker.ts";
import type { Entrance } from "../../../src/broker/entrance.ts";
import { brokerLimitsOf } from "../../../src/broker/session-surroundings.ts";
import { defaultOptions, type Options } from "../../../src/config/options.ts";
import type { Clock } from "../../../src/ports/clock.ts";
import type { Crypto } from "../../../src/ports/crypto.ts";
import type { Log } from "../../../src/ports/log.ts";
import type { Socket, SocketHandlers } from "../../../src/ports/network.ts";
import type { Random } from "../../../src/ports/random.ts";
import type { Timers } from "../../../src/ports/timers.ts";
import { emptyServerInfo, type ServerInfo } from "../../../src/protocol/server-info.ts";
import type { Fabric } from "../../../src/wasm/fabric.ts";
import { WasmFabric } from "../../../src/wasm/wasm-fabric.ts";
import { PlainFabric } from "../../reference/plain-fabric.ts";

const encoder = new TextEncoder();
const latin1 = new TextDecoder("latin1");

let compiled: WebAssembly.Module | null = null;

function wasmModule(): WebAssembly.Module {
  const path = new URL("../../../build/fabric.wasm", import.meta.url);
  compiled ??= new WebAssembly.Module(readFileSync(path));
  return compiled;
}

/** Both must behave alike: suites run over each. */
export const fabrics: readonly (readonly [string, () => Fabric])[] = [
  ["the plain fabric", (): Fabric => new PlainFabric(1)],
  ["the WASM fabric", (): Fabric => new WasmFabric(wasmModule(), 1)],
];

interface ManualTimer {
  at: number;
  readonly action: () => void;
  /** 0 fires once. */
  readonly every: number;
}

export class ManualTime implements Clock, Timers {
  #millis = 1000;
  #due: ManualTimer[] = [];
  #turn: (() => void)[] = [];
  #wallOffset = 0;

  wallMillis(): number {
    return 1_795_390_340_000 + this.#wallOffset + this.#millis;
  }

  /** The wall clock jumps; what was armed does not notice. */
  setWall(byMillis: number): void {
    this.#wallOffset += byMillis;
  }

  wallNanos(): bigint {
    return BigInt(this.wallMillis()) * 1_000_000n;
  }

  monotonicMillis(): number {
    return this.#millis;
  }

  after(millis: number, action: () => void): Disposable {
    return this.#arm(millis, action, 0);
  }

  every(millis: number, action: () => void): Disposable {
    return this.#arm(millis, action, millis);
  }

  endOfTurn(action: () => void): void {
    this.#turn.push(action);
  }

  /** Everything that waits for the end of this turn, and what that causes. */
  turn(): void {
    for (let round = 0; this.#turn.length > 0; round++) {
      if (round > 1000) {
        throw new Error("the turn does not end");
      }
      const actions = this.#turn;
      this.#turn = [];
      for (const action of actions) {
        action();
      }
    }
  }

  /** Timers fire in order, each with the clock at its moment and a turn of its own. */
  advance(millis: number): void {
    const until = this.#millis + millis;
    this.turn();
    for (let next = this.#first(until); next !== undefined; next = this.#first(until)) {
      this.#millis = Math.max(this.#millis, next.at);
      if (next.every > 0) {
        next.at += next.every;
      } else {
        this.#due = this.#due.filter((other) => other !== next);
      }
      next.action();
      this.turn();
    }
    this.#millis = until;
  }

  get armedCount(): number {
    return this.#due.length;
  }

  #first(until: number): ManualTimer | undefined {
    return this.#due
      .filter((timer) => timer.at <= until)
      .sort((one, other) => one.at - other.at)
      .at(0);
  }

  #arm(millis: number, action: () => void, every: number): Disposable {
    const timer: ManualTimer = { at: this.#millis + millis, action, every };
    this.#due.push(timer);
    return {
      [Symbol.dispose]: (): void => {
        this.#due = this.#due.filter((other) => other !== timer);
      },
    };
  }
}

export class CountingRandom implements Random {
  #next = 0;

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.below(256));
  }

  below(bound: number): number {
    this.#next += 1;
    return this.#next % bound;
  }
}

export class KeptLog implements Log {
  isDebug = true;
  isTrace = false;
  readonly lines: string[] = [];

  notice(text: string): void {
    this.lines.push(`INF ${text}`);
  }
  warn(text: string): void {
    this.lines.push(`WRN ${text}`);
  }
  error(text: string): void {
    this.lines.push(`ERR ${text}`);
  }
  fatal(text: string): void {
    this.lines.push(`FTL ${text}`);
  }
  debug(text: string): void {
    this.lines.push(`DBG ${text}`);
  }
  trace(text: string): void {
    this.lines.push(`TRC ${text}`);
  }

  has(part: string): boolean {
    return this.lines.some((line) => line.includes(part));
  }
}

/** The one password whose hash this crypto knows, and its hash. */
export const slowPassword = "slow";
export const slowHash: string = `$2a$04$${"a".repeat(53)}`;

/** Hashed passwords are compared later, when told. */
class PlayedCrypto implements Crypto {
  readonly #waiting: (() => void)[] = [];

  verifyBcrypt(password: Uint8Array, hash: string): Promise<boolean> {
    const isRight = hash === slowHash && latin1.decode(password) === slowPassword;
    return new Promise((resolve) => {
      this.#waiting.push(() => resolve(isRight));
    });
  }

  async finishBcrypt(): Promise<void> {
    for (const finish of this.#waiting.splice(0)) {
      finish();
    }
    // Lets the promises behind it run to their end.
    for (let step = 0; step < 10; step++) {
      await Promise.resolve();
    }
  }

  verifyEd25519(): boolean {
    return false;
  }
  signEd25519(): Uint8Array {
    return new Uint8Array(64);
  }
  ed25519PublicKey(): Uint8Array {
    return new Uint8Array(32);
  }
  sha256(bytes: Uint8Array): Uint8Array {
    return new Uint8Array(Bun.SHA256.hash(bytes).buffer);
  }
  equalInConstantTime(a: Uint8Array, b: Uint8Array): boolean {
    return a.length === b.length && a.every((byte, at) => byte === b[at]);
  }
}

let nextPort = 40_000;

/** One end of a played connection: what the server wrote, and how much it may write before it must wait. */
export class FakeSocket implements Socket {
  readonly kind: Socket["kind"];
  readonly remoteAddress = "127.0.0.1";
  readonly remotePort: number;
  readonly localAddress = "127.0.0.1";
  readonly localPort = 4222;
  /** How many bytes the kernel still takes. */
  room: number = Number.POSITIVE_INFINITY;
  isPaused = false;
  isShutDown = false;
  /** What the server gave as the reason of the end; null while it goes on. */
  endReason: string | null = null;
  isEnded = false;
  isReset = false;
  isClosed = false;
  writes = 0;
  handlers: SocketHandlers | null = null;
  readonly #written: Uint8Array[] = [];
  #wantsDrain = false;

  constructor(kind: Socket["kind"] = "tcp") {
    this.kind = kind;
    this.remotePort = nextPort;
    nextPort += 1;
  }

  write(bytes: Uint8Array, offset: number, length: number): number {
    if (length <= 0) {
      throw new Error("an empty write cannot be told from a full socket");
    }
    if (this.isClosed || this.isShutDown) {
      return -1;
    }
    this.writes += 1;
    const taken = Math.min(length, this.room);
    this.room -= taken;
    this.#wantsDrain = taken < length;
    if (taken > 0) {
      this.#written.push(bytes.slice(offset, offset + taken));
    }
    return taken;
  }

  pause(): void {
    this.isPaused = true;
  }
  resume(): void {
    this.isPaused = false;
  }
  shutdown(reason = ""): void {
    this.isShutDown = true;
    this.endReason ??= reason;
  }
  end(reason = ""): void {
    this.isEnded = true;
    this.endReason ??= reason;
    this.hangUp();
  }
  terminate(): void {
    this.isReset = true;
    this.hangUp();
  }

  /** The peer goes away, or the end has come. */
  hangUp(error?: Error): void {
    if (!this.isClosed) {
      this.isClosed = true;
      this.handlers?.close(error);
    }
  }

  /** The peer read so much: there is room again, and the server is told if it waits. */
  makeRoom(bytes: number): void {
    this.room += bytes;
    if (this.#wantsDrain && this.room > 0) {
      this.#wantsDrain = false;
      this.handlers?.drain();
    }
  }

  /** All that was written since the last call. */
  take(): string {
    const text = this.#written.map((bytes) => latin1.decode(bytes)).join("");
    this.#written.length = 0;
    return text;
  }
}

/** A client as a test plays it. */
export class FakeClient {
  readonly socket: FakeSocket;
  readonly #time: ManualTime;
  readonly info: string;

  constructor(
    broker: Broker,
    time: ManualTime,
    socket: FakeSocket,
    entrance: Entrance | null = null,
  ) {
    this.socket = socket;
    this.#time = time;
    socket.handlers = broker.accept(socket, entrance);
    time.turn();
    this.info = socket.take();
  }

  /** Says this, lets the turn end, and gives what came back. */
  say(text: string): string {
    this.sayOnly(text);
    this.#time.turn();
    return this.socket.take();
  }

  /** Says this in the middle of a turn. */
  sayOnly(text: string): void {
    this.socket.handlers?.data(bytesOf(text));
  }

  /** What came since. */
  hear(): string {
    this.#time.turn();
    return this.socket.take();
  }

  connect(options: object = {}): string {
    const fields = { verbose: false, pedantic: false, ...options };
    return this.say(`CONNECT ${JSON.stringify(fields)}\r\n`);
  }
}

export function bytesOf(text: string): Uint8Array {
  return encoder.encode(text);
}

export interface Rig {
  readonly broker: Broker;
  readonly fabric: Fabric;
  readonly time: ManualTime;
  readonly log: KeptLog;
  readonly crypto: PlayedCrypto;
  readonly options: Options;
  readonly accounts: AccountRegistry;
  readonly serverInfo: ServerInfo;
  /** A socket that was accepted and greeted. */
  client(kind?: Socket["kind"], entrance?: Entrance): FakeClient;
}

export function openRig(makeFabric: () => Fabric, changes: Partial<Options> = {}): Rig {
  const options: Options = { ...defaultOptions, ...changes };
  const time = new ManualTime();
  const log = new KeptLog();
  const random = new CountingRandom();
  const crypto = new PlayedCrypto();
  const registry = AccountRegistry.build(options, random);
  if (!registry.ok) {
    throw new Error(registry.refusal.join("; "));
  }
  const accounts = registry.value;
  const fabric = makeFabric();
  const serverInfo: ServerInfo = {
    ...emptyServerInfo,
    serverId: "NTEST",
    serverName: "test",
    version: "2.14.0",
    go: "bun",
    host: "0.0.0.0",
    port: 4222,
  };
  const broker = new Broker({
    fabric,
    clock: time,
    timers: time,
    random,
    log,
    limits: brokerLimitsOf(options),
    accounts,
    authenticator: new Authenticator(options, crypto),
    serverInfo,
  });
  return {
    ...{ broker, fabric, time, log, crypto, options, accounts, serverInfo },
    client: (kind, entrance) => new FakeClient(broker, time, new FakeSocket(kind), entrance),
  };
}
