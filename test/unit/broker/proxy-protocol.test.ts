import { describe, expect, test } from "bun:test";
import { ProxyHeaderReader, type ProxyRead } from "../../../src/broker/proxy-protocol.ts";
import { bytesOf, FakeSocket, fabrics, openRig } from "./broker-rig.ts";

const signature = [0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a];
const ipFour = [192, 0, 2, 7, 127, 0, 0, 1, 0xc3, 0x50, 0x10, 0x7e];

function versionTwo(verCmd: number, family: number, address: readonly number[]): Uint8Array {
  return Uint8Array.from([
    ...signature,
    verCmd,
    family,
    address.length >> 8,
    address.length & 0xff,
    ...address,
  ]);
}

function readWhole(bytes: Uint8Array): ProxyRead {
  return new ProxyHeaderReader().read(bytes);
}

/** Byte by byte; the last answer. */
function readDripping(bytes: Uint8Array): ProxyRead {
  const reader = new ProxyHeaderReader();
  let read: ProxyRead = { kind: "more" };
  for (const byte of bytes) {
    expect(read.kind).toBe("more");
    read = reader.read(Uint8Array.of(byte));
  }
  return read;
}

test("version 1 names address and port, and what lies behind is given back", () => {
  expect(readWhole(bytesOf("PROXY TCP4 192.0.2.7 127.0.0.1 50000 4222\r\nPING\r\n"))).toEqual({
    kind: "read",
    address: { host: "192.0.2.7", port: 50_000 },
    rest: bytesOf("PING\r\n"),
  });
  expect(readDripping(bytesOf("PROXY TCP6 2001:db8::1 ::1 50000 4222\r\n"))).toMatchObject({
    address: { host: "2001:db8::1", port: 50_000 },
  });
  expect(readWhole(bytesOf("PROXY UNKNOWN\r\n"))).toMatchObject({ kind: "read", address: null });
});

test("version 1 that is none is refused", () => {
  for (const [line, text] of [
    ["PROXY TCP4 192.0.2.7 127.0.0.1 50000\r\n", "invalid v1 format"],
    ["PROXY TCP4 ::1 ::1 50000 4222\r\n", "invalid address"],
    ["PROXY TCP6 192.0.2.7 127.0.0.1 50000 4222\r\n", "invalid address"],
    ["PROXY UDP4 192.0.2.7 127.0.0.1 50000 4222\r\n", "invalid protocol UDP4"],
    ["PROXY TCP4 192.0.2.7 127.0.0.1 99999 4222\r\n", "invalid source port"],
    [`PROXY TCP4 ${"1".repeat(120)}`, "v1 line too long"],
  ] as const) {
    const read = readWhole(bytesOf(line));
    expect(read.kind === "refused" ? read.text : read.kind).toContain(text);
  }
});

test("version 2 names addresses of both families", () => {
  expect(readDripping(versionTwo(0x21, 0x11, ipFour))).toMatchObject({
    kind: "read",
    address: { host: "192.0.2.7", port: 50_000 },
  });
  const ipSix = [0x20, 1, 0x0d, 0xb8, ...Array.from({ length: 11 }, () => 0), 1];
  const both = [...ipSix, ...ipSix, 0xc3, 0x50, 0x10, 0x7e];
  expect(readWhole(versionTwo(0x21, 0x21, both))).toMatchObject({
    address: { host: "2001:db8::1", port: 50_000 },
  });
});

test("version 2 of the proxy itself names nobody, and more address bytes are passed over", () => {
  expect(readWhole(versionTwo(0x20, 0x00, [1, 2, 3]))).toMatchObject({ address: null });
  expect(readWhole(versionTwo(0x21, 0x01, []))).toMatchObject({ address: null });
  expect(readWhole(versionTwo(0x21, 0x11, [...ipFour, 9, 9]))).toMatchObject({
    address: { host: "192.0.2.7" },
  });
});

test("version 2 that is none is refused", () => {
  for (const bytes of [
    versionTwo(0x31, 0x11, ipFour),
    versionTwo(0x22, 0x11, ipFour),
    versionTwo(0x21, 0x12, ipFour),
    versionTwo(0x21, 0x31, ipFour),
    versionTwo(0x21, 0x11, [1, 2]),
    Uint8Array.from([...signature.slice(0, 6), 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]),
  ]) {
    expect(readWhole(bytes).kind).toBe("refused");
  }
});

test("who does not speak it is read as it is", () => {
  expect(readWhole(bytesOf("CONNECT {}\r\n"))).toEqual({
    kind: "read",
    address: null,
    rest: bytesOf("CONNECT {}\r\n"),
  });
});

describe.each(fabrics)("a server behind proxies over %s", (_name, makeFabric) => {
  test("keeps the proxy's address out of INFO and tells the client's afterwards", () => {
    const rig = openRig(makeFabric, { proxyProtocol: true });
    const client = rig.client();
    expect(client.info).not.toContain("client_ip");
    client.say("PROXY TCP4 192.0.2.7 127.0.0.1 50000 4222\r\n");
    client.connect({ protocol: 1 });
    expect(client.say("PING\r\n")).toContain('"client_ip":"192.0.2.7"');
    const [opened] = rig.broker.connections.open;
    expect(opened === undefined ? null : rig.broker.recordOf(opened)).toMatchObject({
      address: "192.0.2.7",
      port: 50_000,
    });
    expect(opened?.connection.label).toBe("192.0.2.7:50000 - cid:1");
  });

  test("takes clients without one", () => {
    const rig = openRig(makeFabric, { proxyProtocol: true });
    const client = rig.client();
    client.connect();
    expect(client.say("PING\r\n")).toBe("PONG\r\n");
    rig.time.advance(10_000);
    expect(rig.broker.connections.openCount).toBe(1);
  });

  test("closes who sends a bad header, or none in time", () => {
    const rig = openRig(makeFabric, { proxyProtocol: true });
    rig.client().say("PROXY nonsense\r\n");
    const silent = new FakeSocket();
    silent.handlers = rig.broker.accept(silent);
    rig.time.advance(4900);
    expect(rig.broker.connections.openCount).toBe(1);
    rig.time.advance(200);
    expect(rig.broker.connections.openCount).toBe(0);
    expect(rig.broker.connections.closed().map((record) => record.reason)).toEqual([
      "Protocol Violation",
      "Protocol Violation",
    ]);
    expect(rig.log.has("Error reading PROXY protocol header from 127.0.0.1")).toBeTrue();
  });
});
