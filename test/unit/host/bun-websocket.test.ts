import { afterEach, describe, expect, test } from "bun:test";
import { inflateRawSync } from "node:zlib";
import { NetworkError } from "../../../src/base/server-error.ts";
import { BunWebsockets } from "../../../src/host/bun-websocket.ts";
import type {
  UpgradeAnswer,
  UpgradeRequest,
  WebsocketListener,
  WebsocketServing,
  Wire,
  WireHandlers,
} from "../../../src/ports/websocket.ts";
import { frame, handshake, opcode, RawWebsocket } from "../../support/raw-websocket.ts";
import { waitUntil } from "../../support/wait-until.ts";

const serving: WebsocketServing = {
  host: "127.0.0.1",
  port: 0,
  compresses: false,
  maxMessageBytes: 100_000,
};

/** A server's side that keeps all it was told. */
class Kept implements WireHandlers {
  readonly heard: string[] = [];
  readonly chunks: Uint8Array[] = [];
  drains = 0;
  wire: Wire | null = null;

  message(bytes: Uint8Array): void {
    this.chunks.push(bytes);
    this.heard.push(Buffer.from(bytes).toString("latin1"));
  }

  drain(): void {
    this.drains += 1;
  }

  close(error?: Error): void {
    this.heard.push(error === undefined ? "<close>" : `<close: ${error.message}>`);
  }

  get open(): Wire {
    if (this.wire === null) {
      throw new Error("not open");
    }
    return this.wire;
  }
}

interface Served {
  readonly kept: Kept;
  readonly listener: WebsocketListener;
  readonly seen: UpgradeRequest[];
}

const listeners: WebsocketListener[] = [];

afterEach(() => {
  for (const listener of listeners.splice(0)) {
    listener[Symbol.dispose]();
  }
});

function serve(
  more: Partial<WebsocketServing> = {},
  judge: ((request: UpgradeRequest) => UpgradeAnswer) | null = null,
): Served {
  const kept = new Kept();
  const seen: UpgradeRequest[] = [];
  const accept = (): UpgradeAnswer => ({
    kind: "accepted",
    headers: { "x-served-by": "midge", "Set-Cookie": "a=b" },
    open: (wire) => {
      kept.wire = wire;
      return kept;
    },
  });
  const listener = new BunWebsockets().serve({ ...serving, ...more }, (request) => {
    seen.push(request);
    return (judge ?? accept)(request);
  });
  listeners.push(listener);
  return { kept, listener, seen };
}

async function join(
  more: Partial<WebsocketServing> = {},
): Promise<Served & { peer: RawWebsocket }> {
  const served = serve(more);
  const headers = { "sec-websocket-extensions": "permessage-deflate; client_max_window_bits" };
  const peer = await RawWebsocket.request(served.listener.port, handshake(headers));
  await waitUntil("the wire", () => served.kept.wire !== null);
  return { ...served, peer };
}

describe("the upgrade", () => {
  test("is judged by what the request says", async () => {
    const { listener, seen } = serve();
    using peer = await RawWebsocket.request(
      listener.port,
      handshake({ origin: "http://a.example", cookie: "u=ann" }, "/nats?x=1"),
    );
    expect(peer.isUpgraded).toBe(true);
    const [request] = seen;
    expect([request?.method, request?.path]).toEqual(["GET", "/nats"]);
    expect(request?.remoteAddress).toBe("127.0.0.1");
    expect(request?.remotePort).toBeGreaterThan(0);
    expect(request?.header("Origin")).toBe("http://a.example");
    expect(request?.header("cookie")).toBe("u=ann");
    expect(request?.header("x-forwarded-for")).toBeNull();
  });

  test("is answered with the headers it was given", async () => {
    const { listener } = serve();
    using peer = await RawWebsocket.request(listener.port);
    expect(peer.head).toContain("sec-websocket-accept: s3pplmbitxaq9kygzzhzrbk+xoo=\r\n");
    expect(peer.head).toContain("x-served-by: midge\r\n");
    expect(peer.head).toContain("set-cookie: a=b\r\n");
    expect(peer.head).not.toContain("sec-websocket-extensions");
  });

  test("that is refused says so and opens no wire", async () => {
    const { listener, kept } = serve({}, () => ({
      kind: "refused",
      status: 403,
      headers: { "content-type": "text/plain", "sec-websocket-version": "13" },
      body: "Forbidden\n",
    }));
    using peer = await RawWebsocket.request(listener.port);
    expect(peer.head).toStartWith("http/1.1 403 forbidden\r\n");
    expect(peer.head).toContain("sec-websocket-version: 13\r\n");
    await waitUntil("the body", () => peer.body === "Forbidden\n");
    expect(kept.wire).toBeNull();
  });

  test("comes from an IPv4 peer behind the address of both families", async () => {
    const { listener, seen } = serve({ host: "0.0.0.0" });
    expect(listener.host).toBe("0.0.0.0");
    using _peer = await RawWebsocket.request(listener.port);
    expect(seen[0]?.remoteAddress).toBe("127.0.0.1");
  });

  test("at a port that is taken is refused with a code", () => {
    const { listener } = serve();
    let failure: unknown;
    try {
      serve({ port: listener.port });
    } catch (thrown) {
      failure = thrown;
    }
    expect(failure).toBeInstanceOf(NetworkError);
    expect((failure as NetworkError).message).toBe(
      `listen tcp 127.0.0.1:${listener.port}: bind: address already in use`,
    );
  });
});

