// Medians and tables: figures in, text out.

export function median(values: readonly number[]): number {
  const sorted = values.filter((value) => !Number.isNaN(value)).toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const high = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? high : ((sorted[middle - 1] ?? Number.NaN) + high) / 2;
}

/** Three digits that matter, with k and M; a dash for what was not measured. */
export function amount(value: number): string {
  if (Number.isNaN(value)) {
    return "-";
  }
  for (const [limit, letter] of [
    [1e6, "M"],
    [1e3, "k"],
  ] as const) {
    if (value >= limit) {
      return `${digits(value / limit)}${letter}`;
    }
  }
  return digits(value);
}

function digits(value: number): string {
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toPrecision(3);
}

export function ratio(mine: number, other: number): string {
  const value = mine / other;
  return Number.isNaN(value) ? "-" : `${value.toFixed(2)}x`;
}

/** A markdown table whose columns line up. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((cell, at) =>
    Math.max(cell.length, ...rows.map((row) => (row[at] ?? "").length)),
  );
  const line = (cells: readonly string[]): string =>
    `| ${widths.map((width, at) => pad(cells[at] ?? "", width, at)).join(" | ")} |`;
  const rule = `|${widths.map((width, at) => "-".repeat(width + 1) + (at === 0 ? "-" : ":")).join("|")}|`;
  return [line(head), rule, ...rows.map(line)].join("\n");
}

function pad(cell: string, width: number, column: number): string {
  return column === 0 ? cell.padEnd(width) : cell.padStart(width);
}
