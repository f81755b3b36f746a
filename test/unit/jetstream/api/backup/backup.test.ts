import { describe, expect, test } from "bun:test";
import type { ApiConsumer, ApiStream } from "../../../../../src/jetstream/api/api-context.ts";
import { archiveHead, archiveMagic } from "../../../../../src/jetstream/api/backup/archive.ts";
import { BackupReader } from "../../../../../src/jetstream/api/backup/backup-reader.ts";
import { BackupWriter } from "../../../../../src/jetstream/api/backup/backup-writer.ts";
import type {
  RestoredConsumer,
  StreamRestore,
} from "../../../../../src/jetstream/api/backup/stream-restore.ts";
import { type ApiError, apiErrors } from "../../../../../src/jetstream/api-error.ts";
import type { ConsumerBackup } from "../../../../../src/jetstream/consumer/consumer-backup.ts";
import { MemoryStore } from "../../../../../src/jetstream/store/memory-store.ts";
import { messageTag } from "../../../../../src/jetstream/store/message-store.ts";
import { MessageView } from "../../../../../src/jetstream/store/message-view.ts";
import { SubjectFilter } from "../../../../../src/jetstream/store/subject-filter.ts";
import { newMessage } from "../../../../contract/message-store/message-store-contract.ts";
import { askedConfig } from "../../consumer/consumer-rig.ts";
import { plainConfig } from "../../stream/stream-rig.ts";
import { blockOf, compressed, sha256, tarOf } from "./old-backup.ts";

const text = (words: string): Uint8Array => new TextEncoder().encode(words);
const time = 1_700_000_000_000_000;

function emptyStore(): MemoryStore {
  return new MemoryStore({ cost: "file", firstSequence: 1, onWritten: () => undefined });
}

class Restored implements StreamRestore {
  readonly config: StreamRestore["config"] = { ...plainConfig, name: "S", allowMessageTtl: true };
  readonly store: MemoryStore = emptyStore();
  readonly maxPayload = 1_000_000;
  createdNanos: bigint | null = null;
  readonly consumers: RestoredConsumer[] = [];
  full: ApiError | null = null;

  addConsumer(consumer: RestoredConsumer): void {
    this.consumers.push(consumer);
  }

  refusal(): ApiError | null {
    return this.full;
  }

  sha256(bytes: Uint8Array): Uint8Array {
    return sha256(bytes);
  }

  finish(): void {}

  abandon(): void {}
}

function reading(restored: Restored, first = 0, last = 0): BackupReader {
  return new BackupReader(restored, {
    firstSequence: first,
    lastSequence: last,
    nowMicros: time + 1_000_000_000,
  });
}

function read(restored: Restored, bytes: Uint8Array, step = 1000, first = 0, last = 0): void {
  const reader = reading(restored, first, last);
  for (let at = 0; at < bytes.length; at += step) {
    reader.write(bytes.slice(at, at + step));
  }
  reader.end();
}

function refusalOf(restored: Restored, bytes: Uint8Array, first = 0, last = 0): string {
  try {
    read(restored, bytes, 1000, first, last);
    return "";
  } catch (failure) {
    return failure instanceof Error ? failure.message : String(failure);
  }
}

function contents(store: MemoryStore): readonly unknown[] {
  const view = new MessageView();
  const all: unknown[] = [];
  for (let at = 1; store.next(SubjectFilter.all, at, view); at = view.sequence + 1) {
    const decoder = new TextDecoder("latin1");
    const { sequence, subject, timeNanos } = view;
    all.push([
      sequence,
      subject,
      timeNanos,
      decoder.decode(view.headers),
      decoder.decode(view.body),
    ]);
  }
  return all;
}

function isSame(one: MemoryStore, other: MemoryStore): boolean {
  return Bun.deepEquals(contents(one), contents(other));
}

function fill(store: MemoryStore, count: number): void {
  for (let sequence = 3; sequence < count + 3; sequence++) {
    const headers =
      sequence % 4 === 0 ? text(`NATS/1.0\r\nNats-Msg-Id: ${sequence}\r\n\r\n`) : text("");
    const body = text(`body ${sequence} `.repeat(sequence % 30));
    store.append(
      newMessage({
        sequence: sequence * 2,
        timeMicros: time + sequence,
        restNanos: sequence % 1000,
        subject: `s.${sequence % 7}.\xe9`,
        headerBytes: headers,
        headerLength: headers.length,
        bodyBytes: body,
        bodyLength: body.length,
      }),
    );
  }
}

