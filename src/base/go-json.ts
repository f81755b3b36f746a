// JSON text as Go's encoder writes it: the same escapes, and a way to leave out what is empty. It knows no message.

const escaped = /[<>&\u2028\u2029]/g;

/** Keys whose value is undefined are left out. With an indent, one member per line. */
export function goJson(value: unknown, indent = ""): string {
  // Outside of strings none of these characters can stand in JSON.
  return JSON.stringify(value, null, indent).replace(escaped, escapeOf);
}

/** Undefined for "", 0, false, null, and an empty list or map: what `omitempty` leaves out. */
export function omitEmpty<T>(value: T): T | undefined {
  if (value === null || value === undefined || value === "" || value === 0 || value === false) {
    return undefined;
  }
  return typeof value === "object" && Object.keys(value).length === 0 ? undefined : value;
}

/** A map with its keys in order, as Go's encoder writes maps. */
export function sortedMap<T>(map: Readonly<Record<string, T>>): Record<string, T> {
  const keys = Object.keys(map).sort((first, second) => (first < second ? -1 : 1));
  return Object.fromEntries(keys.map((key) => [key, map[key] as T]));
}

function escapeOf(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
