// All ports on Bun, in one bundle.

import type { Compression } from "../ports/compression.ts";
import type { Host } from "../ports/host.ts";
import { BunCiphers } from "./bun-ciphers.ts";
import { BunClock, BunTimers } from "./bun-clock.ts";
import { BunCompression } from "./bun-compression.ts";
import { BunCrypto } from "./bun-crypto.ts";
import { BunDisk } from "./bun-disk.ts";
import { BunHttp } from "./bun-http.ts";
import { BunMemory } from "./bun-memory.ts";
import { BunNetwork } from "./bun-network.ts";
import { BunProcess } from "./bun-process.ts";
import { BunRandom } from "./bun-random.ts";
import { checksumModule, fabricModule } from "./bun-wasm.ts";
import { BunWebsockets } from "./bun-websocket.ts";
import { ConsoleLog } from "./console-log.ts";

export class BunHost implements Host {
  readonly clock: BunClock = new BunClock();
  readonly timers: BunTimers = new BunTimers();
  readonly random: BunRandom = new BunRandom();
  readonly network: BunNetwork = new BunNetwork();
  readonly websockets: BunWebsockets = new BunWebsockets();
  readonly disk: BunDisk = new BunDisk();
  readonly http: BunHttp = new BunHttp();
  readonly crypto: BunCrypto = new BunCrypto();
  readonly ciphers: BunCiphers = new BunCiphers();
  readonly compression: Compression = new BunCompression();
  readonly memory: BunMemory = new BunMemory();
  readonly process: BunProcess;
  readonly log: ConsoleLog;

  /** `nameFromSource` is what the program is called while Bun runs it from source. */
  constructor(nameFromSource?: string) {
    this.process = new BunProcess(nameFromSource);
    this.log = new ConsoleLog({ clock: this.clock, disk: this.disk, pid: this.process.pid });
  }

  /** All that a module can address. */
  readonly fabricBytes: number = 2 ** 32;

  get fabricModule(): WebAssembly.Module {
    return fabricModule();
  }

  get checksumModule(): WebAssembly.Module {
    return checksumModule();
  }
}
