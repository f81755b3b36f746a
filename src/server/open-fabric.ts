// A fabric for a server, also when memories of servers that stopped are still in the way.

import type { Host } from "../ports/host.ts";
import { FabricFull } from "../wasm/fabric-full.ts";
import { WasmFabric } from "../wasm/wasm-fabric.ts";

/** Memories of servers that stopped may only wait for the collector. */
export function openFabric({ fabricModule, fabricBytes, memory }: Host, seed: number): WasmFabric {
  const make = (): WasmFabric => new WasmFabric(fabricModule, seed, fabricBytes, memory.copy);
  try {
    return make();
  } catch (failure) {
    if (!(failure instanceof FabricFull)) {
      throw failure;
    }
    memory.collect();
    return make();
  }
}
