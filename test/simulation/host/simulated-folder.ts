// A folder of the simulated disk: the names in it now, those that are durable, and what was done to them in between. When
// the power goes the first few of the changes since the last sync are there, the others are not.

import { SimulatedFile } from "./simulated-file.ts";
import type { SimulatedRandom } from "./simulated-random.ts";

export type Node = SimulatedFile | SimulatedFolder;

/** Names that change together; null is gone. */
type Change = readonly (readonly [string, Node | null])[];

export class SimulatedFolder {
  readonly #names: Map<string, Node> = new Map();
  readonly #durable: Map<string, Node> = new Map();
  readonly #changes: Change[] = [];
  #settled = 0;

  get(name: string): Node | undefined {
    return this.#names.get(name);
  }

  list(): readonly string[] {
    return [...this.#names.keys()].sort();
  }

  get mark(): number {
    return this.#settled + this.#changes.length;
  }

  change(change: Change): void {
    this.#changes.push(change);
    apply(this.#names, change);
  }

  /** As if it had always been there. */
  put(name: string, node: Node): void {
    this.#names.set(name, node);
    this.#durable.set(name, node);
  }

  synced(mark: number): void {
    const count = mark - this.#settled;
    for (const change of this.#changes.splice(0, Math.max(0, count))) {
      apply(this.#durable, change);
    }
    this.#settled = Math.max(this.#settled, mark);
  }

  /** With all that is in it. */
  syncAll(): void {
    this.synced(this.mark);
    for (const node of this.#names.values()) {
      if (isFolder(node)) {
        node.syncAll();
      } else {
        node.synced(node.mark);
      }
    }
  }

  afterPowerLoss(random: SimulatedRandom): SimulatedFolder {
    const found = new Map(this.#durable);
    const kept = random.pick([0, this.#changes.length, random.below(this.#changes.length + 1)]);
    for (const change of this.#changes.slice(0, kept)) {
      apply(found, change);
    }
    const folder = new SimulatedFolder();
    for (const [name, node] of found) {
      folder.put(name, node.afterPowerLoss(random));
    }
    return folder;
  }
}

function apply(names: Map<string, Node>, change: Change): void {
  for (const [name, node] of change) {
    if (node === null) {
      names.delete(name);
    } else {
      names.set(name, node);
    }
  }
}

export function isFolder(node: Node | undefined): node is SimulatedFolder {
  return node instanceof SimulatedFolder;
}

export function isFile(node: Node | undefined): node is SimulatedFile {
  return node instanceof SimulatedFile;
}
