// What clients may write, and what becomes of it: verbs, separators, sizes, chunks, and the ways to break the protocol.

import { expect, test } from "bun:test";
import { describeFabrics } from "./fabric-implementations.ts";
import { Stage } from "./fabric-stage.ts";

describeFabrics("parsing", (implementation) => {
  const stage = (): Stage => new Stage(implementation.create(1));

  test("verbs are taken in any case", () => {
    const client = stage().client();
    client.send(
      "sUb a 1\r\npub a 1\r\nx\r\nhPuB a 10 11\r\nNATS/1.0\r\ny\r\npInG\r\nuNSUb 1\r\nPub a 0\r\n\r\n",
    );
    expect(client.received()).toBe("MSG a 1 1\r\nx\r\nHMSG a 1 10 11\r\nNATS/1.0\r\ny\r\nPONG\r\n");
  });

  test("arguments are parted by runs of spaces and tabs, also before and behind them", () => {
    const client = stage().client();
    client.send("SUB \t a\t \tq   1 \t\r\nPUB\ta \t inbox\t 2\t\r\nhi\r\n");
    expect(client.received()).toBe("MSG a 1 inbox 2\r\nhi\r\n");
  });

  test("a lone carriage return parts the arguments of SUB and UNSUB, and is part of those of PUB", () => {
    const client = stage().client();
    client.send("SUB *\r1\r\r\nPUB a\rb re\r 1\r\nx\r\nUNSUB 1\r2\nPUB a 0\r\n\r\nPUB a 0\r\n\r\n");
    expect(client.received()).toBe("MSG a\rb 1 re\r 1\r\nx\r\nMSG a 1 0\r\n\r\n");
    expect(client.send("PUB a 1\r\r\n")).toEqual(["error badArguments"]);
  });

  test("a control line may end without a carriage return, a payload may not", () => {
    const client = stage().client();
    expect(client.send("SUB a 1\nPUB a 1\nx\r\nPING\n")).toEqual([]);
    expect(client.received()).toBe("MSG a 1 1\r\nx\r\nPONG\r\n");
    expect(client.send("PUB a 1\nx\n")).toEqual(["error unknownOperation"]);
  });

  test("PING and PONG may carry anything up to the line's end", () => {
    const client = stage().client();
    expect(client.send(`PINGing 1 2\tPUB a 1\r\nPONG ${"x".repeat(9000)}\r\nPING\r\n`)).toEqual([]);
    expect(client.received()).toBe("PONG\r\nPONG\r\n");
  });

  test("an op may come in pieces, cut anywhere", () => {
    const conversation =
      "SUB a.* q 12\r\nSUB a.> 7\r\nPUB a.b 3\r\nx\r\n\r\nHPUB a.c in.box 12 15\r\nNATS/1.0\r\n\r\nabc\r\nPING\r\nUNSUB 7 3\r\nPUB a.b 0\r\n\r\nPUB a.b 0\r\n\r\n";
    const whole = stage().client();
    whole.send(conversation);
    const expected = whole.received();
    expect(expected).toContain("HMSG a.c 7 in.box 12 15\r\nNATS/1.0\r\n\r\nabc\r\n");
    for (let cut = 1; cut < conversation.length; cut += 1) {
      const client = stage().client();
      expect(client.send(conversation.slice(0, cut))).toEqual([]);
      expect(client.send(conversation.slice(cut))).toEqual([]);
      expect(client.received()).toBe(expected);
    }
  });

  test("an op may come byte by byte", () => {
    const client = stage().client();
    for (const byte of "SUB a 1\r\nPUB a r 5\r\nhello\r\nPING\r\n") {
      expect(client.send(byte)).toEqual([]);
    }
    expect(client.received()).toBe("MSG a 1 r 5\r\nhello\r\nPONG\r\n");
  });

  test("pieces of several clients do not mix", () => {
    const here = stage();
    const [anna, bert] = [here.client(), here.client()];
    anna.send("SUB a 1\r\nPUB a 4\r\nfr");
    bert.send("SUB b 2\r\nPUB b 4\r\nbe");
    anna.send("om\r");
    bert.send("rt\r");
    anna.send("\nPI");
    bert.send("\nPIN");
    anna.send("NG\r\n");
    bert.send("G\r\n");
    expect(anna.received()).toBe("MSG a 1 4\r\nfrom\r\nPONG\r\n");
    expect(bert.received()).toBe("MSG b 2 4\r\nbert\r\nPONG\r\n");
  });

  test("payloads are bytes: nothing in them is looked at", () => {
    const client = stage().client();
    const payload = `PUB a 1\r\n\0\xff${"\r\n".repeat(3)}`;
    client.send(`SUB a 1\r\nPUB a ${payload.length}\r\n${payload}\r\n`);
    expect(client.received()).toBe(`MSG a 1 ${payload.length}\r\n${payload}\r\n`);
  });

  test("subjects, replies, queues and sids may hold any byte but separators", () => {
    const client = stage().client();
    client.send("SUB \xe9\0.* \x01\xff s\xfcd\r\nPUB \xe9\0.\x7f re\xdfply 1\r\nx\r\n");
    expect(client.received()).toBe("MSG \xe9\0.\x7f s\xfcd re\xdfply 1\r\nx\r\n");
  });

  test("a payload of many blocks arrives whole", () => {
    const client = stage().client();
    const payload = "0123456789abcdef".repeat(20_000);
    const conversation = `SUB big 1\r\nPUB big ${payload.length}\r\n${payload}\r\nPING\r\n`;
    for (let start = 0; start < conversation.length; start += 65_536) {
      expect(client.send(conversation.slice(start, start + 65_536))).toEqual([]);
    }
    expect(client.received()).toBe(`MSG big 1 ${payload.length}\r\n${payload}\r\nPONG\r\n`);
  });

  const unknown: readonly string[] = [
    "\r\n",
    "\n",
    " PING\r\n",
    "GET / HTTP/1.1\r\n",
    "PUBLISH a 1\r\n",
    "SUBa 1\r\n",
    "SUB\r\n",
    "MSG a 1 1\r\nx\r\n",
    "HMSG a 1 1\r\nx\r\n",
    "RS+ a\r\n",
    "-ERR\r\n",
    "PUB a 1\r\nxx\r\n",
    "PUB a 1\r\nx\rx",
    "PUB a 0\r\nx",
    "\0",
    "\xff\r\n",
    "PU\xdf a 1\r\n",
  ];
  for (const input of unknown) {
    test(`${JSON.stringify(input)} is an unknown operation`, () => {
      const client = stage().client();
      expect(client.send(input)).toEqual(["error unknownOperation"]);
    });
  }

  const unreadable: readonly string[] = [
    "PUB \r\n",
    "PUB a\r\n",
    "PUB a b c 1\r\n",
    "PUB a -1\r\n",
    "PUB a +1\r\n",
    "PUB a 1x\r\n",
    "PUB a 0x1\r\n",
    "PUB a 1.0\r\n",
    "PUB a 1234567890\r\n",
    "PUB a 00000000001\r\n",
    "PUB a 18446744073709551617\r\n",
    "HPUB a 0\r\n",
    "HPUB a b c 0 0\r\n",
    "HPUB a x 0\r\n",
    "HPUB a 0 x\r\n",
    "SUB \r\n",
    "SUB a\r\n",
    "SUB a q 1 2\r\n",
    "UNSUB \r\n",
    "UNSUB 1 2 3\r\n",
  ];
  for (const input of unreadable) {
    test(`${JSON.stringify(input)} has bad arguments`, () => {
      const client = stage().client();
      expect(client.send(input)).toEqual(["error badArguments"]);
    });
  }

  test("sizes may have leading zeros, up to nine digits", () => {
    const client = stage().client();
    expect(client.send("SUB a 1\r\nPUB a 000000005\r\nhello\r\nHPUB a 000 002\r\nhi\r\n")).toEqual(
      [],
    );
    expect(client.received()).toBe("MSG a 1 000000005\r\nhello\r\nMSG a 1 002\r\nhi\r\n");
  });

  test("a wrong byte behind a payload is found at once, however the payload came", () => {
    for (const pieces of [["PUB a 3\r\nabcd"], ["PUB a 3\r\nab", "cd"], ["PUB a 3\r\nabc", "d"]]) {
      const client = stage().client();
      expect(pieces.flatMap((piece) => client.send(piece))).toEqual(["error unknownOperation"]);
    }
    const client = stage().client();
    expect(client.send("PUB a 3\r\nabc\r")).toEqual([]);
    expect(client.send("\r")).toEqual(["error unknownOperation"]);
  });

  test("a broken slot takes no more bytes", () => {
    const client = stage().client();
    expect(client.send("SUB a 1\r\nBAD\r\nPUB a 1\r\nx\r\n")).toEqual(["error unknownOperation"]);
    expect(client.send("PUB a 1\r\nx\r\nPING\r\n")).toEqual([]);
    expect(client.received()).toBe("");
  });

  test("what came before the offence is done", () => {
    const client = stage().client();
    client.send("SUB a 1\r\nPUB a 1\r\nx\r\nPUB a 1\r\nxyz\r\n");
    expect(client.received()).toBe("MSG a 1 1\r\nx\r\n");
  });

  test("an error carries up to 64 bytes of the offence", () => {
    const here = stage();
    const client = here.client();
    let length = 0;
    client.send(`JUNK${"x".repeat(200)}\r\n`, (op) => {
      length = op.bodyLength;
    });
    expect(length).toBeGreaterThan(0);
    expect(length).toBeLessThanOrEqual(64);
  });

  test("INFO, +OK and -ERR are handed up and do no harm", () => {
    const client = stage().client();
    expect(client.send("INFO {\"a\":1}\r\n+OK\r\n-ERR 'no'\r\nPING\r\n")).toEqual([
      'ignored body={"a":1}',
      "ignored",
      "ignored body='no'",
    ]);
    expect(client.received()).toBe("PONG\r\n");
  });
});

