import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { copyBytes } from "../../../src/base/bytes.ts";
import {
  eraseMessage,
  fieldOffset,
  isPlausible,
  messageLength,
  readUint64,
  recordKind,
  recordOverhead,
  writeChange,
  writeMessage,
  writeUint64,
} from "../../../src/storage/record.ts";
import { contentOf, storageRig } from "./storage-rig.ts";

const { checksum } = storageRig().surroundings;

function written(subject: string, headers: string, body: string): Uint8Array {
  const bytes = new TextEncoder().encode(`..${headers}${body}`);
  const content = contentOf({
    subject,
    headerBytes: bytes,
    headerStart: 2,
    headerLength: headers.length,
    bodyBytes: bytes,
    bodyStart: 2 + headers.length,
    bodyLength: body.length,
    sequence: 2 ** 40 + 7,
  });
  const record = new Uint8Array(messageLength(content));
  writeMessage(record, new DataView(record.buffer), 0, record.length, content, 3, 9, copyBytes);
  checksum.seal(record, new DataView(record.buffer), 0, record.length, 5n);
  return record;
}

describe("a record", () => {
  test("has every number up to 2^53 - 1", () => {
    const view = new DataView(new ArrayBuffer(8));
    fc.assert(
      fc.property(fc.nat({ max: Number.MAX_SAFE_INTEGER }), (value) => {
        writeUint64(view, 0, value);
        expect(readUint64(view, 0)).toBe(value);
        expect(view.getBigUint64(0, true)).toBe(BigInt(value));
      }),
    );
  });

  test("of a message holds its parts in order, however long they are", () => {
    for (const length of [0, 1, 24, 25, 1000]) {
      const [headers, body] = ["H".repeat(length), "b".repeat(length * 2)];
      const record = written("s.\xe9", headers, body);
      const text = String.fromCharCode(...record.subarray(fieldOffset.content, -8));
      expect(text).toBe(`s.\xe9${headers}${body}`);
      const view = new DataView(record.buffer);
      expect(view.getUint32(0, true)).toBe(record.length);
      expect(readUint64(view, fieldOffset.sequence)).toBe(2 ** 40 + 7);
      expect(view.getUint16(fieldOffset.leftOut, true)).toBe(3);
      expect(view.getUint32(fieldOffset.back, true)).toBe(9);
    }
  });

  test("is right under its own salt only", () => {
    const record = written("a", "", "body");
    const view = new DataView(record.buffer);
    expect(checksum.isSound(record, view, 0, record.length, 5n)).toBe(true);
    expect(checksum.isSound(record, view, 0, record.length, 6n)).toBe(false);
    expect(checksum.isSound(record, view, 0, record.length - 1, 5n)).toBe(false);
  });

  test("that is erased keeps what it was counted by, and nothing else", () => {
    const record = written("a.b", "headers", "body");
    const view = new DataView(record.buffer);
    eraseMessage(record, view, 0);
    expect(record[fieldOffset.kind]).toBe(recordKind.erased);
    expect(view.getUint32(fieldOffset.headerLength, true)).toBe(7);
    const content = record.subarray(fieldOffset.content, -8);
    expect(String.fromCharCode(...content)).toBe(`a.b${"\0".repeat(11)}`);
  });

  test("of a change has no content, and what is no record is not plausible", () => {
    const bytes = new Uint8Array(recordOverhead);
    const view = new DataView(bytes.buffer);
    writeChange(bytes, view, 0, recordOverhead, recordKind.removed, 3, 9);
    expect(isPlausible(view, 0, bytes.length)).toBe(true);
    expect(isPlausible(view, 0, bytes.length - 1)).toBe(false);
    view.setUint16(fieldOffset.subjectLength, 1, true);
    expect(isPlausible(view, 0, bytes.length)).toBe(false);
    writeChange(bytes, view, 0, recordOverhead, 77, 3, 9);
    expect(isPlausible(view, 0, bytes.length)).toBe(false);
  });

  test("longer than the checksum's window is sealed and checked like others", () => {
    const long = written("a", "", "x".repeat(2_500_000));
    const short = written("b", "", "y");
    const run = new Uint8Array(short.length * 2 + long.length);
    run.set(short, 0);
    run.set(long, short.length);
    run.set(short, short.length + long.length);
    const view = new DataView(run.buffer);
    checksum.seal(run, view, 0, run.length, 5n);
    expect(checksum.check(run, view, 0, run.length, 5n)).toBe(run.length);
    expect(run.slice(short.length, short.length + long.length)).toEqual(long.slice());
    run[short.length + 1_700_000] = 0;
    expect(checksum.check(run, view, 0, run.length, 5n)).toBe(short.length);
  });
});
