// What a server must survive on one connection: bytes that are no protocol, sizes that lie, names that are not text.
// Each case asks for the exact answer, for the connection's fate, and that others are served on.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { RawClient } from "../support/raw-client.ts";
import { ServerProcess } from "../support/server-process.ts";

let server: ServerProcess;
let bystander: RawClient;

beforeAll(async () => {
  server = await ServerProcess.start();
  bystander = await RawClient.open(server.port);
});

afterAll(async () => {
  bystander[Symbol.dispose]();
  await server[Symbol.asyncDispose]();
});

interface Case {
  readonly name: string;
  readonly bytes: string;
  /** All that the server says before it closes the connection. */
  readonly answer: string;
}

const unknown = "-ERR 'Unknown Protocol Operation'\r\n";
const tooLong = "-ERR 'maximum control line exceeded'\r\n";
const tooLarge = "-ERR 'Maximum Payload Violation'\r\n";
const long = "a".repeat(5000);

const endings: readonly Case[] = [
  { name: "control bytes", bytes: "\x01\x02\x03garbage\r\n", answer: unknown },
  { name: "a word that is no verb", bytes: "HELLO\r\n", answer: unknown },
  { name: "an empty line", bytes: "\r\n", answer: unknown },
  { name: "an HTTP request", bytes: "GET / HTTP/1.1\r\nHost: x\r\n\r\n", answer: unknown },
  { name: "a TLS hello", bytes: "\x16\x03\x01\x02\x00\x01\x00\x01\xfc", answer: unknown },
  { name: "an op that only servers send", bytes: "MSG a 1 2\r\nab\r\n", answer: unknown },
  { name: "PUB without its blank", bytes: "PUB\r\n", answer: unknown },
  { name: "UNSUB without a sid", bytes: "UNSUB\r\n", answer: unknown },
  { name: "a payload without its line end", bytes: "PUB a 2\r\nabXX\r\n", answer: unknown },
  { name: "PUB without arguments", bytes: "PUB \r\n", answer: "" },
  { name: "PUB without a size", bytes: "PUB a\r\n", answer: "" },
  { name: "PUB with a word too many", bytes: "PUB a b c 5\r\n", answer: "" },
  { name: "SUB without a sid", bytes: "SUB a\r\n", answer: "" },
  { name: "SUB with a word too many", bytes: "SUB a b c d\r\n", answer: "" },
  { name: "UNSUB with a word too many", bytes: "UNSUB 1 2 3\r\n", answer: "" },
  { name: "CONNECT that is no JSON", bytes: "CONNECT {x\r\n", answer: "" },
  { name: "CONNECT that is no object", bytes: "CONNECT []\r\n", answer: "" },
  { name: "a negative size", bytes: "PUB a -1\r\n", answer: "" },
  { name: "a size that is no number", bytes: "PUB a 1x\r\n", answer: "" },
  { name: "a size beyond 31 bits", bytes: "PUB a 2147483648\r\n", answer: "" },
  { name: "a size beyond 32 bits", bytes: "PUB a 4294967298\r\nab\r\n", answer: "" },
  { name: "a size beyond 64 bits", bytes: "PUB a 99999999999999999999\r\n", answer: "" },
  { name: "a payload above max_payload", bytes: "PUB a 1048577\r\n", answer: tooLarge },
  { name: "a giant payload size", bytes: "PUB a 999999999\r\n", answer: tooLarge },
  { name: "a giant HPUB size", bytes: "HPUB a 12 999999999\r\n", answer: tooLarge },
  { name: "a header size above the total", bytes: "HPUB a 20 10\r\n0123456789\r\n", answer: "" },
  { name: "a negative header size", bytes: "HPUB a -1 10\r\n", answer: "" },
  { name: "overflowing HPUB sizes", bytes: "HPUB a 99999999999 99999999999\r\n", answer: "" },
  { name: "a control line that is too long", bytes: `PUB ${long} 2\r\n`, answer: tooLong },
  { name: "a control line without an end", bytes: `PUB ${long}`, answer: tooLong },
  { name: "a CONNECT that is too long", bytes: `CONNECT {"n":"${long}"}\r\n`, answer: tooLong },
];

