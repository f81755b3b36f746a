// The whole-server workloads, as data. Who runs them and how often is told elsewhere.

import type { FrameShape } from "./frames.ts";

export type Workload =
  | {
      readonly kind: "flow";
      readonly name: string;
      readonly publishers: number;
      readonly subscribers: number;
      readonly shape: FrameShape;
      readonly pattern: string;
      readonly queue: string;
      readonly isQuick: boolean;
    }
  | {
      readonly kind: "request";
      readonly name: string;
      readonly clients: number;
      readonly size: number;
      readonly isQuick: boolean;
    };

interface FlowOptions {
  readonly subjects?: number;
  readonly pattern?: string;
  readonly queue?: string;
  readonly hasHeaders?: boolean;
  readonly hasReply?: boolean;
  readonly isQuick?: boolean;
  readonly name?: string;
}

function flow(
  publishers: number,
  subscribers: number,
  size: number,
  options: FlowOptions = {},
): Workload {
  const bytes = size >= 1024 ? `${size / 1024} KiB` : `${size} B`;
  return {
    kind: "flow",
    name: `${publishers}x${subscribers} ${bytes}${options.name === undefined ? "" : ` ${options.name}`}`,
    publishers,
    subscribers,
    shape: {
      size,
      subjects: options.subjects ?? 1,
      hasHeaders: options.hasHeaders ?? false,
      hasReply: options.hasReply ?? false,
    },
    pattern: options.pattern ?? "bench.s000000",
    queue: options.queue ?? "",
    isQuick: options.isQuick ?? false,
  };
}

function request(clients: number, isQuick: boolean): Workload {
  return { kind: "request", name: `request/reply ${clients} clients`, clients, size: 128, isQuick };
}

export const workloads: readonly Workload[] = [
  flow(1, 0, 16, { isQuick: true }),
  flow(1, 1, 16, { isQuick: true }),
  flow(1, 1, 128, { isQuick: true }),
  flow(1, 4, 128, { isQuick: true }),
  flow(4, 4, 128),
  flow(8, 8, 128),
  flow(1, 1, 1024, { isQuick: true }),
  flow(1, 4, 1024),
  flow(1, 1, 16 * 1024),
  flow(1, 1, 256 * 1024),
  flow(1, 1, 128, { name: "1,000 subjects by *", subjects: 1000, pattern: "bench.*" }),
  flow(1, 1, 128, { name: "100,000 subjects by >", subjects: 100_000, pattern: "bench.>" }),
  flow(1, 4, 128, { name: "queue group", queue: "workers", isQuick: true }),
  flow(1, 1, 128, { name: "with headers", hasHeaders: true }),
  flow(1, 1, 128, { name: "with reply", hasReply: true }),
  flow(1, 100, 128, { name: "fan-out" }),
  request(1, true),
  request(16, false),
  request(256, true),
];
