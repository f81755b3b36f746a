// The monitoring pages of both, by their shape: the same fields of the same kinds, for the same clients.
// Figures differ between two processes; fields do not, save those of features that Midge does not serve yet.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { RawClient } from "../support/raw-client.ts";
import type { ServerProcess } from "../support/server-process.ts";
import { waitUntil } from "../support/wait-until.ts";
import { type Both, hasReference, skipNote, startBoth } from "./both-servers.ts";

const config = `server_name: compared
accounts {
  A { users: [ {user: joe, password: pw} ]
    exports: [ {stream: "s.>"}, {service: "ask"} ]
    mappings: { "old": "new" } }
  B { users: [ {user: ann, password: pw} ]
    imports: [ {stream: {account: A, subject: "s.>"}}, {service: {account: A, subject: "ask"}} ] }
  SYS { users: [ {user: sys, password: pw} ] }
}
system_account: SYS
server_tags: [ "one", "two" ]
`;

/** Fields that only one of them has, each with its reason. */
const different: readonly RegExp[] = [
  // Of the reference's own runtime and newer version.
  /^\.(?:feature_flags|git_commit|go|gomemlimit|gomaxprocs|config_digest|metadata|version)\b/,
  // Answers that are under way between accounts: Midge does not list them.
  /^\.account_detail\.responses\b/,
];

function shapeOf(value: unknown, path = ""): readonly string[] {
  if (Array.isArray(value)) {
    return [...new Set(value.flatMap((one) => shapeOf(one, `${path}[]`)))];
  }
  if (value !== null && typeof value === "object") {
    return Object.entries(value).flatMap(([key, inner]) =>
      shapeOf(inner, `${path}.${key.startsWith("_R_.") ? "_R_" : key}`),
    );
  }
  return different.some((pattern) => pattern.test(path)) ? [] : [`${path}: ${typeof value}`];
}

async function populate(server: ServerProcess): Promise<readonly RawClient[]> {
  const joe = await RawClient.open(server.port, {
    user: "joe",
    pass: "pw",
    name: "joe",
    lang: "x",
  });
  const ann = await RawClient.open(server.port, { user: "ann", pass: "pw", version: "1.2.3" });
  joe.send("SUB ask 1\r\nSUB work q 2\r\nSUB x.> 3\r\nUNSUB 3 5\r\n");
  await joe.roundTrip();
  ann.send("SUB s.> 1\r\nPUB ask r.1 2\r\nhi\r\n");
  await ann.roundTrip();
  joe.send("PUB s.a 2\r\nhi\r\nPUB old 1\r\nx\r\n");
  await joe.roundTrip();
  const gone = await RawClient.open(server.port, { user: "joe", pass: "pw", name: "gone" });
  gone.send("nonsense\r\n");
  await gone.untilClosed();
  const page = `http://127.0.0.1:${server.monitoringPort}/connz?state=closed`;
  await waitUntil("the closed one", async () =>
    (await (await fetch(page)).text()).includes('"reason"'),
  );
  return [joe, ann];
}

const pages: readonly string[] = [
  "/varz",
  "/connz",
  "/connz?subs=1",
  "/connz?subs=detail&auth=1",
  "/connz?state=closed",
  "/connz?state=all&subs=detail&auth=true",
  "/connz?sort=bytes_to&limit=1",
  "/connz?cid=999999",
  "/connz?acc=A&auth=1",
  "/connz?user=joe&auth=1",
  "/connz?filter_subject=ask&acc=A&auth=1",
  "/subsz",
  "/subsz?subs=1&acc=A",
  "/subsz?test=ask&subs=1",
  "/accountz",
  "/accountz?acc=A",
  "/accountz?acc=B",
  "/accstatz",
  "/accstatz?unused=1",
  "/accstatz?acc=A",
  "/healthz",
  "/healthz?js-enabled-only=true",
  "/healthz?details=true",
];

const texts: readonly string[] = [
  "/connz?sort=nonsense",
  "/connz?limit=x",
  "/connz?state=nonsense",
  "/connz?cid=x",
  "/subsz?test=a..b",
  "/subsz?limit=x",
  "/connz?state=open&sort=stop",
  "/nonsense",
  "/accountz?acc=$SYS",
  "/accountz?acc=NOPE",
  "/healthz?js-server-only=x",
];

describe.skipIf(!hasReference)(`monitoring${skipNote}`, () => {
  let both: Both;
  let clients: readonly RawClient[] = [];
  beforeAll(async () => {
    both = await startBoth(config, true);
    clients = [...(await populate(both.midge)), ...(await populate(both.reference))];
  });
  afterAll(async () => {
    for (const client of clients) {
      client.reset();
    }
    await both[Symbol.asyncDispose]();
  });

  for (const path of pages) {
    test(path, async () => {
      const [mine, theirs] = await Promise.all([both.midge.page(path), both.reference.page(path)]);
      expect(shapeOf(mine).toSorted()).toEqual(shapeOf(theirs).toSorted());
    });
  }

  for (const path of texts) {
    test(`${path} answers alike`, async () => {
      const answers = [both.midge, both.reference].map(async (server) => {
        const answer = await fetch(`http://127.0.0.1:${server.monitoringPort}${path}`);
        const kind = answer.headers.get("content-type");
        return { status: answer.status, kind, text: (await answer.text()).trim() };
      });
      const [mine, theirs] = await Promise.all(answers);
      expect(mine).toEqual(theirs);
    });
  }
});
