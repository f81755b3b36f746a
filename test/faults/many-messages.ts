// How long a start takes with very many messages in one stream, after a good end and after a kill in the middle of
// publishing: bun test/faults/many-messages.ts --messages 100000000 [--size 16]. MIDGE_SERVER names another executable.
// Ends with code 1 when an acknowledged message is missing. Needs about 90 bytes of disk a message.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "@nats-io/transport-node";
import { ServerProcess } from "../support/server-process.ts";
import { waitUntil } from "../support/wait-until.ts";

const perWindow = 1000;
const windows = 16;
const subjects = 100;
const startMillis = 600_000;

function argument(name: string, otherwise: number): number {
  const place = process.argv.indexOf(`--${name}`);
  return place < 0 ? otherwise : Number(process.argv[place + 1]);
}

const messages: number = Math.ceil(argument("messages", 100_000_000) / perWindow) * perWindow;
const size: number = argument("size", 16);
const folder: string = mkdtempSync(join(tmpdir(), "midge-many-"));
const flags: readonly string[] = ["-js", "-sd", join(folder, "store")];

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Many publishes as one piece of bytes: only the last one asks for an answer, which stands for all before it. */
function windowBytes(): Uint8Array {
  const body = "x".repeat(size);
  const frames = Array.from({ length: perWindow }, (_, at) => {
    const reply = at === perWindow - 1 ? "answers " : "";
    return `PUB many.${at % subjects} ${reply}${size}\r\n${body}\r\n`;
  });
  return new TextEncoder().encode(frames.join(""));
}

/** Publishes until so many are acknowledged, or the server is gone. Gives how many were acknowledged. */
async function publish(
  port: number,
  wanted: number,
  onAnswer: (acked: number) => void,
): Promise<number> {
  const over = Promise.withResolvers<void>();
  const bytes = windowBytes();
  let sent = 0;
  let acked = 0;
  let rest: Uint8Array = new Uint8Array(0);
  let text = "";
  const fill = (to: Bun.Socket): void => {
    while (rest.length > 0 || (sent < wanted && sent - acked < windows * perWindow)) {
      if (rest.length === 0) {
        rest = bytes;
        sent += perWindow;
      }
      rest = rest.subarray(Math.max(0, to.write(rest)));
      if (rest.length > 0) {
        return;
      }
    }
  };
  const socket = await Bun.connect({
    hostname: "127.0.0.1",
    port,
    socket: {
      open: (opened) => {
        opened.write('CONNECT {"verbose":false}\r\nSUB answers 1\r\n');
        fill(opened);
      },
      data: (opened, chunk) => {
        text += chunk.toString("latin1");
        const parts = text.split('"seq":');
        text = (parts.pop() ?? "").slice(-6);
        for (const _ of parts) {
          acked += perWindow;
          onAnswer(acked);
        }
        if (acked >= wanted) {
          over.resolve();
        }
        fill(opened);
      },
      drain: fill,
      close: () => over.resolve(),
      error: () => over.resolve(),
    },
  });
  await over.promise;
  socket.end();
  return acked;
}

/** Seconds from the command to the first good answer of /healthz. */
async function start(): Promise<{ readonly server: ServerProcess; readonly seconds: number }> {
  const before = performance.now();
  const server = await ServerProcess.start({ flags, monitoring: true });
  await waitUntil(
    "health",
    async () => (await fetch(`http://127.0.0.1:${server.monitoringPort}/healthz`)).status === 200,
    startMillis,
  );
  return { server, seconds: (performance.now() - before) / 1000 };
}

async function count(server: ServerProcess): Promise<number> {
  const connection = await connect({ servers: `127.0.0.1:${server.port}`, timeout: 20_000 });
  const answer = await connection.request("$JS.API.STREAM.INFO.MANY", "", { timeout: 20_000 });
  await connection.close();
  const { state } = answer.json<{ readonly state: { readonly messages: number } }>();
  return state.messages;
}

async function makeStream(server: ServerProcess): Promise<void> {
  const connection = await connect({ servers: `127.0.0.1:${server.port}` });
  const config = { name: "MANY", subjects: ["many.*"], storage: "file" };
  await connection.request("$JS.API.STREAM.CREATE.MANY", JSON.stringify(config));
  await connection.close();
}

const faults: string[] = [];

/** Starts on what the last process left, and looks whether all is there. */
async function restart(after: string, least: number): Promise<ServerProcess> {
  const { server, seconds } = await start();
  const found = await count(server);
  const mebibytes = Math.round(server.memoryBytes() / 1024 / 1024);
  say(
    `after ${after}: healthy in ${seconds.toFixed(2)} s, ${found} messages, ${mebibytes} MiB resident`,
  );
  if (found < least) {
    faults.push(`after ${after}: ${found} messages, and ${least} were acknowledged`);
  }
  return server;
}

async function run(): Promise<void> {
  const { server: first } = await start();
  await makeStream(first);
  const begun = performance.now();
  let said = 0;
  let stored = await publish(first.port, messages, (acked) => {
    if (acked >= said + 10_000_000) {
      said = acked;
      say(`${acked} messages, ${((performance.now() - begun) / 1000).toFixed(0)} s`);
    }
  });
  const seconds = (performance.now() - begun) / 1000;
  say(`${stored} messages of ${size} bytes acknowledged in ${seconds.toFixed(0)} s`);
  const ending = performance.now();
  first.signal("SIGTERM");
  await first.exited(startMillis);
  say(`ended in ${((performance.now() - ending) / 1000).toFixed(2)} s`);
  await using second = await restart("a good end", stored);
  let more = 0;
  const killAt = 1_000_000 + Math.floor(Math.random() * 1_000_000);
  await publish(second.port, messages, (acked) => {
    more = acked;
    if (acked >= killAt) {
      second.signal("SIGKILL");
    }
  });
  await second.exited();
  stored += more;
  say(`killed after ${more} more`);
  await using third = await restart("a kill", stored);
  third.signal("SIGKILL");
  await third.exited();
  await using fourth = await restart("another kill, with nothing written", stored);
  fourth.signal("SIGTERM");
  await fourth.exited(startMillis);
}

try {
  await run();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
say(faults.length === 0 ? "no fault" : faults.join("\n"));
process.exit(faults.length === 0 ? 0 : 1);
