// Finds the WASM modules beside the sources or inside the compiled program, and compiles them.

import { readFileSync } from "node:fs";
import checksumPath from "../../build/checksum.wasm" with { type: "file" };
import fabricPath from "../../build/fabric.wasm" with { type: "file" };

let fabric: WebAssembly.Module | null = null;
let checksum: WebAssembly.Module | null = null;

/** Compiled once, however many servers a program starts. */
export function fabricModule(): WebAssembly.Module {
  fabric ??= new WebAssembly.Module(readFileSync(fabricPath));
  return fabric;
}

export function checksumModule(): WebAssembly.Module {
  checksum ??= new WebAssembly.Module(readFileSync(checksumPath));
  return checksum;
}