describe("messages", () => {
  test("arrive whole, be they binary, text or in pieces", async () => {
    const { kept, peer } = await join();
    peer.send(
      frame(opcode.binary, "binary"),
      frame(opcode.text, "t\u00e9xt"),
      frame(opcode.binary, "in ", { isFinal: false }),
      frame(opcode.ping, "between"),
      frame(opcode.continuation, "pieces"),
    );
    await waitUntil("three messages", () => kept.heard.length === 3);
    expect(kept.heard).toEqual(["binary", "t\xc3\xa9xt", "in pieces"]);
    await waitUntil("a pong", () => peer.frames.length === 1);
    expect(peer.frames[0]).toMatchObject({ opcode: opcode.pong, isFinal: true });
    peer[Symbol.dispose]();
  });

  test("belong to the receiver, memory and all", async () => {
    const { kept, peer } = await join();
    peer.say("first");
    await waitUntil("the first", () => kept.chunks.length === 1);
    peer.say("later");
    await waitUntil("the second", () => kept.chunks.length === 2);
    expect(kept.heard).toEqual(["first", "later"]);
    for (const chunk of kept.chunks) {
      expect(chunk.buffer.byteLength).toBe(chunk.length);
    }
    expect(Buffer.from(kept.chunks[0] ?? []).toString()).toBe("first");
    peer[Symbol.dispose]();
  });

  test("leave as binary frames, and the memory they came from is free at once", async () => {
    const { kept, peer } = await join();
    const memory = Buffer.from("PING\r\n");
    kept.open.send(memory, false);
    memory.fill(0);
    kept.open.send(new Uint8Array(70_000).fill(65), false);
    await waitUntil("both", () => peer.frames.length === 2);
    expect(peer.frames.map((one) => [one.opcode, one.isFinal, one.isCompressed])).toEqual([
      [opcode.binary, true, false],
      [opcode.binary, true, false],
    ]);
    expect(peer.text).toBe(`PING\r\n${"A".repeat(70_000)}`);
    peer[Symbol.dispose]();
  });

  test("are compressed when both sides want that, each by itself", async () => {
    const { kept, peer } = await join({ compresses: true });
    expect(peer.head).toContain("permessage-deflate");
    expect(peer.head).toContain("server_no_context_takeover");
    expect(peer.head).toContain("client_no_context_takeover");
    kept.open.send(Buffer.from("a".repeat(1000)), true);
    kept.open.send(Buffer.from("plain"), false);
    await waitUntil("both", () => peer.frames.length === 2);
    const [packed, plain] = peer.frames;
    expect([packed?.isCompressed, plain?.isCompressed]).toEqual([true, false]);
    const tail = Buffer.from([0, 0, 0xff, 0xff, 1, 0, 0, 0xff, 0xff]);
    const inflated = inflateRawSync(Buffer.concat([packed?.body ?? Buffer.alloc(0), tail]));
    expect(inflated.toString()).toBe("a".repeat(1000));
    peer[Symbol.dispose]();
  });

  test("wait in the wire while the peer does not read, which is told when they have left", async () => {
    const { kept, peer } = await join();
    peer.stopReading();
    const block = new Uint8Array(1024 * 1024).fill(66);
    let sent = 0;
    while (kept.open.bufferedBytes === 0) {
      kept.open.send(block, false);
      sent += block.length;
    }
    expect(kept.drains).toBe(0);
    peer.readAgain();
    await waitUntil("the drain", () => kept.drains > 0);
    expect(kept.open.bufferedBytes).toBe(0);
    await waitUntil("all bytes", () => peer.text.length === sent);
    peer[Symbol.dispose]();
  });

  test("do not arrive while the wire is paused", async () => {
    const { kept, peer } = await join();
    kept.open.pause();
    peer.say("one");
    const other = await join();
    other.peer.say("x");
    await waitUntil("the other's", () => other.kept.heard.length === 1);
    expect(kept.heard).toEqual([]);
    kept.open.resume();
    await waitUntil("the first", () => kept.heard.length === 1);
    peer[Symbol.dispose]();
    other.peer[Symbol.dispose]();
  });
});

