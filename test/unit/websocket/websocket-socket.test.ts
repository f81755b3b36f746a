import { describe, expect, test } from "bun:test";
import type { SocketHandlers } from "../../../src/ports/network.ts";
import type { Wire } from "../../../src/ports/websocket.ts";
import { WebsocketSocket } from "../../../src/websocket/websocket-socket.ts";

/** Takes `room` bytes into the system; what is sent beyond waits here. */
class ScriptedWire implements Wire {
  readonly remoteAddress = "10.1.2.3";
  readonly remotePort = 40_000;
  readonly localAddress = "127.0.0.1";
  readonly localPort = 8080;
  readonly sent: { readonly text: string; readonly isWorthCompressing: boolean }[] = [];
  readonly told: string[] = [];
  bufferedBytes = 0;
  room = Number.POSITIVE_INFINITY;

  send(bytes: Uint8Array, isWorthCompressing: boolean): void {
    this.sent.push({ text: Buffer.from(bytes).toString("latin1"), isWorthCompressing });
    const fits = Math.min(this.room, bytes.length);
    this.room -= fits;
    this.bufferedBytes += bytes.length - fits;
  }

  pause(): void {
    this.told.push("pause");
  }

  resume(): void {
    this.told.push("resume");
  }

  close(code: number, reason: string): void {
    this.told.push(`close ${code} ${reason}`);
  }

  terminate(): void {
    this.told.push("terminate");
  }
}

class Listening implements SocketHandlers {
  readonly heard: string[] = [];

  data(chunk: Uint8Array): void {
    this.heard.push(Buffer.from(chunk).toString("latin1"));
  }

  drain(): void {
    this.heard.push("<drain>");
  }

  close(error?: Error): void {
    this.heard.push(error === undefined ? "<close>" : `<close: ${error.message}>`);
  }
}

interface Opened {
  readonly wire: ScriptedWire;
  readonly socket: WebsocketSocket;
  readonly handlers: Listening;
}

const codeOf = (reason: string): number => 4000 + reason.length;

function open(isBrowser = false): Opened {
  const wire = new ScriptedWire();
  const socket = new WebsocketSocket(wire, isBrowser, codeOf);
  const handlers = new Listening();
  socket.answer(() => handlers);
  return { wire, socket, handlers };
}

const sizes = (wire: ScriptedWire): readonly number[] => wire.sent.map(({ text }) => text.length);
const block = (length: number): Uint8Array => new Uint8Array(length).fill(65);

describe("writing", () => {
  test("sends the range it was given as one message", () => {
    const { wire, socket } = open();
    expect(socket.write(Buffer.from("<PING>"), 1, 4)).toBe(4);
    expect(wire.sent).toEqual([{ text: "PING", isWorthCompressing: false }]);
  });

  test("cuts what is long, and finer for browsers", () => {
    const plain = open();
    expect(plain.socket.write(block(150_000), 0, 150_000)).toBe(150_000);
    expect(sizes(plain.wire)).toEqual([65_536, 65_536, 18_928]);
    const browser = open(true);
    expect(browser.socket.write(block(10_000), 0, 10_000)).toBe(10_000);
    expect(sizes(browser.wire)).toEqual([4096, 4096, 1808]);
  });

  test("would have only what is longer than 64 bytes compressed", () => {
    const { wire, socket } = open();
    socket.write(block(64), 0, 64);
    socket.write(block(65), 0, 65);
    expect(wire.sent.map((one) => one.isWorthCompressing)).toEqual([false, true]);
  });

  test("takes no more once a message did not fit into the system", () => {
    const { wire, socket } = open();
    wire.room = 70_000;
    expect(socket.write(block(300_000), 0, 300_000)).toBe(131_072);
    expect(socket.write(block(1), 0, 1)).toBe(0);
    expect(sizes(wire)).toEqual([65_536, 65_536]);
  });

  test("goes on when the system has taken all", () => {
    const { wire, socket, handlers } = open();
    wire.room = 0;
    expect(socket.write(block(10), 0, 10)).toBe(10);
    expect(socket.write(block(10), 0, 10)).toBe(0);
    wire.bufferedBytes = 0;
    socket.drain();
    expect(handlers.heard).toEqual(["<drain>"]);
    expect(socket.write(block(10), 0, 10)).toBe(10);
  });

  test("to a socket that ends or has closed gives -1", () => {
    const ending = open();
    ending.socket.shutdown();
    expect(ending.socket.write(block(1), 0, 1)).toBe(-1);
    const closed = open();
    closed.socket.close();
    expect(closed.socket.write(block(1), 0, 1)).toBe(-1);
    expect([...ending.wire.sent, ...closed.wire.sent]).toEqual([]);
  });
});

describe("reading", () => {
  test("hands messages on as if there were no frames", () => {
    const { socket, handlers } = open();
    for (const text of ["PUB a 5\r\nhel", "", "lo\r\nPING\r\n"]) {
      socket.message(Buffer.from(text));
    }
    expect(handlers.heard).toEqual(["PUB a 5\r\nhel", "lo\r\nPING\r\n"]);
  });

  test("is paused and resumed at the wire", () => {
    const { wire, socket } = open();
    socket.pause();
    socket.resume();
    expect(wire.told).toEqual(["pause", "resume"]);
  });
});

describe("the end", () => {
  test("tells the peer why, by a number too", () => {
    const { wire, socket } = open();
    socket.shutdown("Kicked");
    expect(wire.told).toEqual(["close 4006 Kicked"]);
  });

  test("without a reason is a normal one", () => {
    const { wire, socket } = open();
    socket.end();
    expect(wire.told).toEqual(["close 4000 "]);
  });

  test("is told once, and forced by the second call", () => {
    const { wire, socket } = open();
    socket.shutdown("Client Closed");
    socket.shutdown("Server Shutdown");
    socket.end();
    expect(wire.told).toEqual(["close 4013 Client Closed", "terminate"]);
  });

  test("is heard once, with the fault if there was one", () => {
    const { socket, handlers } = open();
    socket.close(new Error("mask missing"));
    socket.close();
    socket.drain();
    socket.message(Buffer.from("late"));
    expect(handlers.heard).toEqual(["<close: mask missing>"]);
  });

  test("that came before the handlers were given is heard by them", () => {
    const socket = new WebsocketSocket(new ScriptedWire(), false, codeOf);
    const handlers = new Listening();
    socket.answer((opened) => {
      opened.end();
      socket.close();
      return handlers;
    });
    expect(handlers.heard).toEqual(["<close>"]);
  });

  test("leaves nothing to do", () => {
    const { wire, socket } = open();
    socket.close();
    socket.shutdown("Client Closed");
    socket.end();
    socket.terminate();
    expect(wire.told).toEqual([]);
  });
});

test("who the peer is comes from the wire", () => {
  const { socket } = open();
  expect([socket.kind, socket.remoteAddress, socket.remotePort]).toEqual([
    "websocket",
    "10.1.2.3",
    40_000,
  ]);
  expect([socket.localAddress, socket.localPort]).toEqual(["127.0.0.1", 8080]);
});
