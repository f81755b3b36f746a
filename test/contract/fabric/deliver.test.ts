// Deliveries from inside: one subject is matched, another is shown.

import { expect, test } from "bun:test";
import { OutgoingMessage } from "../../../src/base/outgoing-message.ts";
import { noSlot } from "../../../src/wasm/fabric.ts";
import { describeFabrics } from "./fabric-implementations.ts";
import { bytes, Stage, text } from "./fabric-stage.ts";

interface Parts {
  readonly to: string;
  readonly subject?: string;
  readonly reply?: string;
  readonly headers?: string;
  readonly body?: string;
}

/** All parts in one buffer, in another order than they are sent in. */
function message({
  to,
  subject = "",
  reply = "",
  headers = "",
  body = "",
}: Parts): OutgoingMessage {
  const all = bytes(body + headers + reply + subject + to);
  const outgoing = new OutgoingMessage();
  outgoing.bodyBytes = all;
  outgoing.bodyLength = body.length;
  outgoing.headerBytes = all;
  outgoing.headerStart = body.length;
  outgoing.headerLength = headers.length;
  outgoing.replyBytes = all;
  outgoing.replyStart = outgoing.headerStart + headers.length;
  outgoing.replyLength = reply.length;
  outgoing.subjectBytes = all;
  outgoing.subjectStart = outgoing.replyStart + reply.length;
  outgoing.subjectLength = subject.length;
  outgoing.toBytes = all;
  outgoing.toStart = outgoing.subjectStart + subject.length;
  outgoing.toLength = to.length;
  return outgoing;
}

describeFabrics("deliver", (implementation) => {
  const stage = (): Stage => new Stage(implementation.create(1));

  test("a receiver is shown the other subject, and its reply, headers and body", () => {
    const here = stage();
    const client = here.client();
    client.send("SUB _INBOX.a 1\r\n");
    const headers = "NATS/1.0\r\nA: b\r\n\r\n";
    const parts = {
      to: "_INBOX.a",
      subject: "orders.new",
      reply: "$JS.ACK.x",
      headers,
      body: "hello",
    };
    expect(here.fabric.deliver(here.account, message(parts))).toBe(1);
    expect(client.received()).toBe(`HMSG orders.new 1 $JS.ACK.x 18 23\r\n${headers}hello\r\n`);
  });

  test("without a subject to show, the matched one is shown", () => {
    const here = stage();
    const client = here.client();
    client.send("SUB a.* 1\r\n");
    expect(here.fabric.deliver(here.account, message({ to: "a.b", body: "x" }))).toBe(1);
    expect(client.received()).toBe("MSG a.b 1 1\r\nx\r\n");
  });

  test("a client without headers gets the body alone, under the shown subject", () => {
    const here = stage();
    const client = here.client({ headers: false });
    client.send("SUB a 1\r\n");
    here.fabric.deliver(
      here.account,
      message({ to: "a", subject: "shown.to.all", headers: "NATS/1.0\r\n\r\n", body: "x" }),
    );
    expect(client.received()).toBe("MSG shown.to.all 1 1\r\nx\r\n");
  });

  test("nobody there is 0, and the next publish shows its own subject", () => {
    const here = stage();
    expect(here.fabric.deliver(here.account, message({ to: "b", subject: "shown" }))).toBe(0);
    const client = here.client();
    client.send("SUB b 1\r\nPUB b 0\r\n\r\n");
    const nothing = bytes("");
    const own = {
      account: here.account,
      origin: noSlot,
      reply: "",
      headers: nothing,
      body: nothing,
    };
    here.fabric.publish({ ...own, subject: "b" });
    expect(client.received()).toBe("MSG b 1 0\r\n\r\nMSG b 1 0\r\n\r\n");
  });

  test("a row names the matched subject and the shown one, and shows it again when it is forwarded", () => {
    const here = stage();
    here.fabric.subscribeInside(here.account, "_R_.>", "", 7);
    const client = here.client();
    client.send("SUB inbox 1\r\n");
    const { rows } = here.fabric;
    here.fabric.deliver(here.account, message({ to: "_R_.x", subject: "orders", body: "hi" }));
    expect(rows.count).toBe(1);
    expect(text(rows.bytes, rows.subjectStart(0), rows.subjectLength(0))).toBe("_R_.x");
    expect(text(rows.bytes, rows.shownStart(0), rows.shownLength(0))).toBe("orders");
    here.fabric.forward(0, here.account, noSlot, "inbox", "");
    here.fabric.clearRows();
    expect(client.received()).toBe("MSG orders 1 2\r\nhi\r\n");
  });

  test("subject, headers and body may lie one behind the other, as they are stored", () => {
    const here = stage();
    const client = here.client();
    client.send("SUB a 1\r\n");
    const headers = "NATS/1.0\r\nA: b\r\n\r\n";
    const stored = message({ to: "a", reply: "r" });
    stored.subjectBytes = bytes(`--orders.new${headers}the body--`);
    stored.bodyBytes = stored.subjectBytes;
    stored.headerBytes = stored.subjectBytes;
    [stored.subjectStart, stored.subjectLength] = [2, 10];
    [stored.headerStart, stored.headerLength] = [12, headers.length];
    [stored.bodyStart, stored.bodyLength] = [12 + headers.length, 8];
    here.fabric.deliver(here.account, stored);
    expect(client.received()).toBe(`HMSG orders.new 1 r 18 26\r\n${headers}the body\r\n`);
    stored.headerBytes = bytes("NATS/1.0\r\n\r\n");
    [stored.headerStart, stored.headerLength] = [0, 12];
    here.fabric.deliver(here.account, stored);
    expect(client.received()).toBe("HMSG orders.new 1 r 12 20\r\nNATS/1.0\r\n\r\nthe body\r\n");
    stored.subjectBytes = bytes("--orders.nEW");
    stored.headerLength = 0;
    stored.bodyStart = 12;
    stored.bodyLength = 3;
    here.fabric.deliver(here.account, stored);
    expect(client.received()).toBe("MSG orders.nEW 1 r 3\r\nNAT\r\n");
  });

  test("a large body and a long shown subject come whole", () => {
    const here = stage();
    const client = here.client();
    client.send("SUB a 1\r\n");
    const [subject, body] = ["s".repeat(900), "0123456789".repeat(20_000)];
    here.fabric.deliver(here.account, message({ to: "a", subject, body }));
    expect(client.received()).toBe(`MSG ${subject} 1 ${body.length}\r\n${body}\r\n`);
  });
});
