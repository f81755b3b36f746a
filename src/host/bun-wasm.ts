// Finds the fabric module beside the sources or inside the compiled program, and compiles it.

import { readFileSync } from "node:fs";
import fabricPath from "../../build/fabric.wasm" with { type: "file" };

let compiled: WebAssembly.Module | null = null;

/** Compiled once, however many servers a program starts. */
export function fabricModule(): WebAssembly.Module {
  compiled ??= new WebAssembly.Module(readFileSync(fabricPath));
  return compiled;
}
