import { expect, test } from "bun:test";
import { type Claim, claimLabel, claimOf, claimText, shownUser } from "../../../src/auth/claim.ts";
import { connectDefaults } from "../../../src/protocol/connect-options.ts";

function shown(claim: Claim): readonly string[] {
  return [shownUser(claim), claimText(claim), claimLabel(claim)];
}

test("a key goes before a name, a name before a token", () => {
  const all = { ...connectDefaults, nkey: "U1", user: "a", token: "t" };
  expect(claimOf(all)).toEqual({ kind: "nkey", name: "U1" });
  expect(claimOf({ ...all, nkey: "" })).toEqual({ kind: "user", name: "a" });
  expect(claimOf({ ...all, nkey: "", user: "" })).toEqual({ kind: "token", name: "" });
  expect(claimOf(connectDefaults)).toEqual({ kind: "none", name: "" });
});

test("claims are shown as monitoring and log lines know them", () => {
  expect(shown({ kind: "nkey", name: "U1" })).toEqual(["U1", 'Nkey "U1"', "nkey:U1"]);
  expect(shown({ kind: "user", name: "a" })).toEqual(["a", 'User "a"', "user:a"]);
  expect(shown({ kind: "token", name: "" })).toEqual(["[REDACTED]", 'Token "[REDACTED]"', "token"]);
  expect(shown({ kind: "none", name: "" })).toEqual(["", 'User "N/A"', ""]);
});
