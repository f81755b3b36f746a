import { beforeEach, describe, expect, test } from "bun:test";
import { headerBlock } from "../../../src/protocol/headers.ts";
import { Inquiries } from "../../../src/system/inquiries.ts";
import type { InterestFacts } from "../../../src/system/server-facts.ts";
import { SystemRig, stampOf, trafficOf } from "./system-rig.ts";

let rig: SystemRig;

beforeEach(() => {
  rig = new SystemRig();
  new Inquiries({ ...rig, systemAccount: "$SYS" });
});

function interest(subject: string, queue: string, connectionId: number): InterestFacts {
  return { subject, queue, sid: "1", delivered: 0, max: 0, account: "A", connectionId };
}

describe("who am I", () => {
  test("without permissions only the names are told", () => {
    rig.view.requesterFacts = { user: "b", permissions: null };
    expect(rig.askJson("$SYS.REQ.USER.B.INFO")).toEqual({
      server: stampOf(1),
      data: { user: "b", account: "B", account_name: "B" },
    });
  });

  test("asked without an account, it is the system account", () => {
    rig.view.requesterFacts = { user: "s", permissions: null };
    expect(rig.askJson("$SYS.REQ.USER.INFO")).toMatchObject({
      data: { user: "s", account: "$SYS", account_name: "$SYS" },
    });
  });

  test("permissions are told as they are configured, times in nanoseconds", () => {
    rig.view.requesterFacts = {
      user: "a",
      permissions: {
        publish: { allow: ["foo.>", "_INBOX.>"], deny: ["foo.no"] },
        subscribe: { allow: ["q.> qq"], deny: [] },
        responses: { max: 3, millis: 2000 },
      },
    };
    expect(rig.askJson("$SYS.REQ.USER.A.INFO")).toMatchObject({
      data: {
        permissions: {
          publish: { allow: ["foo.>", "_INBOX.>"], deny: ["foo.no"] },
          subscribe: { allow: ["q.> qq"] },
          responses: { max: 3, ttl: 2_000_000_000 },
        },
      },
    });
  });

  test("asked through an import, the connection named by the server answers for itself", () => {
    rig.view.byConnection.set(7, { user: "b", permissions: null });
    const info = headerBlock([["Nats-Request-Info", '{"acc":"B","id":7}']]);
    const answer = rig.ask("$SYS.REQ.USER.B.INFO", "", info);
    expect(JSON.parse(new TextDecoder().decode(answer?.body))).toMatchObject({
      data: { user: "b", account: "B" },
    });
  });

  test("whoever cannot be told apart is refused", () => {
    expect(rig.askJson("$SYS.REQ.USER.A.INFO")).toEqual({
      server: stampOf(1),
      error: { code: 400 },
    });
  });
});

describe("how many subscribers", () => {
  const bodyOf = (subject: string, body: string | object, headers?: Uint8Array): string | null => {
    const answer = rig.ask(subject, body, headers);
    return answer ? new TextDecoder().decode(answer.body) : null;
  };

  test("clients are counted, the inside of the server is not", () => {
    rig.view.interest = [interest("foo", "", 1), interest(">", "q", 2), interest(">", "", 0)];
    expect(bodyOf("$SYS.DEBUG.SUBSCRIBERS", "foo")).toBe("2");
    expect(rig.view.asked).toEqual(["$SYS foo"]);
  });

  test("a queue narrows the count", () => {
    rig.view.interest = [interest("foo", "", 1), interest("foo", "q", 2), interest("foo", "p", 3)];
    expect(bodyOf("$SYS.DEBUG.SUBSCRIBERS", " foo q ")).toBe("1");
  });

  test("a pattern counts what lies within it", () => {
    rig.view.interest = [interest("foo.*", "", 1), interest("bar", "", 2), interest(">", "", 3)];
    expect(bodyOf("$SYS.DEBUG.SUBSCRIBERS", "foo.>")).toBe("1");
    expect(rig.view.asked).toEqual(["all of $SYS"]);
  });

  test("the account of a shared request is asked about", () => {
    const info = headerBlock([["Nats-Request-Info", '{"acc":"A"}']]);
    bodyOf("$SYS.DEBUG.SUBSCRIBERS", "foo", info);
    expect(rig.view.asked).toEqual(["A foo"]);
  });

  test("other servers may ask for an account by name", () => {
    rig.view.accounts.set("A", trafficOf("A", 1));
    rig.view.interest = [interest("foo", "q", 1), interest("foo", "", 2)];
    const request = "$SYS.REQ.ACCOUNT.NSUBS";
    expect(bodyOf(request, { acc: "A", subject: "foo" })).toBe("2");
    expect(bodyOf(request, { acc: "A", subject: "foo", queue: btoa("q") })).toBe("1");
    expect(bodyOf(request, { acc: "B", subject: "foo" })).toBeNull();
    expect(bodyOf(request, "")).toBeNull();
    expect(bodyOf(request, "{x")).toBeNull();
  });

  test("an account without connections stays silent", () => {
    rig.view.accounts.set("A", trafficOf("A", 0));
    expect(bodyOf("$SYS.REQ.ACCOUNT.NSUBS", { acc: "A", subject: "foo" })).toBeNull();
  });

  test("a queue that is no base64 counts nothing", () => {
    rig.view.accounts.set("A", trafficOf("A", 1));
    rig.view.interest = [interest("foo", "q", 1)];
    expect(bodyOf("$SYS.REQ.ACCOUNT.NSUBS", { acc: "A", subject: "foo", queue: "§" })).toBeNull();
  });
});
