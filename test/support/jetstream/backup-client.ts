// Backs streams up and restores them as the command-line client does: chunks are acknowledged, the end has no bytes.

import { createInbox, type NatsConnection } from "@nats-io/transport-node";

export interface Backup {
  readonly config: object;
  readonly state: object;
  readonly bytes: Uint8Array;
  /** How it ended: a status, or "" for none. */
  readonly status: string;
}

export interface BackupOptions {
  readonly no_consumers?: boolean;
  readonly chunk_size?: number;
  readonly window_size?: number;
}

interface ApiAnswer {
  readonly type: string;
  readonly error?: { readonly err_code: number; readonly description: string };
  readonly [field: string]: unknown;
}

export class ApiRefusal extends Error {
  readonly code: number;
  constructor(code: number, description: string) {
    super(description);
    this.code = code;
  }
}

/** Throws ApiRefusal. */
export async function ask(
  connection: NatsConnection,
  subject: string,
  body: object | string,
): Promise<ApiAnswer> {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const reply = await connection.request(`$JS.API.${subject}`, text, { timeout: 5000 });
  return answerOf(reply.json());
}

function answerOf(answer: ApiAnswer): ApiAnswer {
  if (answer.error !== undefined) {
    throw new ApiRefusal(answer.error.err_code, answer.error.description);
  }
  return answer;
}

export async function backUp(
  connection: NatsConnection,
  stream: string,
  options: BackupOptions = {},
): Promise<Backup> {
  const inbox = createInbox();
  const subscription = connection.subscribe(inbox);
  const request = { deliver_subject: inbox, ...options };
  const answer = await ask(connection, `STREAM.SNAPSHOT.${stream}`, request);
  const chunks: Uint8Array[] = [];
  let status = "";
  for await (const message of subscription) {
    if (message.data.length === 0) {
      status = message.headers === undefined ? "" : `${message.headers.code}`;
      break;
    }
    chunks.push(message.data.slice());
    message.respond();
  }
  const { config, state } = answer as { config?: object; state?: object };
  const bytes = new Uint8Array(Buffer.concat(chunks));
  return { config: config ?? {}, state: state ?? {}, bytes, status };
}

/** The last answer. Throws ApiRefusal. */
export async function restore(
  connection: NatsConnection,
  stream: string,
  { config, state, bytes }: Pick<Backup, "config" | "state" | "bytes">,
  chunkBytes: number = 64 * 1024,
): Promise<ApiAnswer> {
  const begun = await ask(connection, `STREAM.RESTORE.${stream}`, { config, state });
  const subject = String(begun["deliver_subject"]);
  for (let at = 0; at < bytes.length; at += chunkBytes) {
    const chunk = bytes.subarray(at, at + chunkBytes);
    const reply = await connection.request(subject, chunk, { timeout: 5000 });
    if (reply.data.length > 0) {
      answerOf(reply.json());
    }
  }
  const last = await connection.request(subject, "", { timeout: 5000 });
  return answerOf(last.json());
}
