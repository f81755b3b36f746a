import { describe, expect, test } from "bun:test";
import { type InsideRoad, InternalClient } from "../../../src/broker/internal-client.ts";
import type { KeptMessage, PassingMessage } from "../../../src/broker/message.ts";
import { Router } from "../../../src/broker/router.ts";
import type { Subscriber } from "../../../src/broker/subscriber.ts";
import type { Fabric } from "../../../src/wasm/fabric.ts";
import { bytesOf, CountingRandom, fabrics, ManualTime } from "./broker-rig.ts";

class Keeper implements Subscriber {
  readonly kept: KeptMessage[] = [];
  readonly #then: (message: PassingMessage) => void;

  constructor(then: (message: PassingMessage) => void = () => undefined) {
    this.#then = then;
  }

  deliver(message: PassingMessage): void {
    this.kept.push(message.keep());
    this.#then(message);
  }

  get subjects(): readonly string[] {
    return this.kept.map((message) => message.subject);
  }
}

function openClient(makeFabric: () => Fabric): {
  readonly client: InternalClient;
  readonly fabric: Fabric;
  readonly time: ManualTime;
  readonly road: InsideRoad;
} {
  const fabric = makeFabric();
  const time = new ManualTime();
  const router = new Router(fabric);
  const road = {
    fabric,
    router,
    timers: time,
    random: new CountingRandom(),
    wantFlush: () => {},
    whenRoom: () => {},
  };
  return { client: new InternalClient(road, fabric.openAccount()), fabric, time, road };
}

describe.each(fabrics)("inside the server over %s", (_name, makeFabric) => {
  test("a subscriber is given whole messages, and may keep them", () => {
    const { client } = openClient(makeFabric);
    const keeper = new Keeper();
    client.subscribe("a.*", keeper);
    const headers = bytesOf("NATS/1.0\r\nA: b\r\n\r\n");
    expect(client.publish("a.b", "hello", { reply: "r", headers })).toBe(1);
    expect(client.publish("a.c", new Uint8Array(0))).toBe(1);
    expect(client.publish("b", "x")).toBe(0);
    const [first, second] = keeper.kept;
    expect(first).toMatchObject({ subject: "a.b", reply: "r", headers, body: bytesOf("hello") });
    expect(second).toMatchObject({ subject: "a.c", reply: "", origin: 0 as never });
    expect(second?.headers).toHaveLength(0);
    expect(second?.body).toHaveLength(0);
  });

  test("what a subscriber publishes is routed behind what it was given", () => {
    const { client } = openClient(makeFabric);
    const order: string[] = [];
    const note = (name: string): Subscriber => ({
      deliver: (message): void => {
        order.push(`${name} ${message.subject}`);
      },
    });
    client.subscribe("a", {
      deliver: (message): void => {
        order.push(`first ${message.subject}`);
        client.publish("b", message.body);
        order.push("published");
      },
    });
    client.subscribe("a", note("second"));
    client.subscribe("b", note("third"));
    client.publish("a", "x");
    expect(order[0]).toBe("first a");
    expect(order[1]).toBe("published");
    expect(order.slice(2).sort()).toEqual(["second a", "third b"]);
    expect(order.at(-1)).toBe("third b");
  });

  test("a disposed subscription is given nothing more", () => {
    const { client, fabric } = openClient(makeFabric);
    const keeper = new Keeper();
    const subscription = client.subscribe("a", keeper);
    client.publish("a", "1");
    subscription[Symbol.dispose]();
    subscription[Symbol.dispose]();
    expect(client.publish("a", "2")).toBe(0);
    expect(keeper.kept).toHaveLength(1);
    expect(fabric.totals().subscriptions).toBe(0);
  });

  test("a subscription disposed while rows wait is given none of them", () => {
    const { client } = openClient(makeFabric);
    const late = new Keeper();
    const other = new Keeper();
    client.subscribe("a", new Keeper(() => subscription[Symbol.dispose]()));
    const subscription = client.subscribe("a", late);
    client.subscribe("b", other);
    client.publish("a", "x");
    client.publish("b", "y");
    expect(late.kept).toHaveLength(0);
    expect(other.subjects).toEqual(["b"]);
  });

  test("of a queue one member is given each message", () => {
    const { client } = openClient(makeFabric);
    const members = [new Keeper(), new Keeper()];
    for (const member of members) {
      client.subscribe("a", member, "q");
    }
    for (let count = 0; count < 40; count++) {
      expect(client.publish("a", "x")).toBe(1);
    }
    const counts = members.map((member) => member.kept.length);
    expect((counts[0] ?? 0) + (counts[1] ?? 0)).toBe(40);
    expect(Math.min(...counts)).toBeGreaterThan(0);
  });

  test("a request is answered once, with the first answer", () => {
    const { client, time } = openClient(makeFabric);
    client.subscribe("service", {
      deliver: (message): void => {
        client.publish(message.reply, `${message.bodyText()}!`);
        client.publish(message.reply, "again");
      },
    });
    const answers: (string | null)[] = [];
    client.request("service", "hello", 1000, (reply) => answers.push(reply?.bodyText() ?? null));
    expect(answers).toEqual(["hello!"]);
    time.advance(2000);
    expect(answers).toEqual(["hello!"]);
    expect(time.armedCount).toBe(0);
  });

  test("a request that nobody hears or answers ends with null", () => {
    const { client, time } = openClient(makeFabric);
    const answers: (string | null)[] = [];
    const onReply = (reply: PassingMessage | null): void => {
      answers.push(reply?.bodyText() ?? null);
    };
    client.request("nobody", "", 1000, onReply);
    expect(answers).toEqual([null]);
    client.subscribe("silent", new Keeper());
    client.request("silent", "", 1000, onReply);
    time.advance(999);
    expect(answers).toHaveLength(1);
    time.advance(1);
    expect(answers).toEqual([null, null]);
  });

  test("a disposed request is not answered", () => {
    const { client, time } = openClient(makeFabric);
    client.subscribe("silent", new Keeper());
    let answers = 0;
    client
      .request("silent", "", 1000, () => {
        answers += 1;
      })
      [Symbol.dispose]();
    time.advance(2000);
    expect(answers).toBe(0);
  });

  test("accounts do not hear each other", () => {
    const { client, fabric, road } = openClient(makeFabric);
    const other = new InternalClient(road, fabric.openAccount());
    const keeper = new Keeper();
    client.subscribe(">", keeper);
    other.publish("a", "x");
    expect(keeper.kept).toHaveLength(0);
  });
});
