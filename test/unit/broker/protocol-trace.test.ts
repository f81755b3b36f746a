import { expect, test } from "bun:test";
import { ProtocolTrace, type TraceLimits } from "../../../src/broker/protocol-trace.ts";
import { bytesOf, KeptLog } from "./broker-rig.ts";

const noLimits: TraceLimits = { traceHeaders: false, maxTracedMessageLength: 0 };

function traced(
  received: readonly string[],
  sent: readonly string[] = [],
  limits: TraceLimits = noLimits,
): readonly string[] {
  const log = new KeptLog();
  const trace = new ProtocolTrace(
    log,
    () => "1.2.3.4:5 - cid:7",
    () => limits,
  );
  for (const chunk of received) {
    trace.received(bytesOf(chunk));
  }
  for (const chunk of sent) {
    trace.sent(bytesOf(chunk));
  }
  return log.lines.map((line) => line.replace("TRC 1.2.3.4:5 - cid:7 - ", ""));
}

test("ops and payloads of a client are shown in the reference's form", () => {
  const text =
    'CONNECT {"name":"x"}\r\nSUB foo q 1\r\npub foo bar 5\r\nhello\r\nPUB foo 0\r\n\r\nUNSUB 1 2\r\nPING\r\nPONG\r\n' +
    "HPUB foo 12 14\r\nNATS/1.0\r\n\r\nab\r\n";
  expect(traced([text])).toEqual([
    '<<- [CONNECT {"name":"x"}]',
    "<<- [SUB foo q 1]",
    "<<- [PUB foo bar 5]",
    '<<- MSG_PAYLOAD: ["hello"]',
    "<<- [PUB foo 0]",
    "<<- [UNSUB 1 2]",
    "<<- [PING]",
    "<<- [PONG]",
    "<<- [HPUB foo 12 14]",
    '<<- MSG_PAYLOAD: ["NATS/1.0\\r\\n\\r\\nab"]',
  ]);
});

test("what is cut into single bytes reads the same", () => {
  const text = "PUB foo 5\r\nhello\r\nPING\r\n";
  expect(traced([...text])).toEqual(traced([text]));
});

test("what the server says is shown too, but not INFO", () => {
  expect(
    traced(
      [],
      [
        "INFO {}\r\n+OK\r\nMSG foo 1 5\r\nhello\r\nPONG\r\nHMSG a 1 12 14\r\nNATS/1.0\r\n\r\nab\r\n" +
          "-ERR 'Unknown Protocol Operation'\r\n",
      ],
    ),
  ).toEqual([
    "->> [OK]",
    "->> [MSG foo 1 5]",
    '->> MSG_PAYLOAD: ["hello"]',
    "->> [PONG]",
    "->> [HMSG a 1 12 14]",
    '->> MSG_PAYLOAD: ["NATS/1.0\\r\\n\\r\\nab"]',
    "->> [-ERR Unknown Protocol Operation]",
  ]);
});

test("no secret of CONNECT is shown", () => {
  const secrets = {
    user: "u",
    pass: "secret1",
    auth_token: "secret2",
    nkey: "secret3",
    sig: "secret4",
    proxy_sig: "secret5",
    name: "n",
  };
  const [line = ""] = traced([`CONNECT ${JSON.stringify(secrets)}\r\n`]);
  expect(line).not.toContain("secret");
  expect(line).toBe(
    '<<- [CONNECT {"user":"u","pass":"[REDACTED]","auth_token":"[REDACTED]",' +
      '"nkey":"[REDACTED]","sig":"[REDACTED]","proxy_sig":"[REDACTED]","name":"n"}]',
  );
});

test("long payloads are cut where max_traced_msg_len says", () => {
  const limits = { ...noLimits, maxTracedMessageLength: 4 };
  expect(traced(["PUB a 6\r\nabcdef\r\n"], [], limits)[1]).toBe('<<- MSG_PAYLOAD: ["abcd..."]');
});

test("with trace_headers only header blocks are shown", () => {
  const limits = { ...noLimits, traceHeaders: true };
  const text = "PUB a 3\r\nabc\r\nHPUB a 18 20\r\nNATS/1.0\r\nA: b\r\n\r\nxy\r\n";
  expect(traced([text], [], limits)).toEqual([
    "<<- [PUB a 3]",
    "<<- [HPUB a 18 20]",
    '<<- MSG_PAYLOAD: ["NATS/1.0\\r\\nA: b"]',
  ]);
});
