// The 503 for a request that nobody answers: who gets it, on which subscription, and what it does not count as.

import { expect, test } from "bun:test";
import { noSlot } from "../../../src/wasm/fabric.ts";
import { describeFabrics } from "./fabric-implementations.ts";
import { bytes, Stage } from "./fabric-stage.ts";

describeFabrics("no responders", (implementation) => {
  const stage = (): Stage => new Stage(implementation.create(1));
  const request = "PUB help inbox.1 0\r\n\r\n";
  const frame = (sid: string): string =>
    `HMSG inbox.1 ${sid} 36 36\r\nNATS/1.0 503\r\nNats-Subject: help\r\n\r\n\r\n`;

  test("a request that nobody hears is answered with a 503 on the reply", () => {
    const client = stage().client();
    client.send(`SUB inbox.* 7\r\n${request}`);
    expect(client.received()).toBe(frame("7"));
  });

  test("somebody outside or inside who hears it is enough", () => {
    const here = stage();
    const client = here.client();
    client.send("SUB inbox.* 1\r\n");
    const responder = here.client();
    responder.send("SUB help q 1\r\n");
    client.send(request);
    expect(client.received()).toBe("");
    responder.close();
    here.fabric.subscribeInside(here.account, "help", "", 1);
    client.send(request);
    expect(client.received()).toBe("");
  });

  test("it is for who asked for it and understands headers", () => {
    const here = stage();
    for (const options of [{ noResponders: false }, { headers: false }]) {
      const client = here.client(options);
      client.send(`SUB inbox.* 1\r\n${request}`);
      expect(client.received()).toBe("");
    }
  });

  test("without a reply there is none", () => {
    const client = stage().client();
    client.send("SUB > 1\r\nUNSUB 1\r\nSUB inbox.1 2\r\nPUB help 0\r\n\r\n");
    expect(client.received()).toBe("");
  });

  test("it needs a plain subscription of the same client on the reply", () => {
    const here = stage();
    const [client, other] = [here.client(), here.client()];
    client.send("SUB inbox.* q 1\r\nSUB elsewhere 2\r\n");
    other.send("SUB inbox.> 3\r\n");
    client.send(request);
    expect(client.received()).toBe("");
    expect(other.received()).toBe("");
  });

  test("it takes the oldest of several", () => {
    const client = stage().client();
    client.send(`SUB inbox.* q 1\r\nSUB inbox.> 2\r\nSUB inbox.1 3\r\n${request}`);
    expect(client.received()).toBe(frame("2"));
  });

  test("it is no delivered message", () => {
    const here = stage();
    const client = here.client();
    client.send(
      `SUB inbox.* 1\r\nUNSUB 1 1\r\n${request}${request}PUB inbox.1 1\r\nx\r\n${request}`,
    );
    expect(client.received()).toBe(`${frame("1").repeat(2)}MSG inbox.1 1 1\r\nx\r\n`);
    expect(here.fabric.slotCounters(client.slot)).toMatchObject({ outMessages: 1, outBytes: 1 });
    expect(here.fabric.totals()).toMatchObject({ outMessages: 1, outBytes: 1 });
  });

  test("a publisher that hears only itself, without echo, has no responders", () => {
    const client = stage().client({ echo: false });
    client.send(`SUB inbox.* 1\r\nSUB help 2\r\n${request}`);
    expect(client.received()).toBe(frame("1"));
  });

  test("a subject that matches nothing has no responders", () => {
    const client = stage().client();
    client.send("SUB > 1\r\nPUB he..lp inbox.1 0\r\n\r\n");
    expect(client.received()).toBe(
      "HMSG inbox.1 1 38 38\r\nNATS/1.0 503\r\nNats-Subject: he..lp\r\n\r\n\r\n",
    );
  });

  test("publishing in a slot's name has it too, publishing in nobody's has not", () => {
    const here = stage();
    const client = here.client();
    client.send("SUB inbox.* 1\r\n");
    const { account } = here;
    const message = {
      account,
      subject: "help",
      reply: "inbox.1",
      headers: bytes(""),
      body: bytes(""),
    };
    here.fabric.publish({ ...message, origin: noSlot });
    expect(client.received()).toBe("");
    here.fabric.publish({ ...message, origin: client.slot });
    expect(client.received()).toBe(frame("1"));
  });

  test("the server may send it by itself, under the same conditions", () => {
    const here = stage();
    const [client, deaf, old] = [here.client(), here.client(), here.client({ headers: false })];
    client.send("SUB inbox.* 1\r\n");
    old.send("SUB inbox.* 1\r\n");
    for (const { slot } of [client, deaf, old]) {
      here.fabric.sendNoResponders(slot, "inbox.1", "help");
    }
    expect(client.received()).toBe(frame("1"));
    expect(deaf.received()).toBe("");
    expect(old.received()).toBe("");
  });
});
