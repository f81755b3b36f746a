// The bundle of all ports, and the compiled WASM module, that a server is built from.

import type { Clock } from "./clock.ts";
import type { Compression } from "./compression.ts";
import type { Ciphers, Crypto } from "./crypto.ts";
import type { Disk } from "./disk.ts";
import type { Http } from "./http.ts";
import type { AdjustableLog } from "./log.ts";
import type { Memory } from "./memory.ts";
import type { Network } from "./network.ts";
import type { ProcessInfo } from "./process.ts";
import type { Random } from "./random.ts";
import type { Timers } from "./timers.ts";
import type { Websockets } from "./websocket.ts";

export interface Host {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly network: Network;
  readonly websockets: Websockets;
  readonly disk: Disk;
  readonly http: Http;
  readonly crypto: Crypto;
  readonly ciphers: Ciphers;
  readonly compression: Compression;
  readonly log: AdjustableLog;
  readonly memory: Memory;
  readonly process: ProcessInfo;
  /** The fabric module, compiled. */
  readonly fabricModule: WebAssembly.Module;
  /** The checksum module, compiled. */
  readonly checksumModule: WebAssembly.Module;
  /** Addresses that a fabric reserves: the most it may ever use. */
  readonly fabricBytes: number;
}
