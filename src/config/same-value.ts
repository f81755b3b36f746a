// Whether two pieces of plain data say the same: numbers, texts, lists and records, however the keys are ordered.

export function sameValue(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) {
    return true;
  }
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) {
    return false;
  }
  if (Array.isArray(a) !== Array.isArray(b)) {
    return false;
  }
  const left = new Map(Object.entries(a));
  const right = new Map(Object.entries(b));
  if (left.size !== right.size) {
    return false;
  }
  return [...left].every(([key, value]) => right.has(key) && sameValue(value, right.get(key)));
}
