// The permissions block of a user, an account or the authorization: what may be published, subscribed and answered.

import { isValidSubject } from "../../subjects/subject.ts";
import { entriesOf, integerOf, shownValue, typeNameOf } from "../expect.ts";
import type { Findings } from "../findings.ts";
import type { PermissionOptions, SubjectLists } from "../options.ts";
import { parseDuration } from "../quantity.ts";
import { quote } from "../quote.ts";
import type { ConfigNode } from "../tree.ts";

type Responses = NonNullable<PermissionOptions["responses"]>;

const everything: SubjectLists = { allow: null, deny: [] };
const defaultResponses: Responses = { max: 1, millis: 2 * 60 * 1000 };

export function decodePermissions(node: ConfigNode, findings: Findings): PermissionOptions | null {
  if (node.content.kind !== "map") {
    findings.error(node, `Expected permissions to be a map/struct, got ${shownValue(node)}`);
    return null;
  }
  let publish = everything;
  let subscribe = everything;
  let responses: Responses | null = null;
  for (const [key, value] of node.content.entries) {
    switch (key.toLowerCase()) {
      case "pub":
      case "publish":
      case "import":
        publish = decodeLists(value, false, findings);
        break;
      case "sub":
      case "subscribe":
      case "export":
        subscribe = decodeLists(value, true, findings);
        break;
      case "publish_allow_responses":
      case "allow_responses":
        responses = decodeResponses(value, findings);
        break;
      default:
        findings.unknown(value, `Unknown field ${quote(key)} parsing permissions`);
    }
  }
  // Who may answer, and was allowed nothing by name, may publish nothing else.
  if (responses !== null && publish.allow === null) {
    publish = { ...publish, allow: [] };
  }
  return { publish, subscribe, responses };
}

/** A map with allow and deny, or in the old style only what is allowed. */
function decodeLists(node: ConfigNode, takesQueues: boolean, findings: Findings): SubjectLists {
  if (node.content.kind !== "map") {
    return { allow: allowOf(decodeSubjects(node, takesQueues, findings)), deny: [] };
  }
  let lists = everything;
  for (const [key, value] of entriesOf(node)) {
    switch (key.toLowerCase()) {
      case "allow":
        lists = { ...lists, allow: allowOf(decodeSubjects(value, takesQueues, findings)) };
        break;
      case "deny":
        lists = { ...lists, deny: decodeSubjects(value, takesQueues, findings) };
        break;
      default:
        findings.unknown(
          value,
          `Unknown field name ${quote(key)} parsing subject permissions, only 'allow' or 'deny' are permitted`,
        );
    }
  }
  return lists;
}

/** An empty list allows everything, as no list does. */
function allowOf(subjects: readonly string[]): readonly string[] | null {
  return subjects.length === 0 ? null : subjects;
}

function decodeSubjects(
  node: ConfigNode,
  takesQueues: boolean,
  findings: Findings,
): readonly string[] {
  const subjects = subjectsOf(node, findings);
  for (const subject of subjects) {
    const fault = subjectFault(subject, takesQueues);
    if (fault !== null) {
      findings.error(node, fault);
      return [];
    }
  }
  return subjects;
}

function subjectsOf(node: ConfigNode, findings: Findings): readonly string[] {
  if (node.content.kind === "string") {
    return [node.content.text];
  }
  if (node.content.kind !== "array") {
    findings.error(
      node,
      `Expected subject permissions to be a subject, or array of subjects, got ${typeNameOf(node)}`,
    );
    return [];
  }
  const subjects: string[] = [];
  for (const item of node.content.items) {
    if (item.content.kind !== "string") {
      findings.error(item, "Subject in permissions array cannot be cast to string");
      return [];
    }
    subjects.push(item.content.text);
  }
  return subjects;
}

/** Null when it may stand in a permission. A queue stands behind its subject. */
export function subjectFault(subject: string, takesQueues: boolean): string | null {
  if (isValidSubject(subject)) {
    return null;
  }
  const [name = "", queue, ...more] = subject.split(/\s+/).filter((part) => part !== "");
  if (!takesQueues || queue === undefined || more.length > 0) {
    return `subject ${quote(subject)} is not a valid subject`;
  }
  if (!isValidSubject(name)) {
    return `subject ${quote(name)} is not a valid subject`;
  }
  return isValidSubject(queue) ? null : `queue ${quote(queue)} is not a valid queue`;
}

/** true, false, or a map with max and expires; 0 is the default and below 0 no limit. */
function decodeResponses(node: ConfigNode, findings: Findings): Responses | null {
  if (node.content.kind === "boolean") {
    return node.content.value ? defaultResponses : null;
  }
  if (node.content.kind !== "map") {
    findings.error(node, "error parsing response permissions, expected a boolean or a map");
    return null;
  }
  let responses = defaultResponses;
  for (const [key, value] of node.content.entries) {
    switch (key.toLowerCase()) {
      case "max":
      case "max_msgs":
      case "max_messages":
      case "max_responses":
        responses = {
          ...responses,
          max: limitOf(findings.guard(() => integerOf(value)) ?? 0, defaultResponses.max),
        };
        break;
      case "expires":
      case "expiration":
      case "ttl":
        responses = {
          ...responses,
          millis: limitOf(expiryOf(value, findings), defaultResponses.millis),
        };
        break;
      default:
        findings.unknown(value, `Unknown field ${quote(key)} parsing permissions`);
    }
  }
  return responses;
}

function expiryOf(node: ConfigNode, findings: Findings): number {
  if (node.content.kind !== "string") {
    findings.error(node, "error parsing expires, not a duration string");
    return 0;
  }
  const duration = parseDuration(node.content.text);
  if (!duration.ok) {
    findings.error(node, `error parsing expires: ${duration.refusal}`);
    return 0;
  }
  return duration.value;
}

function limitOf(value: number, otherwise: number): number {
  if (value === 0) {
    return otherwise;
  }
  return value < 0 ? -1 : value;
}
