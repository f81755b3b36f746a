import { expect, test } from "bun:test";
import { InfoLines } from "../../../src/broker/info-lines.ts";
import { emptyServerInfo, infoLine, type ServerInfo } from "../../../src/protocol/server-info.ts";

const info: ServerInfo = {
  ...emptyServerInfo,
  serverId: "N1",
  serverName: "s",
  version: "2.14.0",
  go: "bun",
  host: "h",
  port: 4222,
  headers: true,
  authRequired: true,
  maxPayload: 1024,
  connectUrls: ["a:1", "b:2"],
};
const personal = { clientId: 7, clientIp: "1.2.3.4", nonce: "" };
const decoder = new TextDecoder();

function text(line: Uint8Array): string {
  return decoder.decode(line);
}

test("a line put together from its parts is the line that would be encoded whole", () => {
  const lines = new InfoLines(info, true);
  const whole = { ...info, clientId: 7, clientIp: "1.2.3.4" };
  expect(text(lines.greeting(personal))).toBe(text(infoLine(whole)));
  expect(text(lines.greeting({ ...personal, nonce: "abc" }))).toBe(
    text(infoLine({ ...whole, nonce: "abc" })),
  );
  expect(text(lines.greeting({ ...personal, clientIp: "" }))).toBe(
    text(infoLine({ ...whole, clientIp: "" })),
  );
});

test("each kind says what it is for", () => {
  const lines = new InfoLines(info, false);
  expect(text(lines.greeting(personal))).not.toContain("auth_required");
  expect(text(lines.update(personal, 10))).toContain('"auth_required":true,"max_payload":10,');
  expect(text(lines.lameDuck(personal, 10))).toContain('"ldm":true');
  expect(text(lines.connected(personal, 10, "A", false))).toContain(
    '"connect_info":true,"remote_account":"A"}',
  );
  expect(text(lines.connected(personal, 10, "SYS", true))).toContain('"acc_is_sys":true');
});

test("what changes is said from then on", () => {
  const lines = new InfoLines(info, true);
  expect(text(lines.update(personal, 10))).toContain('"server_name":"s"');
  lines.replace({ ...info, serverName: "t" }, true);
  expect(text(lines.update(personal, 10))).toContain('"server_name":"t"');
});