describe("frames that break the rules end the wire with a fault", () => {
  const rows: readonly (readonly [string, readonly Buffer[], string])[] = [
    ["no mask", [frame(opcode.binary, "x", { isMasked: false })], "1002"],
    ["a reserved bit", [frame(opcode.binary, "x", { reservedBits: 0x20 })], "1002"],
    ["compression nobody agreed on", [frame(opcode.binary, "x", { reservedBits: 0x40 })], "1002"],
    ["an unknown opcode", [frame(3, "x")], "1002"],
    ["a piece of nothing", [frame(opcode.continuation, "x")], "1002"],
    [
      "a message inside another",
      [frame(opcode.binary, "x", { isFinal: false }), frame(opcode.binary, "y")],
      "1002",
    ],
    ["a ping in pieces", [frame(opcode.ping, "x", { isFinal: false })], "1002"],
    ["a ping too long", [frame(opcode.ping, "x".repeat(126))], "1002"],
    ["a close of one byte", [frame(opcode.close, "x")], "1002"],
    ["a close without a valid code", [frame(opcode.close, Buffer.from([3, 236]))], "1002"],
    ["text that is not UTF-8", [frame(opcode.text, Buffer.from([0xff]))], "1007"],
    ["a message too long", [frame(opcode.binary, "x", { announcedLength: 100_001 })], "1009"],
  ];
  test.each(rows)("%s", async (_, frames, code) => {
    const { kept, peer } = await join();
    peer.send(...frames);
    expect(await peer.untilClosed()).toStartWith(code);
    expect(kept.heard).toHaveLength(1);
    expect(kept.heard[0]).toStartWith("<close: Received");
  });
});

describe("the end", () => {
  test("of the peer is heard once, behind its last message", async () => {
    const { kept, peer } = await join();
    peer.send(frame(opcode.binary, "bye"), frame(opcode.close, Buffer.from([3, 232])));
    expect(await peer.untilClosed()).toBe("1000 ");
    expect(kept.heard).toEqual(["bye", "<close>"]);
  });

  test("without a word is heard too", async () => {
    const { kept, peer } = await join();
    peer[Symbol.dispose]();
    await waitUntil("the end", () => kept.heard.length === 1);
    expect(kept.heard).toEqual(["<close>"]);
  });

  test("of ours is told with its reason behind what was sent", async () => {
    const { kept, peer } = await join();
    kept.open.send(Buffer.from("last words"), false);
    kept.open.close(1008, "Authentication Failure");
    kept.open.send(Buffer.from("too late"), false);
    expect(await peer.untilClosed()).toBe("1008 Authentication Failure");
    expect(peer.text).toBe("last words");
    expect(kept.heard).toEqual(["<close>"]);
  });

  test("may be forced", async () => {
    const { kept, peer } = await join();
    kept.open.terminate();
    expect(await peer.untilClosed()).toBeNull();
    expect(kept.heard).toEqual(["<close>"]);
    expect(kept.open.bufferedBytes).toBe(0);
  });

  test("of the listener lets open wires live until it is disposed", async () => {
    const { kept, peer, listener } = await join();
    listener.stop();
    listener.stop();
    using refused = await RawWebsocket.request(listener.port);
    expect(refused.isUpgraded).toBe(false);
    peer.say("still here");
    await waitUntil("the message", () => kept.heard.length === 1);
    listener[Symbol.dispose]();
    expect(await peer.untilClosed()).toStartWith("1001");
    expect(kept.heard).toEqual(["still here", "<close>"]);
  });
});