describeFabrics("limits of what a client may write", (implementation) => {
  const stage = (): Stage => new Stage(implementation.create(1));

  test("the argument of a control line may be as long as the limit, and no longer", () => {
    const subject = "a".repeat(62);
    const client = stage().client({ maxControlLine: 64 });
    expect(client.send(`SUB ${subject} 1\r\nSUB ${subject} 2\nPING\r\n`)).toEqual([]);
    expect(client.send(`SUB ${subject}a 1\r\n`)).toEqual(["error controlLineTooLong"]);
  });

  test("blanks between verb and argument do not count", () => {
    const client = stage().client({ maxControlLine: 64 });
    expect(client.send(`SUB ${" ".repeat(100)}${"a".repeat(62)} 1\r\n`)).toEqual([]);
  });

  test("blanks between verb and argument do not count when they come in pieces either", () => {
    const client = stage().client({ maxControlLine: 64 });
    const blanks = " ".repeat(50);
    expect(
      [`SUB${blanks}`, blanks, `${blanks}${"a".repeat(62)} 1\r\n`].flatMap((piece) =>
        client.send(piece),
      ),
    ).toEqual([]);
  });

  test("blanks behind the last argument count", () => {
    const subject = "a".repeat(58);
    for (const line of [`SUB ${subject} 1`, `PUB ${subject} 0`, `HPUB ${subject} 0 0`]) {
      const blanks = " ".repeat(64 + line.indexOf(" ") + 1 - line.length);
      const rest = line.startsWith("SUB") ? "" : "\r\n";
      expect(stage().client({ maxControlLine: 64 }).send(`${line}${blanks}\r\n${rest}`)).toEqual(
        [],
      );
      const client = stage().client({ maxControlLine: 64 });
      expect(client.send(`${line}${blanks}\t\r\n${rest}`)).toEqual(["error controlLineTooLong"]);
    }
  });

  test("a line that never ends is cut off when it is beyond the limit", () => {
    const client = stage().client({ maxControlLine: 64 });
    expect(client.send(`SUB ${"a".repeat(64)}`)).toEqual([]);
    expect(client.send("\r")).toEqual([]);
    expect(client.send("a")).toEqual(["error controlLineTooLong"]);
  });

  test("a CONNECT beyond the limit is refused as well", () => {
    const client = stage().client({ maxControlLine: 64, connected: false });
    expect(client.send(`CONNECT {"name":"${"a".repeat(64)}"}\r\n`)).toEqual([
      "error controlLineTooLong",
    ]);
  });

  test("a payload beyond the limit is refused before it arrives", () => {
    const client = stage().client({ maxPayload: 10 });
    expect(client.send("SUB a 1\r\nPUB a 10\r\n0123456789\r\n")).toEqual([]);
    expect(client.send("PUB a 11\r\n")).toEqual(["error payloadTooLarge"]);
    expect(client.received()).toBe("MSG a 1 10\r\n0123456789\r\n");
  });

  test("headers count in the payload limit", () => {
    const client = stage().client({ maxPayload: 20 });
    expect(client.send("HPUB a 12 20\r\nNATS/1.0\r\n\r\n12345678\r\n")).toEqual([]);
    expect(client.send("HPUB a 12 21\r\n")).toEqual(["error payloadTooLarge"]);
  });

  test("a changed payload limit holds for the next op", () => {
    const client = stage().client({ maxPayload: 10 });
    client.set({ maxPayload: 4 });
    expect(client.send("PUB a 5\r\n")).toEqual(["error payloadTooLarge"]);
  });

  test("subscriptions beyond the limit are reported, and removing one makes room", () => {
    const client = stage().client({ maxSubscriptions: 2, verbose: true });
    expect(client.send("SUB a 1\r\nSUB b 2\r\nSUB c 3\r\nUNSUB 1\r\nSUB d 4\r\n")).toEqual([
      "tooManySubscriptions subject=c sid=3",
    ]);
    expect(client.received()).toBe("+OK\r\n+OK\r\n+OK\r\n+OK\r\n");
  });

  test("headers are refused from a client that did not ask for them", () => {
    const client = stage().client({ headers: false });
    expect(client.send("HPUB a 12 12\r\nNATS/1.0\r\n\r\n\r\n")).toEqual([
      "error headersNotSupported",
    ]);
  });

  test("a header block is within the payload; what stands in it is not looked at", () => {
    expect(stage().client().send("HPUB a 6 5\r\n")).toEqual(["error badHeaders"]);
    const client = stage().client();
    expect(client.send("SUB a 1\r\nHPUB a 5 7\r\nhelloxx\r\n")).toEqual([]);
    expect(client.received()).toBe("HMSG a 1 5 7\r\nhelloxx\r\n");
  });
});
