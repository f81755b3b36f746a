// Accounts from outside: isolation, streams and services across them, limits, mappings.

import { describe, expect, test } from "bun:test";
import { connect, type NatsConnection } from "@nats-io/transport-node";
import { RawClient } from "../support/raw-client.ts";
import { ServerProcess } from "../support/server-process.ts";
import { waitUntil } from "../support/wait-until.ts";

async function login(server: ServerProcess, user: string): Promise<NatsConnection> {
  return await connect({ servers: server.url, user, pass: "pw", reconnect: false });
}

async function subjectsSeen(connection: NatsConnection, pattern: string): Promise<string[]> {
  const seen: string[] = [];
  connection.subscribe(pattern, {
    callback: (_error, message) => {
      seen.push(message.subject);
    },
  });
  await connection.flush();
  return seen;
}

const sharing = `accounts {
  MAKER { users: [ {user: maker, password: pw} ]
    exports: [ {stream: "events.>"}, {service: "ask.*"}, {service: "many", response_type: stream}, {stream: "private.>", accounts: [TRUSTED]} ] }
  TAKER { users: [ {user: taker, password: pw} ]
    imports: [ {stream: {account: MAKER, subject: "events.>"}, prefix: "from.maker"}
               {service: {account: MAKER, subject: "ask.*"}, to: "question.*"}
               {service: {account: MAKER, subject: "many"}} ] }
  TRUSTED { users: [ {user: trusted, password: pw} ]
    imports: [ {stream: {account: MAKER, subject: "private.>"}, to: "secret.>"} ] }
  STRANGER { users: [ {user: stranger, password: pw} ] }
}`;

describe("accounts", () => {
  test("do not hear each other", async () => {
    await using server = await ServerProcess.start({ config: sharing });
    const maker = await login(server, "maker");
    const stranger = await login(server, "stranger");
    const seen = await subjectsSeen(stranger, ">");
    const own = await subjectsSeen(maker, ">");
    maker.publish("events.a");
    maker.publish("anything");
    await maker.flush();
    await stranger.flush();
    expect(own).toEqual(["events.a", "anything"]);
    expect(seen).toEqual([]);
    await maker.close();
    await stranger.close();
  });

  test("a stream is heard where it is imported, under the importer's name", async () => {
    await using server = await ServerProcess.start({ config: sharing });
    const maker = await login(server, "maker");
    const taker = await login(server, "taker");
    const trusted = await login(server, "trusted");
    const taken = await subjectsSeen(taker, "from.maker.>");
    const narrow = await subjectsSeen(taker, "from.maker.events.b");
    const secret = await subjectsSeen(trusted, "secret.*");
    for (const subject of ["events.a", "events.b", "private.x"]) {
      maker.publish(subject);
    }
    await maker.flush();
    await waitUntil("the import", () => taken.length === 2 && secret.length === 1);
    expect(taken).toEqual(["from.maker.events.a", "from.maker.events.b"]);
    expect(narrow).toEqual(["from.maker.events.b"]);
    expect(secret).toEqual(["secret.x"]);
    await Promise.all([maker.close(), taker.close(), trusted.close()]);
  });

  test("a service answers over the border, once or as a stream", async () => {
    await using server = await ServerProcess.start({ config: sharing });
    const maker = await login(server, "maker");
    const taker = await login(server, "taker");
    maker.subscribe("ask.*", {
      callback: (_error, message) => {
        message.respond(`${message.subject} ${message.string()}`);
      },
    });
    maker.subscribe("many", {
      callback: (_error, message) => {
        for (const number of [1, 2, 3]) {
          message.respond(String(number));
        }
      },
    });
    await maker.flush();
    const answer = await taker.request("question.time", "now", { timeout: 2000 });
    expect(answer.string()).toBe("ask.time now");
    const numbers: string[] = [];
    for await (const one of await taker.requestMany("many", "", {
      maxMessages: 3,
      maxWait: 2000,
    })) {
      numbers.push(one.string());
    }
    expect(numbers).toEqual(["1", "2", "3"]);
    await Promise.all([maker.close(), taker.close()]);
  });

  test("a request over the border that nobody hears fails at once", async () => {
    await using server = await ServerProcess.start({ config: sharing });
    const taker = await login(server, "taker");
    const failure = await taker.request("question.time", "", { timeout: 5000 }).then(
      () => "answered",
      (error: unknown) => String(error),
    );
    expect(failure).toContain("no responders");
    await taker.close();
  });

  test("have limits of their own", async () => {
    await using server = await ServerProcess.start({
      config:
        "accounts { A { users: [ {user: a, password: pw} ], limits { max_connections: 1 } } }",
    });
    const first = await login(server, "a");
    using second = await RawClient.open(server.port, null);
    second.send('CONNECT {"user":"a","pass":"pw"}\r\nPING\r\n');
    expect(await second.untilClosed()).toContain(
      "-ERR 'maximum account active connections exceeded'\r\n",
    );
    await first.close();
  });

  test("map subjects, with weights and wildcards", async () => {
    await using server = await ServerProcess.start({
      config: `accounts { A { users: [ {user: a, password: pw} ], mappings: {
        "old": "new", "swap.*.*": "swapped.{{wildcard(2)}}.{{wildcard(1)}}",
        "split": [ {destination: "half.one", weight: 50%}, {destination: "half.two", weight: 50%} ] } } }`,
    });
    const client = await login(server, "a");
    const seen = await subjectsSeen(client, ">");
    client.publish("old");
    client.publish("swap.a.b");
    for (let at = 0; at < 200; at += 1) {
      client.publish("split");
    }
    await client.flush();
    expect(seen.slice(0, 2)).toEqual(["new", "swapped.b.a"]);
    const ones = seen.filter((subject) => subject === "half.one").length;
    const twos = seen.filter((subject) => subject === "half.two").length;
    expect(ones + twos).toBe(200);
    expect(Math.min(ones, twos)).toBeGreaterThan(40);
    await client.close();
  });

  test("the system account is told who comes and goes", async () => {
    await using server = await ServerProcess.start({
      config: `accounts { A { users: [ {user: a, password: pw} ] }, SYS { users: [ {user: sys, password: pw} ] } }
        system_account: SYS`,
    });
    const system = await login(server, "sys");
    const seen = await subjectsSeen(system, "$SYS.ACCOUNT.A.>");
    const client = await login(server, "a");
    await client.close();
    await waitUntil(
      "both events",
      () => seen.includes("$SYS.ACCOUNT.A.CONNECT") && seen.includes("$SYS.ACCOUNT.A.DISCONNECT"),
    );
    const pong = await system.request("$SYS.REQ.SERVER.PING", "", { timeout: 2000 });
    expect((pong.json() as { server: { id: string } }).server.id).toBe(
      system.info?.server_id ?? "",
    );
    await system.close();
  });
});