const state: ConsumerBackup = {
  deliveredConsumer: 9,
  deliveredStream: 20,
  floorConsumer: 5,
  floorStream: 12,
  pending: [
    { sequence: 14, consumerSequence: 6, timeMillis: 1_700_000_000_123 },
    { sequence: 18, consumerSequence: 8, timeMillis: 1_700_000_000_456 },
  ],
  redelivered: new Map([[18, 2]]),
};

function streamOf(store: MemoryStore, consumers: readonly string[] = []): ApiStream {
  const made = consumers.map((name) => ({
    name,
    config: { ...askedConfig, name, durable: name },
    offlineReason: "",
    backup: () => state,
  }));
  const stream: Pick<ApiStream, "consumers"> & { access: Pick<ApiStream["access"], "store"> } = {
    access: { store },
    consumers: () => made as Iterable<unknown> as Iterable<ApiConsumer>,
  };
  return stream as unknown as ApiStream;
}

function written(stream: ApiStream, step = 4096, hasConsumers = true): Uint8Array {
  const { firstSequence, lastSequence } = stream.access.store.state;
  const described = { first_seq: firstSequence, last_seq: lastSequence, consumer_count: 99 };
  const writer = new BackupWriter(stream, described, hasConsumers, 5n);
  const chunks: Uint8Array[] = [];
  while (!writer.isAtEnd) {
    chunks.push(writer.take(step).slice());
  }
  return new Uint8Array(Buffer.concat(chunks));
}

describe("a backup", () => {
  test.each([1, 100, 5000])("comes back as it was, in pieces of %d bytes", (step) => {
    const store = emptyStore();
    fill(store, step === 1 ? 60 : 3000);
    store.remove(10, false);
    store.skipTo(store.state.lastSequence + 5);
    const restored = new Restored();
    read(restored, written(streamOf(store, ["C", "D"])), step);
    expect(contents(restored.store)).toEqual([...contents(store)]);
    expect({ ...restored.store.state }).toEqual({ ...store.state });
    expect(restored.consumers.map(({ name }) => name)).toEqual(["C", "D"]);
    expect(restored.consumers[0]?.state).toEqual(state);
    expect(restored.consumers[0]?.config.durable).toBe("C");
    let tagged = 0;
    restored.store.eachTagged(messageTag.messageId, 1, () => {
      tagged++;
      return true;
    });
    expect(tagged).toBeGreaterThan(5);
  });

  test("of an empty stream keeps its numbers", () => {
    const store = emptyStore();
    store.removeBelow(500);
    const restored = new Restored();
    read(restored, written(streamOf(store)));
    expect(restored.store.state.firstSequence).toBe(500);
    expect(restored.store.state.lastSequence).toBe(499);
  });

  test("leaves out consumers when it is asked to", () => {
    const restored = new Restored();
    read(restored, written(streamOf(emptyStore(), ["C"]), 100, false));
    expect(restored.consumers).toEqual([]);
  });

  test("leaves out what expired meanwhile, but for its number", () => {
    const store = emptyStore();
    for (const [index, ttl] of ["10s", "never", "1h"].entries()) {
      const headers = text(`NATS/1.0\r\nNats-TTL: ${ttl}\r\n\r\n`);
      store.append(
        newMessage({
          sequence: index + 1,
          timeMicros: time,
          headerBytes: headers,
          headerLength: headers.length,
        }),
      );
    }
    const restored = new Restored();
    read(restored, written(streamOf(store)));
    expect(contents(restored.store).length).toBe(2);
    expect(restored.store.state.firstSequence).toBe(2);
    expect(restored.store.nextExpiryMicros).toBe(time + 3_600_000_000);
  });

  test("that is cut short anywhere is refused", () => {
    const store = emptyStore();
    fill(store, 40);
    const whole = written(streamOf(store, ["C"]));
    for (let length = 0; length < whole.length; length += 37) {
      expect(refusalOf(new Restored(), whole.subarray(0, length))).not.toBe("");
    }
  });

  test("with a changed byte is refused, or the same", () => {
    const store = emptyStore();
    fill(store, 20);
    const whole = written(streamOf(store, ["C"]));
    for (let at = 0; at < whole.length; at += 11) {
      const changed = whole.slice();
      changed[at] = (changed[at] ?? 0) ^ 0x10;
      const restored = new Restored();
      const refusal = refusalOf(restored, changed);
      // A repetition may be copied from another place where the same stands.
      expect([at, refusal !== "" || isSame(restored.store, store)]).toEqual([at, true]);
    }
  });

  test("ends when the account is full", () => {
    const store = emptyStore();
    fill(store, 20);
    const restored = new Restored();
    restored.full = apiErrors.storageResourcesExceeded;
    expect(refusalOf(restored, written(streamOf(store)))).toBe(
      apiErrors.storageResourcesExceeded.description,
    );
  });
});

