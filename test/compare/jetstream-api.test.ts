// The API of JetStream: both are asked the same, in the same order, and answer with the same JSON, letter by letter, but
// for times, versions and names that are made up.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { connect, type NatsConnection } from "@nats-io/transport-node";
import type { ServerProcess } from "../support/server-process.ts";
import { type Both, hasReference, skipNote, startBoth } from "./both-servers.ts";
import { type ApiRequest, requestGroups } from "./jetstream-requests.ts";

const config = `server_name: compared
jetstream { store_dir: "js", max_mem: 1G, max_file: 1G }
`;

/** Where answers differ on purpose, each with its reason. */
const replacements: readonly (readonly [RegExp, string])[] = [
  [/"(?!0001-)\d{4}-\d\d-\d\dT[\d:.]+Z"/g, '"TIME"'],
  [/"_nats\.(level|ver)":"[^"]*"/g, '"_nats.$1":"X"'],
  [/"level":\d+/g, '"level":0'],
  [/"pause_remaining":\d+/g, '"pause_remaining":1'],
  // How soon a source is asked, and found missing, is a matter of time.
  [/"active":-?\d+(?:,"error":\{[^}]*\})?/g, '"active":1'],
  // The reference asks its own API when a mirror or a source begins.
  [/"total":\d+,"errors":\d+/g, '"total":1,"errors":1'],
  // A list is never null here.
  [/"streams":null/g, '"streams":[]'],
  // Of a server whose folder holds other streams' files too.
  [/"(storage|memory)":\d+,"reserved/g, '"$1":0,"reserved'],
];

function normalized(json: string): string {
  return replacements.reduce((text, [form, by]) => text.replace(form, by), json);
}

async function answer(client: NatsConnection, [subject, body]: ApiRequest): Promise<string> {
  const isPublish = subject.startsWith("PUB ");
  const to = isPublish ? subject.slice(4) : `$JS.API.${subject}`;
  try {
    const reply = await client.request(to, body, { timeout: 2000 });
    return normalized(reply.string());
  } catch (error) {
    return error instanceof Error ? error.name : String(error);
  }
}

describe.skipIf(!hasReference)(`JetStream's API${skipNote}`, () => {
  let both: Both;
  let midge: NatsConnection;
  let reference: NatsConnection;
  const open = (server: ServerProcess): Promise<NatsConnection> => connect({ servers: server.url });

  beforeAll(async () => {
    both = await startBoth(config);
    midge = await open(both.midge);
    reference = await open(both.reference);
  });

  afterAll(async () => {
    await midge.close();
    await reference.close();
    await both[Symbol.asyncDispose]();
  });

  for (const [name, requests] of Object.entries(requestGroups)) {
    test(name, async () => {
      const different: object[] = [];
      for (const request of requests) {
        const ours = await answer(midge, request);
        const theirs = await answer(reference, request);
        if (ours !== theirs) {
          different.push({ request, ours, theirs });
        }
      }
      expect(different).toEqual([]);
    }, 60_000);
  }
});
