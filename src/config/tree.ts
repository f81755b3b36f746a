// The tree a configuration text becomes: every value knows the file, line and column it is reported by. What a key
// means is not known here.

/** Columns count bytes; on the first line they start at 0, on all others at 1, as the reference prints them. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

export type ConfigEntries = ReadonlyMap<string, ConfigNode>;

export type ConfigContent =
  | { readonly kind: "string"; readonly text: string }
  | { readonly kind: "integer"; readonly value: bigint }
  | { readonly kind: "float"; readonly value: number }
  | { readonly kind: "boolean"; readonly value: boolean }
  /** RFC 3339, in seconds and UTC. */
  | { readonly kind: "date"; readonly text: string }
  | { readonly kind: "array"; readonly items: readonly ConfigNode[] }
  | { readonly kind: "map"; readonly entries: ConfigEntries };

/** One value. In a map its place is that of its key. */
export class ConfigNode {
  readonly content: ConfigContent;
  readonly place: Place;
  /** How many values it holds, itself included; what a variable gave counts each time it is used. */
  readonly size: number;
  #isUsedVariable = false;

  constructor(content: ConfigContent, place: Place) {
    this.content = content;
    this.place = place;
    this.size = sizeOf(content);
  }

  /** Some $NAME took its value from here, so an unknown key is no mistake. */
  get isUsedVariable(): boolean {
    return this.#isUsedVariable;
  }

  markUsed(): void {
    this.#isUsedVariable = true;
  }
}

function sizeOf(content: ConfigContent): number {
  let size = 1;
  if (content.kind === "array" || content.kind === "map") {
    const nodes = content.kind === "array" ? content.items : content.entries.values();
    for (const node of nodes) {
      size += node.size;
    }
  }
  return size;
}

export function textOfPlace(place: Place): string {
  return `${place.file}:${place.line}:${place.column}`;
}
