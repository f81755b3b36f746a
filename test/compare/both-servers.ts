// Midge and the reference side by side, for tests that ask both the same and want the same answer.
// MIDGE_REFERENCE names the reference's executable; without it these tests are skipped and say so.

import { resolve } from "node:path";
import { RawClient } from "../support/raw-client.ts";
import { ServerProcess, serverCommand } from "../support/server-process.ts";

const named: string = process.env["MIDGE_REFERENCE"] ?? "";

export const hasReference: boolean = named !== "";
export const referenceCommand: readonly string[] = [resolve(named)];

/** Beside the name of a suite, so that a report shows why it was left out. */
export const skipNote: string = hasReference
  ? ""
  : " (skipped: MIDGE_REFERENCE names no nats-server to compare with)";

export interface Both extends AsyncDisposable {
  readonly midge: ServerProcess;
  readonly reference: ServerProcess;
}

export async function startBoth(config?: string, monitoring = false): Promise<Both> {
  const options = { monitoring, ...(config === undefined ? {} : { config }) };
  const midge = await ServerProcess.start({ ...options, command: serverCommand() });
  const reference = await ServerProcess.start({ ...options, command: referenceCommand });
  return {
    midge,
    reference,
    [Symbol.asyncDispose]: async () => {
      await midge[Symbol.asyncDispose]();
      await reference[Symbol.asyncDispose]();
    },
  };
}

/** Connections by letter, and what each of them sends, in order. Everybody has caught up before the next step. */
export interface Script {
  readonly name: string;
  /** CONNECT fields of each connection; null sends no CONNECT. */
  readonly connections: Readonly<Record<string, object | null>>;
  readonly steps: readonly (readonly [who: string, bytes: string])[];
}

async function catchUp(clients: ReadonlyMap<string, RawClient>): Promise<void> {
  for (const client of clients.values()) {
    if (!client.isClosed) {
      await client.roundTrip(1500).catch(() => undefined);
    }
  }
}

/** Between two connections nothing promises on which side of a PONG a message stands. */
function heard(client: RawClient, connections: number): string {
  return connections > 1 ? client.received.replaceAll("PONG\r\n", "") : client.received;
}

/** All that each connection received, and whether it was closed. */
export async function transcript(
  server: ServerProcess,
  script: Script,
): Promise<Readonly<Record<string, string>>> {
  const clients = new Map<string, RawClient>();
  try {
    for (const [who, connect] of Object.entries(script.connections)) {
      clients.set(who, await RawClient.open(server.port, connect));
    }
    for (const [who, bytes] of script.steps) {
      clients.get(who)?.send(bytes);
      await catchUp(clients);
      await catchUp(clients);
    }
    return Object.fromEntries(
      [...clients].map(([who, client]) => [
        who,
        heard(client, clients.size) + (client.isClosed ? "<closed>" : ""),
      ]),
    );
  } finally {
    for (const client of clients.values()) {
      client.reset();
    }
  }
}
