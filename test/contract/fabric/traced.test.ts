// Publishes that ask for a trace: handed up untouched, and taken on when told so. What a trace says is not known here.

import { expect, test } from "bun:test";
import { describeFabrics } from "./fabric-implementations.ts";
import { bytes, type Client, Stage, text } from "./fabric-stage.ts";

function hpub(subject: string, headers: string, body = "hi"): string {
  const sizes = `${headers.length} ${headers.length + body.length}`;
  return `HPUB ${subject} ${sizes}\r\n${headers}${body}\r\n`;
}

function block(...lines: readonly string[]): string {
  return ["NATS/1.0", ...lines, "", ""].join("\r\n");
}

const dest = "Nats-Trace-Dest: t";
const untouched = { inMessages: 0, inBytes: 0, outMessages: 0, outBytes: 0 };

describeFabrics("a publish that asks for a trace", (implementation) => {
  const stage = (): Stage => new Stage(implementation.create(1));

  test("is handed up before anything is done with it", () => {
    const here = stage();
    here.fabric.setMappedSubjects(here.account, ["a"]);
    const permissions = here.permissions({ publishAllow: [] });
    const client = here.client({ verbose: true, permissions });
    client.send("SUB > 1\r\n");
    client.received();
    const asked = block(dest);
    expect(client.send(hpub("a _R_.x", asked))).toEqual([
      `traced subject=a reply=_R_.x headers=${asked} body=hi`,
    ]);
    expect(client.received()).toBe("");
    expect(here.fabric.slotCounters(client.slot)).toMatchObject(untouched);
    expect(here.fabric.accountCounters(here.account)).toMatchObject(untouched);
    expect(here.fabric.totals()).toMatchObject(untouched);
  });

  test("is found wherever the words stand in its header block, at any length", () => {
    const client = stage().client();
    for (let before = 10; before < 150; before += 1) {
      for (const after of [0, 1, 16, 40, 120]) {
        const asked = `${"D".repeat(before)}Nats-Trace-Dest${"D".repeat(after)}`;
        expect(client.send(hpub("a", asked, ""))).toEqual([`traced subject=a headers=${asked}`]);
      }
    }
  });

  test("is not one whose words are others, are cut short, or stand in the body", () => {
    const client = stage().client();
    for (const other of [
      "nats-trace-dest",
      "Nats-Trace-Des",
      "Nats-Trace_Dest",
      "ats-Trace-Dest",
    ]) {
      expect(client.send(hpub("a", block(`${other}: t`)))).toEqual([]);
    }
    expect(client.send(hpub("a", "NATS/1.0\r\nNats-Trace-Des", "t: x"))).toEqual([]);
    expect(client.send(hpub("a", "NATS/1.0\rNats-Trace-Dest"))).toEqual([]);
    expect(client.send(hpub("a", "NATS/1.0\rtraceparent"))).toEqual([]);
    expect(client.send(hpub("a", block("traceparent: t"), dest))).toEqual([]);
    expect(client.send(`PUB a ${dest.length}\r\n${dest}\r\n`)).toEqual([]);
    expect(client.send(`HPUB a 0 ${dest.length}\r\n${dest}\r\n`)).toEqual([]);
  });

  test("comes in pieces or with its neighbours", () => {
    const here = stage();
    const client = here.client();
    client.send("SUB > 1\r\n");
    const op = hpub("a", block(dest), "x".repeat(200_000));
    const events = [op.slice(0, 20), op.slice(20, 100_000), `${op.slice(100_000)}PUB b 0\r\n\r\n`];
    expect(events.flatMap((chunk) => client.send(chunk)).length).toBe(1);
    expect(client.received()).toBe("MSG b 1 0\r\n\r\n");
  });

  test("is sought by its trace parent only in accounts that ask for that", () => {
    const here = stage();
    const account = here.fabric.openAccount();
    const [client, stranger] = [here.client(), here.client({ account })];
    here.fabric.setTracesParents(here.account, true);
    for (const name of ["traceparent", "TraceParent", "TRACEPARENT", "x-traceparentx"]) {
      for (let before = 0; before < 36; before += 1) {
        const asked = block(`${"t".repeat(before)}${name}: 1`);
        expect(client.send(hpub("a", asked)).length).toBe(1);
      }
      expect(stranger.send(hpub("a", block(`${name}: 1`)))).toEqual([]);
    }
    expect(client.send(hpub("a", block("trace-parent: 1", "tracePARENS: 1")))).toEqual([]);
    here.fabric.setTracesParents(here.account, false);
    expect(client.send(hpub("a", block("traceparent: 1")))).toEqual([]);
  });
});

