// Every implementation of Fabric that this machine has: the plain twin always, the WASM one in both builds once built.

import { describe } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Fabric } from "../../../src/wasm/fabric.ts";
import { WasmFabric } from "../../../src/wasm/wasm-fabric.ts";
import { PlainFabric } from "../../reference/plain-fabric.ts";

export interface FabricImplementation {
  readonly name: string;
  create(seed: number): Fabric;
}

const root: string = resolve(import.meta.dir, "../../..");

export const plainImplementation: FabricImplementation = {
  name: "plain twin",
  create: (seed) => new PlainFabric(seed),
};

/** Each takes four gigabytes of addresses, so the ones that nobody holds any more must be gone first. */
function createWasm(module: WebAssembly.Module, seed: number): Fabric {
  for (let attempt = 0; attempt < 10; attempt += 1) {
    try {
      return new WasmFabric(module, seed);
    } catch (failure) {
      if (!(failure instanceof RangeError)) {
        throw failure;
      }
      Bun.gc(true);
    }
  }
  return new WasmFabric(module, seed);
}

/** The debug build first: where it asserts, it says more than the release build. */
export const wasmImplementationsFound: readonly FabricImplementation[] = [
  "fabric.debug.wasm",
  "fabric.wasm",
]
  .map((name) => ({ name, path: join(root, "build", name) }))
  .filter(({ path }) => existsSync(path))
  .map(({ name, path }) => {
    const module = new WebAssembly.Module(readFileSync(path));
    return { name, create: (seed: number) => createWasm(module, seed) };
  });

const all: readonly FabricImplementation[] = [plainImplementation, ...wasmImplementationsFound];

/** The same tests for every implementation. */
export function describeFabrics(
  what: string,
  tests: (implementation: FabricImplementation) => void,
): void {
  for (const implementation of all) {
    describe(`${what} (${implementation.name})`, () => {
      tests(implementation);
    });
  }
}
