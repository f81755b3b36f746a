import { describe, expect, test } from "bun:test";
import { emptyServerInfo, infoLine, type ServerInfo } from "../../../src/protocol/server-info.ts";

const decoder = new TextDecoder();
const id = "NDUSWCUVM3IEH6AZAMORBYRR5ARHYTFHBW5UZQ4ZIFJKDILKV6RZZHBT";

function line(said: Partial<ServerInfo>): string {
  return decoder.decode(infoLine({ ...emptyServerInfo, ...said }));
}

describe("INFO", () => {
  // As the reference server 2.15.1 wrote them.
  test("is written as the reference writes it", () => {
    expect(
      line({
        serverId: id,
        serverName: "a<b>&c",
        version: "2.15.1",
        go: "go1.27.2",
        host: "127.0.0.1",
        port: 43483,
        headers: true,
        maxPayload: 5,
        clientId: 5,
        clientIp: "127.0.0.1",
        apiLevel: 5,
        xkey: "XA6O",
      }),
    ).toBe(
      `INFO {"server_id":"${id}","server_name":"a\\u003cb\\u003e\\u0026c","version":"2.15.1","proto":1,"go":"go1.27.2","host":"127.0.0.1","port":43483,"headers":true,"max_payload":5,"client_id":5,"client_ip":"127.0.0.1","api_lvl":5,"xkey":"XA6O"} \r\n`,
    );
    expect(
      line({
        serverId: id,
        serverName: id,
        version: "2.15.1",
        go: "go1.27.2",
        host: "1.2.3.4",
        port: 5,
        headers: true,
        authRequired: true,
        maxPayload: 1048576,
        jetstream: true,
        clientId: 5,
        clientIp: "127.0.0.1",
        nonce: "h_AOdqgCs-U9t7k",
        cluster: "cc",
        domain: "dd",
        connectInfo: true,
        remoteAccount: "$G",
      }),
    ).toBe(
      `INFO {"server_id":"${id}","server_name":"${id}","version":"2.15.1","proto":1,"go":"go1.27.2","host":"1.2.3.4","port":5,"headers":true,"auth_required":true,"max_payload":1048576,"jetstream":true,"client_id":5,"client_ip":"127.0.0.1","nonce":"h_AOdqgCs-U9t7k","cluster":"cc","domain":"dd","connect_info":true,"remote_account":"$G"} \r\n`,
    );
  });

  test("always has the fields clients cannot do without", () => {
    expect(line({})).toBe(
      'INFO {"server_id":"","server_name":"","version":"","proto":1,"go":"","host":"","port":0,"headers":false,"max_payload":0} \r\n',
    );
  });

  test("has every field in its place", () => {
    const json = line({
      gitCommit: "midge",
      authRequired: true,
      tlsRequired: true,
      tlsVerify: true,
      tlsAvailable: true,
      jetstream: true,
      ip: "1",
      clientId: 1,
      clientIp: "1",
      nonce: "n",
      cluster: "c",
      clusterDynamic: true,
      domain: "d",
      connectUrls: ["a:1"],
      websocketConnectUrls: ["b:2"],
      lameDuckMode: true,
      compression: "off",
      connectInfo: true,
      remoteAccount: "A",
      isSystemAccount: true,
      apiLevel: 4,
      xkey: "X",
    }).slice("INFO ".length);
    expect(Object.keys(JSON.parse(json)).join(" ")).toBe(
      "server_id server_name version proto git_commit go host port headers auth_required tls_required tls_verify " +
        "tls_available max_payload jetstream ip client_id client_ip nonce cluster cluster_dynamic domain " +
        "connect_urls ws_connect_urls ldm compression connect_info remote_account acc_is_sys api_lvl xkey",
    );
  });
});
