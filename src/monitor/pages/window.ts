// Which part of a long list a page shows.

const defaultLimit = 1024;

export interface Window {
  readonly offset: number;
  readonly limit: number;
}

/** Nothing and less than nothing stand for the defaults. */
export function windowOf(offset: number, limit: number): Window {
  return { offset: Math.max(offset, 0), limit: limit <= 0 ? defaultLimit : limit };
}

export function cut<T>(list: readonly T[], { offset, limit }: Window): readonly T[] {
  return list.slice(offset, offset + limit);
}
