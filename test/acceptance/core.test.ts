// The core of messaging as the official client sees it, against the real program.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { connect, headers, type Msg, type NatsConnection } from "@nats-io/transport-node";
import { ServerProcess } from "../support/server-process.ts";
import { waitUntil } from "../support/wait-until.ts";

let server: ServerProcess;
let one: NatsConnection;
let two: NatsConnection;

beforeAll(async () => {
  server = await ServerProcess.start();
  one = await connect({ servers: server.url });
  two = await connect({ servers: server.url, name: "two" });
});

afterAll(async () => {
  await one.close();
  await two.close();
  await server[Symbol.asyncDispose]();
});

/** Collects what comes on a pattern; the subscription is known to the server when this returns. */
async function collect(
  connection: NatsConnection,
  pattern: string,
  options: { queue?: string; max?: number } = {},
): Promise<Msg[]> {
  const messages: Msg[] = [];
  connection.subscribe(pattern, {
    ...options,
    callback: (error, message) => {
      if (error === null) {
        messages.push(message);
      }
    },
  });
  await connection.flush();
  return messages;
}

const subjectsOf = (messages: readonly Msg[]): readonly string[] =>
  messages.map((message) => message.subject);

describe("publish and subscribe", () => {
  test("a message comes with its subject, payload and reply", async () => {
    const messages = await collect(two, "plain");
    one.publish("plain", "hello", { reply: "back" });
    await waitUntil("the message", () => messages.length === 1);
    expect(messages[0]?.subject).toBe("plain");
    expect(messages[0]?.string()).toBe("hello");
    expect(messages[0]?.reply).toBe("back");
  });

  test("wildcards take what they say and no more", async () => {
    const star = await collect(two, "w.*.c");
    const tail = await collect(two, "w.>");
    for (const subject of ["w.a.c", "w.b.c", "w.a", "w.a.b.c", "w", "x.a.c"]) {
      one.publish(subject);
    }
    await one.flush();
    await two.flush();
    expect(subjectsOf(star)).toEqual(["w.a.c", "w.b.c"]);
    expect(subjectsOf(tail)).toEqual(["w.a.c", "w.b.c", "w.a", "w.a.b.c"]);
  });

  test("order is kept over many messages", async () => {
    const messages = await collect(two, "order");
    const count = 5000;
    for (let number = 0; number < count; number += 1) {
      one.publish("order", String(number));
    }
    await one.flush();
    await waitUntil("all messages", () => messages.length === count);
    expect(messages.map((message) => Number(message.string()))).toEqual(
      Array.from({ length: count }, (_, at) => at),
    );
  });

  test("a subscription with a maximum ends after it", async () => {
    const messages = await collect(two, "upto", { max: 3 });
    for (let number = 0; number < 10; number += 1) {
      one.publish("upto", String(number));
    }
    await one.flush();
    await two.flush();
    expect(messages.length).toBe(3);
  });

  test("an unsubscribed one gets nothing more", async () => {
    let count = 0;
    const subscription = two.subscribe("gone", {
      callback: () => {
        count += 1;
      },
    });
    await two.flush();
    one.publish("gone");
    await one.flush();
    await waitUntil("the first", () => count === 1);
    subscription.unsubscribe();
    await two.flush();
    one.publish("gone");
    await one.flush();
    await two.flush();
    expect(count).toBe(1);
  });

  test("noEcho keeps one's own messages away", async () => {
    const quiet = await connect({ servers: server.url, noEcho: true });
    const own = await collect(quiet, "echo");
    const others = await collect(two, "echo");
    quiet.publish("echo");
    await quiet.flush();
    await waitUntil("the other's", () => others.length === 1);
    await quiet.flush();
    expect(own.length).toBe(0);
    await quiet.close();
  });

  test("binary payloads come back byte for byte", async () => {
    const messages = await collect(two, "bytes");
    const payload = Uint8Array.from({ length: 70_000 }, (_, at) => (at * 31) & 0xff);
    one.publish("bytes", payload);
    one.publish("bytes", new Uint8Array(0));
    await waitUntil("both", () => messages.length === 2);
    expect(Buffer.from(messages[0]?.data ?? []).equals(Buffer.from(payload))).toBe(true);
    expect(messages[1]?.data.length).toBe(0);
  });
});

describe("request and reply", () => {
  test("a service answers, and many requests run at once", async () => {
    two.subscribe("double", {
      callback: (_error, message) => {
        message.respond(String(Number(message.string()) * 2));
      },
    });
    await two.flush();
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, at) => one.request("double", String(at), { timeout: 3000 })),
    );
    expect(answers.map((answer) => Number(answer.string()))).toEqual(
      Array.from({ length: 200 }, (_, at) => at * 2),
    );
  });

  test("a request that nobody hears fails at once", async () => {
    const start = performance.now();
    const failure = await one.request("nobody.hears", "", { timeout: 5000 }).then(
      () => "answered",
      (error: unknown) => String(error),
    );
    expect(failure).toContain("no responders");
    expect(performance.now() - start).toBeLessThan(2000);
  });

  test("requestMany gathers from all who answer", async () => {
    const responders = await Promise.all(
      Array.from({ length: 3 }, () => connect({ servers: server.url })),
    );
    for (const [at, responder] of responders.entries()) {
      responder.subscribe("who", {
        callback: (_error, message) => {
          message.respond(String(at));
        },
      });
    }
    await Promise.all(responders.map((responder) => responder.flush()));
    const names: string[] = [];
    for await (const answer of await one.requestMany("who", "", {
      maxMessages: 3,
      maxWait: 3000,
    })) {
      names.push(answer.string());
    }
    expect(names.toSorted()).toEqual(["0", "1", "2"]);
    await Promise.all(responders.map((responder) => responder.close()));
  });
});

describe("queue groups", () => {
  test("each message goes to one member, all members get some, and plain subscribers get all", async () => {
    const members = [
      await collect(one, "jobs", { queue: "g" }),
      await collect(two, "jobs", { queue: "g" }),
      await collect(two, "jobs", { queue: "g" }),
    ];
    const other = await collect(two, "jobs", { queue: "h" });
    const plain = await collect(two, "jobs");
    const count = 600;
    for (let number = 0; number < count; number += 1) {
      one.publish("jobs", String(number));
    }
    await one.flush();
    await waitUntil("the plain ones", () => plain.length === count && other.length === count);
    await waitUntil(
      "the group's",
      () => members.reduce((sum, member) => sum + member.length, 0) === count,
    );
    for (const member of members) {
      expect(member.length).toBeGreaterThan(count / 10);
    }
  });
});

describe("headers", () => {
  test("values come in their order, with their case", async () => {
    const messages = await collect(two, "with.headers");
    const fields = headers();
    fields.append("Key", "one");
    fields.append("Key", "two");
    fields.append("lower-Case", "x: y");
    one.publish("with.headers", "body", { headers: fields });
    await waitUntil("the message", () => messages.length === 1);
    expect(messages[0]?.headers?.values("Key")).toEqual(["one", "two"]);
    expect(messages[0]?.headers?.get("lower-Case")).toBe("x: y");
    expect(messages[0]?.string()).toBe("body");
  });
});