describe("an archive that a backup is not", () => {
  const entry = (name: string, sequence: number, content: string, nanos = 0n): Uint8Array => {
    const head = { timeNanos: nanos, sequence, headerLength: 0, bodyLength: content.length };
    return new Uint8Array(Buffer.concat([archiveHead(text(name), head), text(content)]));
  };
  const archive = (...entries: readonly Uint8Array[]): Uint8Array =>
    compressed(new Uint8Array(Buffer.concat([archiveMagic, ...entries])));
  const described = entry("state.json", 0, `{"first_seq":1,"last_seq":9,"consumer_count":1}`);
  const plain = entry("state.json", 0, `{"first_seq":1,"last_seq":9,"consumer_count":0}`);
  const ending = entry("", 0, "");

  test.each([
    ["begins with another entry", archive(ending), "expected state.json first"],
    ["has a state that is none", archive(entry("state.json", 0, "x")), "error in state.json"],
    ["lacks a consumer", archive(described, entry("s", 1, "")), 'expected consumer, found "s"'],
    [
      "has a consumer without a state",
      archive(described, entry("consumers/C", 0, `{"config":{}}`)),
      'consumer "C" is missing state',
    ],
    [
      "has a name where a message should be",
      archive(plain, entry("s", 0, "x")),
      "expected message",
    ],
    [
      "has messages out of order",
      archive(plain, entry("s", 5, ""), entry("s", 5, "")),
      "message sequence 5 out of order",
    ],
    ["does not end", archive(plain, entry("s", 5, "")), "backup was truncated"],
    [
      "has a message above the payload",
      archive(plain, entry("s", 5, "x".repeat(1_000_001))),
      "message sequence 5 exceeds maximum payload size",
    ],
    [
      "has a name without end",
      archive(plain, new Uint8Array([0xff, 0xff, 0xff, 0x7f, 0, 0, 0, 0])),
      "archive: invalid archive stream",
    ],
    ["has too long a number", archive(new Uint8Array(20).fill(0xff)), "archive: invalid"],
    [
      "has a sequence above 2^53",
      archive(plain, new Uint8Array([0, 0, ...new Array(8).fill(0xff), 0x7f, 0, 0])),
      "is above what this server can hold",
    ],
  ])("%s", (_, bytes, refusal) => {
    expect(refusalOf(new Restored(), bytes)).toContain(refusal);
  });

  test("what stands behind its end is ignored", () => {
    const restored = new Restored();
    read(restored, archive(plain, entry("s", 5, "x"), ending, entry("s", 5, "y")));
    expect(restored.store.state.messages).toBe(1);
    expect(restored.store.state.lastSequence).toBe(9);
  });
});

