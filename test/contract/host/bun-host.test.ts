// The contracts of the other ports, held against Bun.

import { afterAll, beforeAll } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BunClock, BunTimers } from "../../../src/host/bun-clock.ts";
import { BunCrypto } from "../../../src/host/bun-crypto.ts";
import { BunDisk } from "../../../src/host/bun-disk.ts";
import { BunRandom } from "../../../src/host/bun-random.ts";
import { diskContract, fileContract } from "./disk-contract.ts";
import { clockContract, cryptoContract, randomContract, timersContract } from "./ports-contract.ts";

let folder = "";

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "midge-disk-"));
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

clockContract("the clock of Bun", new BunClock());
timersContract("the timers of Bun", new BunTimers());
randomContract("the randomness of Bun", new BunRandom());
cryptoContract("the crypto of Bun", new BunCrypto());
diskContract("the disk of Bun", new BunDisk(), () => folder);
fileContract("the files of Bun", new BunDisk(), () => folder);
