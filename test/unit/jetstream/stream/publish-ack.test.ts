import { describe, expect, test } from "bun:test";
import type { OutgoingMessage } from "../../../../src/base/outgoing-message.ts";
import { apiErrors } from "../../../../src/jetstream/api-error.ts";
import type { Outlet } from "../../../../src/jetstream/outlet.ts";
import { AckQueue } from "../../../../src/jetstream/stream/publish-ack.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const none = new Uint8Array(0);

function text(bytes: Uint8Array, start: number, length: number): string {
  return decoder.decode(bytes.subarray(start, start + length));
}

class Sink {
  readonly heard: string[] = [];
  readonly queue: AckQueue;
  onDelivery: () => void = () => {};

  constructor() {
    const outlet: Pick<Outlet, "deliver"> = {
      deliver: (message: OutgoingMessage): number => {
        const to = text(message.toBytes, message.toStart, message.toLength);
        const headers = text(message.headerBytes, message.headerStart, message.headerLength);
        const body = text(message.bodyBytes, message.bodyStart, message.bodyLength);
        this.heard.push(`${to} ${headers}${body}`);
        this.onDelivery();
        return 1;
      },
    };
    this.queue = new AckQueue(outlet as Outlet, "S");
  }

  acknowledge(ticket: number, sequence: number, to: string): void {
    const bytes = encoder.encode(`xx${to}`);
    this.queue.acknowledge(ticket, sequence, bytes, 2, to.length);
  }
}

describe("the queue of acknowledgements", () => {
  test("lets go of what is durable, in order, and of nothing else", () => {
    const sink = new Sink();
    sink.acknowledge(1, 9, "a");
    sink.queue.refuse(1, encoder.encode("b"), apiErrors.streamSealed);
    sink.acknowledge(2, 10, "c");
    sink.queue.release(0);
    expect(sink.heard).toEqual([]);
    sink.queue.release(1);
    expect(sink.heard).toEqual([
      'a {"stream":"S","seq":9}',
      'b {"error":{"code":400,"err_code":10109,"description":"invalid operation on sealed stream"},"stream":"S","seq":0}',
    ]);
    sink.queue.release(5);
    expect(sink.heard.at(-1)).toBe('c {"stream":"S","seq":10}');
    expect(sink.queue.size).toBe(0);
  });

  test("writes sequences of every length", () => {
    const sink = new Sink();
    const sequences = [1, 10, 99, 100, 123_456_789, Number.MAX_SAFE_INTEGER];
    for (const sequence of sequences) {
      sink.acknowledge(1, sequence, "a");
    }
    sink.queue.release(1);
    expect(sink.heard).toEqual(sequences.map((sequence) => `a {"stream":"S","seq":${sequence}}`));
  });

  test("keeps thousands apart while they come and go", () => {
    const sink = new Sink();
    const expected: string[] = [];
    let ticket = 0;
    for (let round = 0; round < 60; round++) {
      for (let at = 0; at < 100; at++) {
        ticket++;
        const to = `inbox.${"x".repeat(ticket % 50)}${ticket}`;
        sink.acknowledge(ticket, ticket, to);
        expected.push(`${to} {"stream":"S","seq":${ticket}}`);
      }
      sink.queue.release(ticket - 150);
    }
    sink.queue.release(ticket);
    expect(sink.heard).toEqual(expected);
  });

  test("bears that a delivery queues more", () => {
    const sink = new Sink();
    let left = 200;
    sink.onDelivery = (): void => {
      if (left > 0) {
        left--;
        sink.acknowledge(1, left, "again");
      }
    };
    sink.acknowledge(1, 1000, "a");
    sink.queue.release(1);
    expect(sink.heard).toHaveLength(201);
    expect(sink.heard.at(-1)).toBe('again {"stream":"S","seq":0}');
  });

  test("of a failed store says so instead of acknowledging; what would tell of lost messages is dropped", () => {
    const sink = new Sink();
    sink.acknowledge(1, 1, "a");
    sink.queue.acknowledgeWith(1, 2, encoder.encode("b"), ',"duplicate": true');
    sink.queue.refuse(1, encoder.encode("c"), apiErrors.streamSealed);
    sink.queue.send(1, encoder.encode("d"), none, encoder.encode("told"));
    sink.queue.fail("disk <full>");
    const failed =
      '{"error":{"code":503,"err_code":10077,"description":"disk \\u003cfull\\u003e"},"stream":"S","seq":0}';
    expect(sink.heard.map((heard) => heard.slice(0, heard.indexOf(" ")))).toEqual(["a", "b", "c"]);
    expect(sink.heard.slice(0, 2)).toEqual([`a ${failed}`, `b ${failed}`]);
    expect(sink.queue.size).toBe(0);
  });

  test("gives back what a burst took", () => {
    const sink = new Sink();
    for (let at = 0; at < 40_000; at++) {
      sink.acknowledge(1, at, `inbox.${"y".repeat(60)}`);
    }
    const full = sink.queue.memoryBytes;
    sink.queue.release(1);
    expect(sink.queue.memoryBytes).toBeLessThan(full / 20);
    sink.acknowledge(2, 7, "a");
    sink.queue.release(2);
    expect(sink.heard.at(-1)).toBe('a {"stream":"S","seq":7}');
  });
});