describe("a backup of the first version", () => {
  const meta = `{"Created":"2026-11-23T03:26:00.5Z","name":"S","subjects":["s.>"]}`;
  const files = (
    stored: readonly (readonly [string, Uint8Array])[],
    ...more: readonly (readonly [string, Uint8Array | string])[]
  ): Uint8Array => compressed(tarOf([["meta.inf", meta], ["meta.sum", "00"], ...stored, ...more]));
  const first = blockOf("S", 1, [
    { sequence: 1, subject: "s.a", body: "gone below the first" },
    { sequence: 2, subject: "s.a", body: "two" },
    { sequence: 3, mark: "erased", subject: "", body: "noise" },
    { sequence: 4, subject: "s.b", headers: "NATS/1.0\r\nK: v\r\n\r\n", body: "four" },
    { sequence: 7, subject: "s.c", body: "seven" },
  ]);
  const second = blockOf("S", 2, [
    { sequence: 7, mark: "deletion" },
    { sequence: 8, subject: "s.a", body: "eight" },
    { sequence: 11, mark: "deletion" },
  ]);
  const blocks = [
    ["msgs/1.blk", first],
    ["msgs/2.blk", second],
    ["msgs/index.db", text("not read")],
  ] as const;

  test("is read, with deletions wherever they stand", () => {
    const restored = new Restored();
    read(restored, files(blocks), 700, 2, 12);
    const at = 1_700_000_000_000_000_123n;
    expect(contents(restored.store)).toEqual([
      [2, "s.a", at, "", "two"],
      [4, "s.b", at, "NATS/1.0\r\nK: v\r\n\r\n", "four"],
      [8, "s.a", at, "", "eight"],
    ]);
    expect(restored.store.state.firstSequence).toBe(2);
    expect(restored.store.state.lastSequence).toBe(12);
    expect(restored.createdNanos).toBe(1_795_404_360_500_000_000n);
  });

  test("brings its consumers, long names too", () => {
    const long = "c".repeat(120);
    const described = (name: string): string =>
      `{"Created":"2026-11-23T03:26:01Z","Name":"${name}","durable_name":"${name}","ack_policy":"explicit"}`;
    // As the reference wrote it: ten messages wait, the floor is 4.
    const waiting =
      "160200040f140a94c99db00d0404040807040b0a040101040303040505040706040908040a090402020400";
    const restored = new Restored();
    const consumers = [
      ["obs/C/meta.inf", described("C")],
      ["obs/C/meta.sum", "00"],
      ["obs/C/o.dat", new Uint8Array(Buffer.from(waiting, "hex"))],
      [`obs/${long}/meta.inf`, described(long)],
      [`obs/${long}/o.dat`, new Uint8Array(Buffer.from("1602030703070000", "hex"))],
    ] as const;
    read(restored, files(blocks, ...consumers), 5000, 2, 12);
    const [one, other] = restored.consumers;
    expect(one?.name).toBe("C");
    expect(one?.config.ackPolicy).toBe("explicit");
    expect(one?.state).toMatchObject({
      deliveredConsumer: 15,
      deliveredStream: 20,
      floorConsumer: 0,
      floorStream: 4,
    });
    expect(one?.state.pending.map(({ sequence }) => sequence).sort((a, b) => a - b)).toEqual([
      5, 6, 7, 8, 9, 11, 12, 13, 14, 15,
    ]);
    expect(one?.state.pending[0]).toEqual({
      sequence: 8,
      consumerSequence: 4,
      timeMillis: 1_795_404_360_000,
    });
    expect(other?.name).toBe(long);
    expect(other?.state.deliveredStream).toBe(7);
  });

  test.each([
    ["of another stream", compressed(tarOf([["meta.inf", `{"name":"T"}`]])), "names do not match"],
    ["without a description", compressed(tarOf(blocks.slice(0, 2))), "unexpected EOF"],
    ["that its server could not finish", files([], ["errors.txt", "no disk"]), "no disk"],
    [
      "without its end",
      compressed(tarOf([["meta.inf", meta]]).subarray(0, 1024)),
      "unexpected EOF",
    ],
    [
      "of a consumer without a state",
      files([], ["obs/C/meta.inf", "{}"]),
      'error restoring consumer ["C"]: its state is missing',
    ],
    [
      "of a state without a consumer",
      files([], ["obs/C/o.dat", text("x")]),
      'error restoring consumer ["C"]: its description is missing',
    ],
    [
      "of a state that is none",
      files([], ["obs/C/meta.inf", "{}"], ["obs/C/o.dat", text("x")]),
      'error restoring consumer ["C"]: corrupt state',
    ],
  ])("%s is refused", (_, bytes, refusal) => {
    expect(refusalOf(new Restored(), bytes)).toContain(refusal);
  });

  test("with a single changed bit in a block is refused", () => {
    // No checksum of the reference looks at the lengths of subject and headers.
    const unchecked = new Set<number>();
    const view = new DataView(first.buffer);
    for (let at = 0; at < first.length; at += view.getUint32(at, true) % 0x8000_0000) {
      unchecked.add(at + 20).add(at + 21);
    }
    const headers = Buffer.from(first).indexOf("NATS/1.0");
    for (let at = headers - 4; at < headers; at++) {
      unchecked.add(at);
    }
    for (let bit = 0; bit < first.length * 8; bit += 5) {
      if (unchecked.has(bit >> 3)) {
        continue;
      }
      const changed = first.slice();
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const bytes = files([["msgs/1.blk", changed]]);
      expect(refusalOf(new Restored(), bytes, 1, 12)).toContain("message block 1 is damaged");
    }
  });

  test("with a changed header is refused", () => {
    const tar = tarOf([["meta.inf", meta]]);
    tar[3] = (tar[3] ?? 0) ^ 1;
    expect(refusalOf(new Restored(), compressed(tar))).toBe("archive/tar: invalid tar header");
  });
});
