import { describe, expect, test } from "bun:test";
import { latencyMetric, latencyStatus, sampled } from "../../../src/broker/service-latency.ts";
import { headerBlock } from "../../../src/protocol/headers.ts";
import { describeFabrics } from "../../contract/fabric/fabric-implementations.ts";
import { account, seededRandom, service, takesService } from "../accounts/account-options.ts";
import { AccountTable, replyIn } from "./account-table.ts";

describeFabrics("latency of services", ({ create }) => {
  type Headers = readonly (readonly [string, string])[];

  function triggers(headers: Headers): unknown {
    const block = headers.length === 0 ? new Uint8Array(0) : headerBlock(headers);
    return sampled({ sampling: "headers", subject: "l" }, seededRandom(), () => block);
  }

  describe("which requests are measured", () => {
    const uber = "479fefe9525eddb:5adb976bfc1f95c1:479fefe9525eddb:";
    const parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-";
    const cases: readonly (readonly [string, Headers, unknown])[] = [
      ["no headers", [], null],
      ["other headers", [["Foo", "bar"]], null],
      [
        "a sampled jaeger trace",
        [["Uber-Trace-Id", `${uber}1`]],
        { "Uber-Trace-Id": [`${uber}1`] },
      ],
      ["one that is not sampled", [["Uber-Trace-Id", `${uber}0`]], null],
      ["one with nonsense for flags", [["Uber-Trace-Id", `${uber}zz`]], null],
      [
        "its baggage, whatever the case of its name",
        [
          ["uber-trace-id", `${uber}3`],
          ["uberctx-b", "2"],
        ],
        { "Uber-Trace-Id": [`${uber}3`], "Uberctx-B": ["2"] },
      ],
      [
        "B3 in many headers",
        [
          ["X-B3-Sampled", "1"],
          ["X-B3-TraceId", "2"],
          ["X-B3-Spanid", "q"],
        ],
        { "X-B3-Sampled": ["1"], "X-B3-Spanid": ["q"], "X-B3-Traceid": ["2"] },
      ],
      [
        "B3 that denies",
        [
          ["X-B3-Sampled", "0"],
          ["X-B3-TraceId", "2"],
        ],
        null,
      ],
      ["B3 that leaves it to us", [["X-B3-TraceId", "2"]], { "X-B3-Traceid": ["2"] }],
      ["B3 in one header", [["b3", "80f-e4-1-05"]], { B3: ["80f-e4-1-05"] }],
      ["B3 in one header that denies", [["b3", "80f-e4-0"]], null],
      ["B3 that is nothing but a denial", [["b3", "0"]], null],
      [
        "a sampled W3C trace",
        [
          ["traceparent", `${parent}01`],
          ["Tracestate", "k=v"],
        ],
        { Traceparent: [`${parent}01`], Tracestate: ["k=v"] },
      ],
      ["a W3C trace that is not sampled", [["Traceparent", `${parent}00`]], null],
    ];
    for (const [name, headers, expected] of cases) {
      test(name, () => expect(triggers(headers)).toEqual(expected));
    }

    test("by percent, chance decides before headers do", () => {
      const latency = { sampling: 30, subject: "l" };
      const none = (): Uint8Array => new Uint8Array(0);
      expect(sampled(latency, seededRandom(29), none)).toEqual({});
      expect(sampled(latency, seededRandom(30), none)).toBeNull();
      expect(sampled(latency, seededRandom(30), () => headerBlock([["b3", "1"]]))).toEqual({
        B3: ["1"],
      });
    });
  });

  test("a metric has the fields tools know, in their order", () => {
    const requestor = { acc: "B", rtt: 400 } as never;
    const responder = { acc: "A", rtt: 300 } as never;
    const metric = latencyMetric("ID", 2_000_000_500n, latencyStatus.answered, {
      requestedAtNanos: 1_000_000_000n,
      requestor,
      responder,
      trigger: { B3: ["1"] },
      answeredAtNanos: 2_000_000_000n,
    });
    expect(metric).toBe(
      '{"type":"io.nats.server.metric.v1.service_latency","id":"ID","timestamp":"1970-01-01T00:00:02.0000005Z",' +
        '"status":200,"requestor":{"acc":"B","rtt":400},"responder":{"acc":"A","rtt":300},"header":{"B3":["1"]},' +
        '"start":"1970-01-01T00:00:00.9999996Z","service":999999700,"system":500,"total":1000000900}',
    );
  });

  describe("what becomes of a measured request", () => {
    function measured(): AccountTable {
      return new AccountTable(create, [
        account("A", {
          exports: [
            service("one", { latency: { sampling: 100, subject: "lat" }, thresholdMillis: 300 }),
          ],
        }),
        account("B", { imports: [takesService("A", "one")] }),
      ]);
    }

    interface Metric {
      readonly status: number;
      readonly description?: string;
      readonly requestor?: { readonly acc: string; readonly user?: string };
      readonly responder?: { readonly acc: string; readonly user?: string };
      readonly service: number;
    }

    function metricIn(text: string): Metric {
      return JSON.parse(/\{"type".*\}/.exec(text)?.[0] ?? "null") as Metric;
    }

    test("answered: who asked is told as far as shared, who answered in full", () => {
      const table = measured();
      const [a, b] = [table.client("A"), table.client("B")];
      a.send("SUB one 1", "SUB lat 2");
      b.send("SUB inbox 5", "PUB one inbox 2", "hi");
      const reply = replyIn(a.received());
      table.time.pass(5);
      a.send(`PUB ${reply} 3`, "ans");
      const metric = metricIn(a.received());
      expect(metric).toMatchObject({
        status: 200,
        requestor: { acc: "B", rtt: 1000 },
        responder: { acc: "A", user: "user-A" },
        service: 5_000_000 - 1000,
      });
      expect(metric.requestor?.user).toBeUndefined();
      expect(b.received()).toBe("MSG inbox 5 3\r\nans\r\n");
    });

    test("without a reply it was a bad request", () => {
      const table = measured();
      const [a, b] = [table.client("A"), table.client("B")];
      a.send("SUB one 1", "SUB lat 2");
      b.send("PUB one 2", "hi");
      expect(metricIn(a.received())).toMatchObject({ status: 400, description: "Bad Request" });
    });

    test("nobody listened", () => {
      const table = measured();
      const [a, b] = [table.client("A"), table.client("B")];
      a.send("SUB lat 2");
      b.send("PUB one inbox 2", "hi");
      expect(metricIn(a.received())).toMatchObject({
        status: 503,
        description: "Service Unavailable",
      });
    });

    test("nobody answered in time", () => {
      const table = measured();
      const [a, b] = [table.client("A"), table.client("B")];
      a.send("SUB one 1", "SUB lat 2");
      b.send("SUB inbox 1", "PUB one inbox 2", "hi");
      a.received();
      table.time.pass(300);
      expect(metricIn(a.received())).toMatchObject({ status: 504, description: "Service Timeout" });
    });

    test("who asked has gone", () => {
      const table = measured();
      const [a, b] = [table.client("A"), table.client("B")];
      a.send("SUB one 1", "SUB lat 2");
      b.send("SUB inbox 1", "PUB one inbox 2", "hi");
      a.received();
      b.close();
      expect(metricIn(a.received())).toMatchObject({
        status: 408,
        description: "Request Timeout",
        requestor: { acc: "B" },
      });
    });

    test("who asked stopped listening", () => {
      const table = measured();
      const [a, b] = [table.client("A"), table.client("B")];
      a.send("SUB one 1", "SUB lat 2");
      b.send("SUB inbox 1", "PUB one inbox 2", "hi");
      a.received();
      b.send("UNSUB 1");
      table.time.pass(100);
      expect(metricIn(a.received())).toMatchObject({ status: 408 });
    });

    test("a round trip that is not known is asked for", () => {
      const table = measured();
      const [a, b] = [table.client("A"), table.client("B", { rtt: 0 })];
      a.send("SUB one 1");
      b.send("PUB one inbox 2", "hi");
      expect(table.wanted).toEqual([b.slot]);
    });
  });
});
