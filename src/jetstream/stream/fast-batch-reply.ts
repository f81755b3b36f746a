// What the reply subject of a fast batch's publish says: <prefix>.<id>.<flow>.<ok|fail>.<sequence>.<operation>.$FI

const suffix = ".$FI";
const operations = ["start", "append", "commit", "endOfBatch", "ping"] as const;
const defaultFlow = 10;
const largestFlow = 0xffff;
const digitsOnly = /^\d+$/;

export type FastOperation = (typeof operations)[number];

export interface FastBatchPublish {
  readonly id: string;
  /** The publisher wants to hear at least every so many messages. */
  readonly flow: number;
  readonly allowsGaps: boolean;
  /** Within the batch, from 1. */
  readonly sequence: number;
  readonly operation: FastOperation;
}

export function isFastBatchReply(reply: string): boolean {
  return reply.length > suffix.length && reply.endsWith(suffix);
}

/** Null: it has the suffix, and else is not of that form. */
export function parseFastBatchReply(reply: string): FastBatchPublish | null {
  const tokens = reply.slice(0, -suffix.length).split(".");
  const [id, flow, gaps, sequenceText = "", operationText = ""] = tokens.slice(-5);
  const operation = digitsOnly.test(operationText) ? operations[Number(operationText)] : undefined;
  const sequence = digitsOnly.test(sequenceText) ? Number(sequenceText) : 0;
  // The prefix has a token at least.
  if (tokens.length < 6 || id === undefined || operation === undefined) {
    return null;
  }
  if (!fits(operation, sequence) || (gaps !== "ok" && gaps !== "fail")) {
    return null;
  }
  return { id, flow: flowOf(flow ?? ""), allowsGaps: gaps === "ok", sequence, operation };
}

function fits(operation: FastOperation, sequence: number): boolean {
  if (sequence < 1 || !Number.isSafeInteger(sequence)) {
    return false;
  }
  switch (operation) {
    case "start":
      return sequence === 1;
    case "append":
    case "endOfBatch":
      return sequence > 1;
    default:
      return true;
  }
}

function flowOf(text: string): number {
  const flow = digitsOnly.test(text) ? Number(text) : 0;
  return flow === 0 ? defaultFlow : Math.min(flow, largestFlow);
}
