// What a server tells on its pages and when it is asked, by members and their types, and where two servers differ.

import type { NatsConnection } from "@nats-io/transport-node";
import { type ServerProcess, serverCommand } from "../support/server-process.ts";

const answerMillis = 700;

/** Subject below $SYS.REQ, who asks, and the body; `ID` stands for the server's id. */
export type SystemRequest = readonly [subject: string, user: string, body: object | string];

/** What one server told, by what it was asked. */
export type Told = Map<string, readonly string[]>;

/** Every member with its type, elements of a list taken together. */
function shapeOf(value: unknown, path = ""): readonly string[] {
  if (Array.isArray(value)) {
    return [...new Set([`${path}[]`, ...value.flatMap((item) => shapeOf(item, `${path}[]`))])];
  }
  if (typeof value !== "object" || value === null) {
    return [`${path}: ${value === null ? "null" : typeof value}`];
  }
  return Object.entries(value).flatMap(([key, member]) =>
    // How often pages were asked for depends on who asked.
    key === "http_req_stats" ? [`${path}.${key}`] : shapeOf(member, `${path}.${key}`),
  );
}

export function shapeOfText(text: string): readonly string[] {
  try {
    return shapeOf(JSON.parse(text));
  } catch {
    return [text];
  }
}

export async function tellPages(
  server: ServerProcess,
  pages: readonly string[],
  told: Told,
): Promise<void> {
  for (const page of pages) {
    const answer = await fetch(`http://127.0.0.1:${server.monitoringPort}${page}`);
    const head = `${answer.status} ${answer.headers.get("content-type")}`;
    told.set(page, [head, ...shapeOfText(await answer.text())]);
  }
}

export async function tellRequests(
  clients: ReadonlyMap<string, NatsConnection>,
  requests: readonly SystemRequest[],
  told: Told,
): Promise<void> {
  for (const [name, user, body] of requests) {
    const client = clients.get(user);
    const id = client?.info?.server_id ?? "";
    const text = typeof body === "string" ? body : JSON.stringify(body);
    const subject = `$SYS.REQ.${name.replace("ID", id)}`;
    let answer: string;
    try {
      const message = await client?.request(subject, text, { timeout: answerMillis });
      answer = message?.string() ?? "";
    } catch (refusal) {
      answer = refusal instanceof Error ? refusal.constructor.name : String(refusal);
    }
    told.set(`${user} ${name} ${text}`, shapeOfText(answer));
  }
}

function withoutMeant(shape: readonly string[], meant: readonly RegExp[]): readonly string[] {
  return shape.filter((line) => !meant.some((pattern) => pattern.test(line)));
}

/** Lines for people; none when all is the same but for what is meant, as members of any page. */
export function differences(
  ours: Told,
  theirs: Told,
  meant: readonly RegExp[],
  notCompared: RegExp,
): readonly string[] {
  const asked = new Set([...theirs.keys(), ...ours.keys()]);
  const compared = [...asked].filter((what) => !notCompared.test(what));
  return compared.flatMap((what) => {
    const our = withoutMeant(ours.get(what) ?? ["nothing"], meant);
    const their = withoutMeant(theirs.get(what) ?? ["nothing"], meant);
    const onlyOurs = our.filter((line) => !their.includes(line));
    const onlyTheirs = their.filter((line) => !our.includes(line));
    return onlyOurs.length + onlyTheirs.length === 0
      ? []
      : [
          what,
          ...onlyTheirs.map((line) => `  only the reference: ${line}`),
          ...onlyOurs.map((line) => `  only this server:   ${line}`),
        ];
  });
}

/** The exit code: 0 when there is no difference, or no reference. */
export async function comparePages(
  tell: (command: readonly string[]) => Promise<Told>,
  meant: readonly RegExp[],
  notCompared: RegExp,
): Promise<number> {
  const reference = process.env["MIDGE_REFERENCE"] ?? "";
  const say = (line: string): void => {
    process.stdout.write(`${line}\n`);
  };
  if (reference === "") {
    say("skipped: MIDGE_REFERENCE does not name a reference server");
    return 0;
  }
  const theirs = await tell([reference]);
  const ours = await tell(serverCommand());
  const found = differences(ours, theirs, meant, notCompared);
  for (const line of found) {
    say(line);
  }
  say(
    `${theirs.size} answers and events compared, ${found.length === 0 ? "no" : "some"} differences`,
  );
  return found.length === 0 ? 0 : 1;
}
