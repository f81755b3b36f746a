// Message path tracing from outside, with the official client: what is told, and what is still delivered.

import { describe, expect, test } from "bun:test";
import { gunzipSync } from "node:zlib";
import {
  connect,
  createInbox,
  headers,
  type Msg,
  type NatsConnection,
} from "@nats-io/transport-node";
import { ServerProcess } from "../support/server-process.ts";
import { waitUntil } from "../support/wait-until.ts";

const sharing = `accounts {
  SHOP { users: [ {user: shop, password: pw} ]
    exports: [ {service: "orders.*", allow_trace: true}, {stream: "news.>"} ] }
  BUYER { users: [ {user: buyer, password: pw} ]
    imports: [ {service: {account: SHOP, subject: "orders.*"}, to: "buy.*"}
               {stream: {account: SHOP, subject: "news.>"}, to: "heard.>", allow_trace: true} ]
    mappings: { "take.*": "buy.$1" }
    msg_trace: { dest: "sampled.traces", sampling: 100 } }
}`;

interface Event {
  readonly type: string;
  readonly ts: string;
  readonly [field: string]: unknown;
}

interface Trace {
  readonly server: { readonly name: string; readonly seq: number };
  readonly request: { readonly header: Record<string, string[]>; readonly msgsize: number };
  readonly events: readonly Event[];
}

async function login(server: ServerProcess, user: string, name = user): Promise<NatsConnection> {
  return await connect({ servers: server.url, user, pass: "pw", name, reconnect: false });
}

/** What comes to this subject from now on. */
async function heardOn(connection: NatsConnection, subject: string): Promise<Msg[]> {
  const heard: Msg[] = [];
  connection.subscribe(subject, {
    callback: (_error, message) => {
      heard.push(message);
    },
  });
  await connection.flush();
  return heard;
}

function shown(message: Msg | undefined): readonly unknown[] {
  const { server, events } = message?.json<Trace>() ?? { server: { seq: 0 }, events: [] };
  expect(server.seq).toBeGreaterThan(0);
  return events.map(({ type, ts, kind: _kind, cid: _cid, ...rest }) => {
    expect(Math.abs(Date.parse(ts) - Date.now())).toBeLessThan(60_000);
    return [type, ...Object.values(rest)].join(" ");
  });
}

describe("a traced message", () => {
  test("tells its way through a mapping and into another account", async () => {
    await using server = await ServerProcess.start({ config: sharing });
    const [shop, buyer] = [await login(server, "shop"), await login(server, "buyer")];
    shop.subscribe("orders.*", {
      callback: (_error, message) => {
        message.respond("done");
      },
    });
    await shop.flush();
    const destination = createInbox();
    const traces = await heardOn(buyer, destination);
    const reply = await buyer.request("take.tea", "one", {
      timeout: 2000,
      traceDestination: destination,
    });
    expect(reply.string()).toBe("done");
    await waitUntil("the trace", () => traces.length === 1);
    expect(shown(traces[0])).toEqual([
      "in buyer BUYER take.tea",
      "sm buy.tea",
      "si SHOP buy.tea orders.tea",
      "eg shop SHOP orders.*",
    ]);
    await Promise.all([shop.close(), buyer.close()]);
  });

  test("is not delivered when only its trace is wanted", async () => {
    await using server = await ServerProcess.start({ config: sharing });
    const [shop, buyer] = [await login(server, "shop"), await login(server, "buyer")];
    const [orders, news] = [await heardOn(shop, "orders.*"), await heardOn(buyer, "heard.>")];
    const [asked, told] = [await heardOn(buyer, "traces"), await heardOn(shop, "traces")];
    const only = { traceDestination: "traces", traceOnly: true };
    buyer.publish("buy.tea", "one", only);
    shop.publish("news.today", "none", only);
    await waitUntil("the traces", () => asked.length === 1 && told.length === 1);
    expect(shown(asked[0])).toEqual([
      "in buyer BUYER buy.tea",
      "si SHOP buy.tea orders.tea",
      "eg shop SHOP orders.*",
    ]);
    expect(shown(told[0])).toEqual([
      "in shop SHOP news.today",
      "se BUYER heard.today",
      "eg buyer BUYER news.>",
    ]);
    await Promise.all([shop.flush(), buyer.flush()]);
    expect([orders.length, news.length]).toEqual([0, 0]);
    await Promise.all([shop.close(), buyer.close()]);
  });

  test("is asked for by a sampled trace parent, and may be packed", async () => {
    await using server = await ServerProcess.start({ config: sharing });
    const buyer = await login(server, "buyer");
    const traces = await heardOn(buyer, "sampled.traces");
    const parent = headers();
    parent.append("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
    parent.append("Accept-Encoding", "gzip");
    buyer.publish("anything", "", { headers: parent });
    await waitUntil("the trace", () => traces.length === 1);
    const [trace] = traces;
    expect(trace?.headers?.get("Content-Encoding")).toBe("gzip");
    const { request, events } = JSON.parse(gunzipSync(trace?.data ?? "").toString()) as Trace;
    expect(Object.keys(request.header)).toEqual(["Accept-Encoding", "traceparent"]);
    expect(events.map(({ type }) => type)).toEqual(["in"]);
    await buyer.close();
  });
});
