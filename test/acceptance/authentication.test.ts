// Who is let in, and what they may do there, as the official client sees it.

import { describe, expect, test } from "bun:test";
import { createUser } from "@nats-io/nkeys";
import {
  type ConnectionOptions,
  connect,
  type NatsConnection,
  nkeyAuthenticator,
  type Status,
} from "@nats-io/transport-node";
import { ServerProcess } from "../support/server-process.ts";
import { waitUntil } from "../support/wait-until.ts";

/** "in", or what the client was told. */
async function attempt(server: ServerProcess, options: ConnectionOptions): Promise<string> {
  try {
    const connection = await connect({ servers: server.url, reconnect: false, ...options });
    await connection.flush();
    await connection.close();
    return "in";
  } catch (error) {
    return String(error);
  }
}

const refused = /authorization violation/i;

describe("who is let in", () => {
  test("by token", async () => {
    await using server = await ServerProcess.start({ config: "authorization { token: s3cret }" });
    expect(await attempt(server, { token: "s3cret" })).toBe("in");
    expect(await attempt(server, { token: "wrong" })).toMatch(refused);
    expect(await attempt(server, {})).toMatch(refused);
    expect(server.log()).not.toContain("s3cret");
  });

  test("by user and password", async () => {
    await using server = await ServerProcess.start({
      config:
        "authorization { users: [ { user: joe, password: pw1 }, { user: ann, password: pw2 } ] }",
    });
    expect(await attempt(server, { user: "joe", pass: "pw1" })).toBe("in");
    expect(await attempt(server, { user: "ann", pass: "pw2" })).toBe("in");
    expect(await attempt(server, { user: "joe", pass: "pw2" })).toMatch(refused);
    expect(await attempt(server, { user: "nobody", pass: "pw1" })).toMatch(refused);
  });

  test("by a password that is kept as a bcrypt hash", async () => {
    const hash = await Bun.password.hash("long secret", { algorithm: "bcrypt", cost: 4 });
    await using server = await ServerProcess.start({
      config: `authorization { users: [ { user: joe, password: "${hash.replace("$2b$", "$2a$")}" } ] }`,
    });
    expect(await attempt(server, { user: "joe", pass: "long secret" })).toBe("in");
    expect(await attempt(server, { user: "joe", pass: "short secret" })).toMatch(refused);
    expect(await attempt(server, { user: "joe", pass: hash })).toMatch(refused);
  });

  test("by nkey", async () => {
    const known = createUser();
    const stranger = createUser();
    await using server = await ServerProcess.start({
      config: `authorization { users: [ { nkey: ${known.getPublicKey()} } ] }`,
    });
    const by = (pair: typeof known): ConnectionOptions => ({
      authenticator: nkeyAuthenticator(pair.getSeed()),
    });
    expect(await attempt(server, by(known))).toBe("in");
    expect(await attempt(server, by(stranger))).toMatch(refused);
    expect(await attempt(server, {})).toMatch(refused);
  });

  test("without a word, as no_auth_user", async () => {
    await using server = await ServerProcess.start({
      config:
        "no_auth_user: guest\naccounts { A { users: [ { user: guest, password: g }, { user: joe, password: j } ] } }",
    });
    expect(await attempt(server, {})).toBe("in");
    expect(await attempt(server, { user: "joe", pass: "j" })).toBe("in");
    expect(await attempt(server, { user: "joe", pass: "x" })).toMatch(refused);
  });
});

describe("what they may do", () => {
  async function noteErrors(connection: NatsConnection): Promise<Status[]> {
    const seen: Status[] = [];
    void (async () => {
      for await (const status of connection.status()) {
        if (status.type === "error") {
          seen.push(status);
        }
      }
    })();
    await connection.flush();
    return seen;
  }

  test("publishing and subscribing beyond the permissions is told and not done", async () => {
    await using server = await ServerProcess.start({
      config: `authorization { users: [
        { user: joe, password: pw, permissions: { publish: ["ok.>"], subscribe: { allow: [">"], deny: ["secret.>"] } } }
        { user: all, password: pw } ] }`,
    });
    const joe = await connect({ servers: server.url, user: "joe", pass: "pw" });
    const all = await connect({ servers: server.url, user: "all", pass: "pw" });
    const errors = await noteErrors(joe);
    const got: string[] = [];
    all.subscribe(">", {
      callback: (_error, message) => {
        got.push(message.subject);
      },
    });
    await all.flush();
    joe.publish("ok.yes");
    joe.publish("not.ok");
    joe.subscribe("secret.x", { callback: () => undefined });
    await joe.flush();
    await all.flush();
    expect(got).toEqual(["ok.yes"]);
    const text = await waitUntil("both errors", () => errors.length >= 2 && errors.map(String));
    expect(text.length).toBe(2);
    await joe.close();
    await all.close();
  });

  test("a wildcard subscription gets all but what is denied", async () => {
    await using server = await ServerProcess.start({
      config: `authorization { users: [
        { user: joe, password: pw, permissions: { subscribe: { deny: ["a.secret"] } } }
        { user: all, password: pw } ] }`,
    });
    const joe = await connect({ servers: server.url, user: "joe", pass: "pw" });
    const all = await connect({ servers: server.url, user: "all", pass: "pw" });
    const got: string[] = [];
    joe.subscribe("a.*", {
      callback: (_error, message) => {
        got.push(message.subject);
      },
    });
    await joe.flush();
    all.publish("a.open");
    all.publish("a.secret");
    all.publish("a.last");
    await all.flush();
    await joe.flush();
    expect(got).toEqual(["a.open", "a.last"]);
    await joe.close();
    await all.close();
  });

  test("allow_responses lets a service answer where it may not publish", async () => {
    await using server = await ServerProcess.start({
      config: `authorization { users: [
        { user: service, password: pw, permissions: { subscribe: ["ask"], publish: { deny: [">"] }, allow_responses: { max: 1, expires: "1m" } } }
        { user: all, password: pw } ] }`,
    });
    const service = await connect({ servers: server.url, user: "service", pass: "pw" });
    const all = await connect({ servers: server.url, user: "all", pass: "pw" });
    service.subscribe("ask", {
      callback: (_error, message) => {
        message.respond("first");
        message.respond("second");
      },
    });
    await service.flush();
    const answers: string[] = [];
    for await (const answer of await all.requestMany("ask", "", {
      strategy: "count",
      maxMessages: 2,
      maxWait: 400,
    })) {
      answers.push(answer.string());
    }
    expect(answers).toEqual(["first"]);
    await service.close();
    await all.close();
  });
});
