// Fuzzes header blocks: no bytes break reading or editing, and what was written is found again.

import { expect, test } from "bun:test";
import fc from "fast-check";
import {
  headerBlock,
  headerEntries,
  headerValue,
  headerValues,
  statusOf,
  withHeader,
  withOnlyHeader,
  withoutHeader,
} from "../../src/protocol/headers.ts";

const rounds = { numRuns: 3000 };

/** Bytes that often look like headers: line ends, colons and blanks are common. */
const headerBytes = fc
  .array(
    fc.oneof(
      fc.constantFrom("\r\n", "\r", "\n", ":", " ", "NATS/1.0", "A", "Key", "\r\n\r\n", "ü"),
      fc.string({ maxLength: 5 }),
    ),
    { maxLength: 30 },
  )
  .map((parts) => new TextEncoder().encode(parts.join("")));

const anyBytes = fc.oneof(headerBytes, fc.uint8Array({ maxLength: 200 }));
const key = fc.stringMatching(/^[A-Za-z][A-Za-z0-9-]{0,8}$/);
const value = fc.stringMatching(/^[!-~]([ -~]{0,10}[!-~])?$/);
const entries = fc.array(fc.tuple(key, value), { maxLength: 6 });

test("no bytes break the reader or the editor", () => {
  fc.assert(
    fc.property(anyBytes, fc.oneof(key, fc.string({ maxLength: 4 })), (block, name) => {
      const before = block.slice();
      statusOf(block);
      headerEntries(block);
      headerValue(block, name);
      headerValues(block, name);
      withoutHeader(block, name);
      withHeader(block, name, "v");
      expect(block).toEqual(before);
    }),
    rounds,
  );
});

test("what is written is read back in order", () => {
  fc.assert(
    fc.property(entries, (given) => {
      expect(headerEntries(headerBlock(given))).toEqual(given);
    }),
    rounds,
  );
});

test("a line appended to any block is found, behind the others of its key", () => {
  fc.assert(
    fc.property(anyBytes, key, value, (block, name, given) => {
      const made = withHeader(block, name, given);
      expect(headerValues(made, name).at(-1)).toBe(given);
      expect(headerValues(withOnlyHeader(block, name, given), name)).toEqual([given]);
    }),
    rounds,
  );
});

test("a removed key is gone and nothing else is", () => {
  fc.assert(
    fc.property(entries, key, (given, name) => {
      const left = headerEntries(withoutHeader(headerBlock(given), name));
      expect(left).toEqual(given.filter(([other]) => other !== name));
    }),
    rounds,
  );
});
