import { expect, test } from "bun:test";
import { isReservedForPublish, isReservedReply } from "../../../src/subjects/reserved.ts";

test("replies of the server's own making cannot be asked for", () => {
  expect(isReservedReply("_R_.abc")).toBe(true);
  expect(isReservedReply("_R_.")).toBe(true);
  expect(isReservedReply("$JS.ACK.s.c")).toBe(true);
  expect(isReservedReply("$JS.ACK.")).toBe(false);
  expect(isReservedReply("$JS.ACKS")).toBe(false);
  expect(isReservedReply("_GR_.x.y")).toBe(true);
  expect(isReservedReply("_INBOX.x")).toBe(false);
});

test("gateway replies and consensus traffic cannot be published to", () => {
  expect(isReservedForPublish("_GR_.x", false)).toBe(true);
  expect(isReservedForPublish("$NRG.x", false)).toBe(true);
  expect(isReservedForPublish("$NRG.x", true)).toBe(false);
  expect(isReservedForPublish("$SYS.x", false)).toBe(false);
});
