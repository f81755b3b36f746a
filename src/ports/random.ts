// Random bytes and integers; a simulation gives them from its seed.

export interface Random {
  bytes(length: number): Uint8Array;
  /** An integer with 0 <= n < bound, bound at most 2^32. */
  below(bound: number): number;
}
