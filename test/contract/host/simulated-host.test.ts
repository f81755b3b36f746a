// The contracts of the ports, held against the simulated host.

import { afterAll, beforeAll } from "bun:test";
import { SimulatedDisk } from "../../simulation/host/simulated-disk.ts";
import { SimulatedRandom } from "../../simulation/host/simulated-random.ts";
import { SimulatedTime } from "../../simulation/host/simulated-time.ts";
import { diskContract, fileContract } from "./disk-contract.ts";
import { clockContract, randomContract, timersContract } from "./ports-contract.ts";

const time = new SimulatedTime();
const random = new SimulatedRandom(1);
const disk = new SimulatedDisk({ random, timers: time, capacity: 1 << 30 });
const folder = "/data";
let isOver = false;

/** Lets simulated time go on while a test waits. */
async function keepGoing(): Promise<void> {
  while (!isOver) {
    await time.advance(1);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

let going: Promise<void> | null = null;

beforeAll(() => {
  disk.makeDirectory(folder);
  going = keepGoing();
});

afterAll(async () => {
  isOver = true;
  await going;
});

clockContract("the simulated clock", time);
timersContract("the simulated timers", time);
randomContract("the simulated randomness", random);
diskContract("the simulated disk", disk, () => folder);
fileContract("the files of the simulated disk", disk, () => folder);
