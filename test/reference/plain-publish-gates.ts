// What stands between a client's publish and its delivery: reserved prefixes, permissions, mapped subjects.

import type { PlainSlot, PlainState } from "./plain-state.ts";
import { matches } from "./plain-subject.ts";

/** Only gateways route these; the prefix alone is an ordinary, useless subject. */
const routed = /^(?:_GR_\.|\$GR\.)./s;
/** Raft groups talk here, in the system account alone. */
const raftPrefix = "$NRG.";
/** Replies the server itself makes; of two kinds the prefix alone is none yet, as the reference has it. */
const serverReply = /^(?:_R_\.|\$JS\.ACK\..|_GR_\..|\$GR\..)/s;

export function isMapped(state: PlainState, slot: PlainSlot, subject: string): boolean {
  const { mappedSubjects } = state.account(slot.options.account);
  return mappedSubjects.some((pattern) => matches(pattern, subject));
}

const versionLine = "NATS/1.0\r\n";

/** Whether the words stand anywhere behind the first line; what it says is not looked at. */
export function asksForTrace(state: PlainState, slot: PlainSlot, headers: string): boolean {
  const lines = headers.slice(versionLine.length);
  const { tracesParents } = state.account(slot.options.account);
  return lines.includes("Nats-Trace-Dest") || (tracesParents && /traceparent/i.test(lines));
}

export type Verdict = "allowed" | "publishDenied" | "replyDenied";

export function judgePublish(
  state: PlainState,
  slot: PlainSlot,
  subject: string,
  reply: string,
): Verdict {
  if (routed.test(subject)) {
    return "publishDenied";
  }
  if (!mayPublish(state, slot, subject)) {
    return "publishDenied";
  }
  if (subject.startsWith(raftPrefix) && !slot.options.isSystem) {
    return "publishDenied";
  }
  if (serverReply.test(reply)) {
    return "replyDenied";
  }
  return "allowed";
}

function mayPublish(state: PlainState, slot: PlainSlot, subject: string): boolean {
  const permissions = state.permissionsOf(slot);
  if (permissions === null || permissions.listsAllowPublish(subject)) {
    return true;
  }
  const { responses } = permissions.spec;
  return responses !== null && slot.replies.use(subject, state.now, responses);
}