describe("a connection ends with", () => {
  for (const { name, bytes, answer } of endings) {
    test(name, async () => {
      using client = await RawClient.open(server.port);
      client.send(bytes);
      expect(await client.untilClosed()).toBe(answer);
      await bystander.roundTrip();
    });
    test(`${name}, one byte at a time`, async () => {
      if (bytes.length > 200) {
        return;
      }
      using client = await RawClient.open(server.port);
      for (const character of bytes) {
        client.send(character);
        await Bun.sleep(0);
      }
      expect(await client.untilClosed()).toBe(answer);
    });
  }
});

const survivals: readonly Case[] = [
  {
    name: "NUL in a subject",
    bytes: "SUB a\0b 1\r\nPUB a\0b 2\r\nok\r\n",
    answer: "MSG a\0b 1 2\r\nok\r\n",
  },
  {
    name: "8-bit bytes in a subject",
    bytes: "SUB \xff\xfe 1\r\nPUB \xff\xfe 2\r\nok\r\n",
    answer: "MSG \xff\xfe 1 2\r\nok\r\n",
  },
  {
    name: "bad UTF-8 in a subject",
    bytes: "SUB \xc3( 1\r\nPUB \xc3( 2\r\nok\r\n",
    answer: "MSG \xc3( 1 2\r\nok\r\n",
  },
  {
    name: "bad UTF-8 in a payload",
    bytes: "SUB a 1\r\nPUB a 3\r\n\xff\0\xc3\r\n",
    answer: "MSG a 1 3\r\n\xff\0\xc3\r\n",
  },
  {
    name: "a payload that looks like an op",
    bytes: "SUB a 1\r\nPUB a 10\r\nPUB a 2\r\nx\r\n",
    answer: "MSG a 1 10\r\nPUB a 2\r\nx\r\n",
  },
  {
    name: "a subject with empty tokens",
    bytes: "SUB a..b 1\r\n",
    answer: "-ERR 'Invalid Subject'\r\n",
  },
  { name: "a header size of zero", bytes: "HPUB a 0 2\r\nab\r\n", answer: "" },
  {
    name: "headers that are none",
    bytes: "SUB a 1\r\nHPUB a 5 10\r\n0123456789\r\n",
    answer: "HMSG a 1 5 10\r\n0123456789\r\n",
  },
  { name: "UNSUB of nothing", bytes: "UNSUB 77\r\n", answer: "" },
  { name: "INFO from a client", bytes: "INFO {}\r\n", answer: "" },
];

describe("a connection survives", () => {
  for (const { name, bytes, answer } of survivals) {
    test(name, async () => {
      using client = await RawClient.open(server.port);
      client.send(bytes);
      expect(await client.roundTrip()).toBe(`${answer}PONG\r\n`);
    });
  }

  test("subjects of 2,000 tokens", async () => {
    using client = await RawClient.open(server.port);
    const subject = Array.from({ length: 1999 }, () => "a").join(".");
    client.send(`SUB ${subject} 1\r\nPUB ${subject} 2\r\nok\r\n`);
    expect(await client.roundTrip()).toBe(`MSG ${subject} 1 2\r\nok\r\nPONG\r\n`);
  });

  test("patterns of 2,000 wildcards", async () => {
    using client = await RawClient.open(server.port);
    const subject = Array.from({ length: 1999 }, () => "a").join(".");
    const pattern = Array.from({ length: 1999 }, () => "*").join(".");
    client.send(`SUB ${pattern} 1\r\nSUB ${pattern.slice(2)} 2\r\nPUB ${subject} 2\r\nok\r\n`);
    expect(await client.roundTrip()).toBe(`MSG ${subject} 1 2\r\nok\r\nPONG\r\n`);
  });

  test("wildcards that multiply: many patterns over the same tokens", async () => {
    using client = await RawClient.open(server.port);
    const width = 12;
    for (let bits = 0; bits < 1 << width; bits += 1) {
      const tokens = Array.from({ length: width }, (_, at) => ((bits >> at) & 1 ? "*" : "a"));
      client.send(`SUB ${tokens.join(".")} ${bits + 1}\r\n`);
    }
    await client.roundTrip();
    client.forget();
    client.send(`PUB ${Array.from({ length: width }, () => "a").join(".")} 2\r\nok\r\n`);
    const text = await client.roundTrip();
    expect(text.split("MSG ").length - 1).toBe(1 << width);
  });
});

test("after all of it the server has logged and lives", async () => {
  expect(server.isRunning).toBe(true);
  await bystander.roundTrip();
});