describeFabrics("publishTraced", (implementation) => {
  const asked = block(dest);

  /** What publishTraced gave for one publish of this client. */
  function taken(
    here: Stage,
    client: Client,
    asAsked: string,
    { as = asAsked, delivers = true, headers = asked } = {},
  ): number {
    const other = headers === asked ? undefined : bytes(headers);
    let given = Number.NaN;
    client.send(hpub(asAsked, asked), () => {
      given = here.fabric.publishTraced(client.slot, as, delivers, other);
    });
    return given;
  }

  const sizes = `${asked.length} ${asked.length + 2}`;
  const stage = (): Stage => new Stage(implementation.create(1));

  test("counts the publish, answers +OK and delivers it", () => {
    const here = stage();
    const client = here.client({ verbose: true });
    client.send("SUB > 1\r\n");
    client.received();
    client.send(`HPUB a re ${sizes}\r\n${asked}hi\r\n`, () => {
      expect(here.fabric.publishTraced(client.slot, "a", true)).toBe(1);
    });
    expect(client.received()).toBe(`+OK\r\nHMSG a 1 re ${sizes}\r\n${asked}hi\r\n`);
    const inBytes = asked.length + 2;
    expect(here.fabric.slotCounters(client.slot)).toMatchObject({ inMessages: 1, inBytes });
    expect(here.fabric.accountCounters(here.account)).toMatchObject({ inMessages: 1, inBytes });
    expect(here.fabric.totals()).toMatchObject({ inMessages: 1, inBytes });
  });

  test("delivers under another subject and with another header block", () => {
    const here = stage();
    const [client, plain] = [here.client(), here.client({ headers: false })];
    here.fabric.subscribeInside(here.account, "b", "", 7);
    plain.send("SUB > 1\r\n");
    client.send("SUB b 2\r\n");
    const other = block("Other: 1", "And: more than there was before");
    expect(taken(here, client, "a", { as: "b", headers: other })).toBe(3);
    expect(client.received()).toBe(
      `HMSG b 2 ${other.length} ${other.length + 2}\r\n${other}hi\r\n`,
    );
    expect(plain.received()).toBe("MSG b 1 2\r\nhi\r\n");
    expect(here.rows).toMatchObject([
      { receiver: 7, subject: "b", headers: other, body: "hi", origin: client.slot },
    ]);
    expect(here.fabric.slotCounters(client.slot)).toMatchObject({ inBytes: other.length + 2 });
  });

  test("only judges and counts what is not to be delivered", () => {
    const here = stage();
    const client = here.client({ verbose: true });
    client.send("SUB a 1\r\nSUB re 2\r\n");
    client.received();
    expect(taken(here, client, "a", { delivers: false })).toBe(0);
    client.send(`HPUB nobody re ${sizes}\r\n${asked}hi\r\n`, () => {
      expect(here.fabric.publishTraced(client.slot, "nobody", false)).toBe(0);
    });
    expect(client.received()).toBe("+OK\r\n+OK\r\n");
    expect(here.fabric.slotCounters(client.slot)).toMatchObject({ inMessages: 2, outMessages: 0 });
  });

  test("refuses what permissions and reserved names refuse, delivered or not", () => {
    const here = stage();
    const client = here.client({ permissions: here.permissions({ publishDeny: ["no"] }) });
    client.send("SUB > 1\r\n");
    for (const delivers of [true, false]) {
      expect(taken(here, client, "no", { delivers })).toBe(-1);
      expect(taken(here, client, "a", { as: "no", delivers })).toBe(-1);
      expect(taken(here, client, "a", { as: "_GR_.x", delivers })).toBe(-1);
      expect(taken(here, client, "a _R_.x", { as: "a", delivers })).toBe(-2);
    }
    expect(client.received()).toBe("");
    expect(here.fabric.slotCounters(client.slot)).toMatchObject({ inMessages: 8 });
  });

  test("is not mapped again, and may be a 503", () => {
    const here = stage();
    here.fabric.setMappedSubjects(here.account, ["a"]);
    const client = here.client();
    client.send("SUB re 1\r\n");
    expect(taken(here, client, "a re", { as: "a" })).toBe(0);
    expect(client.received()).toBe(
      "HMSG re 1 33 33\r\nNATS/1.0 503\r\nNats-Subject: a\r\n\r\n\r\n",
    );
  });

  test("left undone, the publish is gone", () => {
    const here = stage();
    const client = here.client();
    expect(client.send(`SUB > 1\r\n${hpub("a", asked)}PING\r\n`).length).toBe(1);
    expect(client.received()).toBe("PONG\r\n");
  });

  test("stalls its publisher like any other", () => {
    const here = stage();
    const [client, slow] = [here.client(), here.client()];
    slow.send("SUB a 1\r\n");
    here.fabric.setStallBytes(10);
    const events = client.send(hpub("a", asked), () => {
      here.fabric.publishTraced(client.slot, "a", true);
    });
    expect(events.at(-1)).toBe(`stalled by ${slow.slot}`);
  });
});

describeFabrics("a publish that is too large", (implementation) => {
  /** Subject and header block, as the op tells them. */
  function offence(line: string): readonly string[] {
    const client = new Stage(implementation.create(1)).client({ maxPayload: 10 });
    const parts: string[] = [];
    client.send(line, (op) => {
      parts.push(text(op.bytes, op.subjectStart, op.subjectLength));
      parts.push(text(op.bytes, op.headerStart, op.headerLength));
    });
    return parts;
  }

  test("tells its subject and as much of its header block as came with its line", () => {
    const asked = block(dest);
    const line = `HPUB a.b re ${asked.length} 1000\r\n`;
    expect(offence(`${line}${asked}xxx`)).toEqual(["a.b", asked]);
    expect(offence(`${line}${asked.slice(0, 20)}`)).toEqual(["a.b", asked.slice(0, 20)]);
    expect(offence(line)).toEqual(["a.b", ""]);
    expect(offence("PUB a 1000\r\nxxx")).toEqual(["", ""]);
  });
});
