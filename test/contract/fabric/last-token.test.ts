// Subjects that differ in nothing but their last token: what was found for one of them is found for the others, and no
// more than that, whatever comes and goes between.

import { expect, test } from "bun:test";
import { describeFabrics } from "./fabric-implementations.ts";
import { Stage } from "./fabric-stage.ts";

describeFabrics("the last token", (implementation) => {
  const stage = (): Stage => new Stage(implementation.create(1));
  const shown = (sids: readonly (readonly [string, number])[]): string =>
    sids.map(([subject, sid]) => `MSG ${subject} ${sid} 0\r\n\r\n`).join("");

  test("a pattern over it gets all, one after the other", () => {
    const here = stage();
    const client = here.client();
    client.send("SUB _INBOX.one.* 1\r\nSUB _INBOX.two.* 2\r\n");
    for (const name of ["a", "b", "c"]) {
      expect(here.publish(`_INBOX.one.${name}`, "")).toBe(1);
      expect(here.publish(`_INBOX.two.${name}`, "")).toBe(1);
      expect(client.received()).toBe(
        shown([
          [`_INBOX.one.${name}`, 1],
          [`_INBOX.two.${name}`, 2],
        ]),
      );
    }
  });

  test("a pattern that names it gets its own, whichever was found before", () => {
    const here = stage();
    const client = here.client();
    client.send("SUB a.* 1\r\n");
    here.publish("a.x", "");
    client.send("SUB *.x 2\r\nSUB a.x.> 3\r\nSUB a.x 4\r\n");
    client.received();
    here.publish("a.y", "");
    here.publish("a.x", "");
    here.publish("a.y", "");
    expect(client.received()).toBe(
      shown([
        ["a.y", 1],
        ["a.x", 1],
        ["a.x", 2],
        ["a.x", 4],
        ["a.y", 1],
      ]),
    );
  });

  test("it is not empty", () => {
    const here = stage();
    const client = here.client();
    client.send("SUB a.* 1\r\nSUB a.> 2\r\n");
    expect(here.publish("a.x", "")).toBe(2);
    expect(here.publish("a.", "")).toBe(0);
    expect(here.publish("a.x.y", "")).toBe(1);
    client.received();
  });

  test("a pattern that comes or goes is heard at once", () => {
    const here = stage();
    const client = here.client();
    client.send("SUB a.b.* 1\r\n");
    expect(here.publish("a.b.x", "")).toBe(1);
    client.send("SUB a.*.* 2\r\n");
    expect(here.publish("a.b.y", "")).toBe(2);
    client.send("SUB > 3\r\n");
    expect(here.publish("a.b.y", "")).toBe(3);
    client.send("UNSUB 1\r\nUNSUB 3\r\n");
    client.received();
    expect(here.publish("a.b.z", "")).toBe(1);
    expect(client.received()).toBe(shown([["a.b.z", 2]]));
    client.send("UNSUB 2\r\n");
    expect(here.publish("a.b.z", "")).toBe(0);
  });

  test("one that ends with a message gets that one, and the next nobody", () => {
    const here = stage();
    const client = here.client();
    client.send("SUB in.* 1\r\nUNSUB 1 2\r\n");
    expect(here.publish("in.a", "")).toBe(1);
    expect(here.publish("in.b", "")).toBe(1);
    expect(here.publish("in.c", "")).toBe(0);
    client.send("SUB in.* 2\r\n");
    expect(here.publish("in.d", "")).toBe(1);
  });

  test("more prefixes than are remembered, and longer ones", () => {
    const here = stage();
    const client = here.client();
    const names = Array.from({ length: 300 }, (_, index) => `p${index}.${"x".repeat(index + 1)}`);
    client.send(names.map((name, index) => `SUB ${name}.* ${index}\r\n`).join(""));
    for (const last of ["a", "b"]) {
      for (const [index, name] of names.entries()) {
        expect(here.publish(`${name}.${last}`, "")).toBe(1);
        expect(client.received()).toBe(shown([[`${name}.${last}`, index]]));
      }
    }
  });
});
