// The pieces of a quoted or bare string while it is read. Escaped bytes may together be one UTF-8 character.

const encoder: TextEncoder = new TextEncoder();
const decoder: TextDecoder = new TextDecoder("utf-8", { ignoreBOM: true });

export class StringParts {
  readonly #pieces: (string | number)[] = [];
  #hasEscapes = false;
  #hasWideBytes = false;

  get hasEscapes(): boolean {
    return this.#hasEscapes;
  }

  add(text: string): void {
    this.#pieces.push(text);
  }

  addEscaped(text: string): void {
    this.#hasEscapes = true;
    this.#pieces.push(text);
  }

  addByte(byte: number): void {
    this.#hasEscapes = true;
    this.#hasWideBytes ||= byte > 0x7f;
    this.#pieces.push(byte > 0x7f ? byte : String.fromCharCode(byte));
  }

  text(): string {
    if (!this.#hasWideBytes) {
      return this.#pieces.join("");
    }
    const bytes: number[] = [];
    for (const piece of this.#pieces) {
      if (typeof piece === "number") {
        bytes.push(piece);
      } else {
        bytes.push(...encoder.encode(piece));
      }
    }
    return decoder.decode(Uint8Array.from(bytes));
  }
}
