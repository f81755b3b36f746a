import { describe, expect, test } from "bun:test";
import {
  maxPendingPerExport,
  type PendingResponse,
  PendingResponses,
  ResponseQueue,
} from "../../../src/broker/service-response.ts";
import { noSlot } from "../../../src/wasm/fabric.ts";
import {
  describeFabrics,
  plainImplementation,
} from "../../contract/fabric/fabric-implementations.ts";
import { account, seededRandom, service, takesService } from "../accounts/account-options.ts";
import { AccountTable, replyIn, withoutTokens } from "./account-table.ts";

describeFabrics("answers from other accounts", ({ create }) => {
  function tableOf(exported: Parameters<typeof service>[1] = {}): AccountTable {
    return new AccountTable(create, [
      account("A", { exports: [service("svc.>", exported)] }),
      account("B", { imports: [takesService("A", "svc.x", { to: "b.x" })] }),
    ]);
  }

  describe("answers", () => {
    test("of a streamed service come until an empty one", () => {
      const table = tableOf({ responseType: "stream" });
      const [a, b] = [table.client("A"), table.client("B")];
      a.send("SUB svc.x 1");
      b.send("SUB inbox 5", "PUB b.x inbox 2", "hi");
      const reply = replyIn(a.received());
      a.send(
        `PUB ${reply} 1`,
        "1",
        `PUB ${reply} 1`,
        "2",
        `PUB ${reply} 0`,
        "",
        `PUB ${reply} 1`,
        "3",
      );
      expect(b.received()).toBe(
        "MSG inbox 5 1\r\n1\r\nMSG inbox 5 1\r\n2\r\nMSG inbox 5 0\r\n\r\n",
      );
      expect(table.roads.services.pending.count).toBe(0);
    });

    test("may ask back", () => {
      const table = tableOf();
      const [a, b] = [table.client("A"), table.client("B")];
      a.send("SUB svc.x 1", "SUB back 2");
      b.send("SUB inbox 5", "PUB b.x inbox 2", "hi");
      a.send(`PUB ${replyIn(a.received())} back 3`, "ans");
      const got = b.received();
      expect(withoutTokens(got)).toBe("MSG inbox 5 _R_ 3\r\nans\r\n");
      b.send(`PUB ${replyIn(got)} 2`, "yo");
      expect(a.received()).toBe("MSG back 2 2\r\nyo\r\n");
    });

    test("to a made-up subject reach nobody", () => {
      const table = tableOf();
      const [a, b] = [table.client("A"), table.client("B")];
      a.send("SUB svc.x 1");
      b.send("SUB inbox 5", "PUB b.x inbox 2", "hi");
      const reply = replyIn(a.received());
      const forged = `${reply.slice(0, -1)}${reply.endsWith("0") ? "1" : "0"}`;
      a.send(`PUB ${forged} 1`, "x", `PUB ${reply}.y 1`, "x", `PUB ${reply.slice(0, -2)}.. 1`, "x");
      expect(b.received()).toBe("");
      a.send(`PUB ${reply} 1`, "y");
      expect(b.received()).toBe("MSG inbox 5 1\r\ny\r\n");
    });

    test("after the threshold are not delivered", () => {
      const table = tableOf({ thresholdMillis: 500 });
      const [a, b] = [table.client("A"), table.client("B")];
      a.send("SUB svc.x 1");
      b.send("SUB inbox 5", "PUB b.x inbox 2", "hi");
      const reply = replyIn(a.received());
      table.time.pass(499);
      expect(table.roads.services.pending.count).toBe(1);
      table.time.pass(1);
      expect(table.roads.services.pending.count).toBe(0);
      a.send(`PUB ${reply} 1`, "x");
      expect(b.received()).toBe("");
    });

    test("of a stream put the threshold off", () => {
      const table = tableOf({ responseType: "chunked", thresholdMillis: 500 });
      const [a, b] = [table.client("A"), table.client("B")];
      a.send("SUB svc.x 1");
      b.send("SUB inbox 5", "PUB b.x inbox 2", "hi");
      const reply = replyIn(a.received());
      for (let i = 0; i < 4; i++) {
        table.time.pass(400);
        a.send(`PUB ${reply} 1`, String(i));
      }
      expect(b.received().match(/MSG inbox/g)?.length).toBe(4);
      table.time.pass(501);
      expect(table.roads.services.pending.count).toBe(0);
    });

    test("are given up two minutes later when the export says nothing", () => {
      const table = tableOf();
      const [a, b] = [table.client("A"), table.client("B")];
      a.send("SUB svc.x 1");
      b.send("SUB inbox 5", "PUB b.x inbox 2", "hi");
      table.time.pass(119_999);
      expect(table.roads.services.pending.count).toBe(1);
      table.time.pass(1);
      expect(table.roads.services.pending.count).toBe(0);
    });

    test("keep nobody awake once the server stops", () => {
      const table = tableOf({ latency: { sampling: 100, subject: "lat" } });
      const [a, b] = [table.client("A"), table.client("B")];
      a.send("SUB svc.x 1");
      b.send("SUB inbox 5", "PUB b.x inbox 2", "hi");
      table.roads.stop();
      expect(table.time.armedCount).toBe(0);
    });

    test("are given up when who asked has gone", () => {
      const table = tableOf();
      const [a, b] = [table.client("A"), table.client("B")];
      a.send("SUB svc.x 1");
      b.send("SUB inbox 5", "PUB b.x inbox 2", "hi");
      b.close();
      expect(table.roads.services.pending.count).toBe(0);
    });

    test("are kept when somebody else awaits them", () => {
      const table = tableOf();
      const [a, b, other] = [table.client("A"), table.client("B"), table.client("B")];
      a.send("SUB svc.x 1");
      other.send("SUB inbox 5");
      b.send("PUB b.x inbox 2", "hi");
      b.close();
      a.send(`PUB ${replyIn(a.received())} 3`, "ans");
      expect(other.received()).toBe("MSG inbox 5 3\r\nans\r\n");
    });

    test("are given up soon after who asked stopped listening, hop by hop", () => {
      const table = new AccountTable(create, [
        account("A", { exports: [service("svc.>")] }),
        account("B", {
          exports: [service("b.>")],
          imports: [takesService("A", "svc.x", { to: "b.x" })],
        }),
        account("C", { imports: [takesService("B", "b.x", { to: "c.x" })] }),
      ]);
      const [a, c] = [table.client("A"), table.client("C")];
      a.send("SUB svc.x 1");
      c.send("SUB inbox 5", "PUB c.x inbox 2", "hi");
      table.time.pass(1000);
      expect(table.roads.services.pending.count).toBe(2);
      c.send("UNSUB 5");
      table.time.pass(2000);
      expect(table.roads.services.pending.count).toBe(0);
    });
  });
});

test("a flood of requests that nobody answers makes the oldest give way", () => {
  const table = new AccountTable(plainImplementation.create, [account("A"), account("B")]);
  const [host, requester] = [table.registry.find("A"), table.registry.find("B")];
  if (host === null || requester === null) {
    throw new Error("both accounts are there");
  }
  const dropped: PendingResponse[] = [];
  const pending = new PendingResponses(
    { fabric: table.fabric, clock: table.time, timers: table.time, random: seededRandom() },
    (response) => dropped.push(response),
  );
  const queue = new ResponseQueue(1000);
  const open = (): PendingResponse =>
    pending.open({
      queue,
      host,
      requester,
      reply: "inbox",
      origin: noSlot,
      upstream: null,
      isSingle: true,
    });
  const first = open();
  for (let i = 1; i < maxPendingPerExport; i++) {
    open();
  }
  expect(dropped).toEqual([]);
  open();
  expect(dropped).toEqual([first]);
  expect(pending.count).toBe(maxPendingPerExport);
  table.time.pass(1000);
  expect(pending.count).toBe(0);
});
