import { describe, expect, test } from "bun:test";
import { errorOf } from "../loading.ts";

describe("keys of features that are not built", () => {
  const refused: readonly string[] = [
    "tls {}",
    "tls { cert_file: x }",
    "mqtt { port: 1883 }",
    "cluster { port: 6222 }",
    "cluster { name: x, listen: 6222 }",
    "gateway { name: x }",
    "operator: x",
    "resolver: MEMORY",
    "resolver { type: full }",
    "resolver_preload { A: b }",
    "resolver_pinned_accounts: [a]",
    "resolver_tls {}",
    "trusted_keys: [a]",
    "https: 8443",
    "https_port: 8443",
    "ocsp: true",
    "ocsp_cache: true",
    "syslog: true",
    'remote_syslog: "udp://x"',
    "prof_port: 1",
    "prof_block_rate: 1",
    "proxies { trusted: [{key: x}] }",
    "default_sentinel: x",
    "default_js_domain { A: b }",
    "allow_non_tls: true",
  ];
  test.each(refused)("%j is refused by name and place", (text) => {
    const key = text.split(/[: ]/)[0];
    expect(errorOf(text)).toBe(`t.conf:1:0: "${key}" is not supported yet`);
  });

  const off: readonly string[] = [
    "cluster {}",
    "gateway {}",
    "leafnodes {}",
    "websocket {}",
    "mqtt {}",
    "proxies {}",
    "https_port: 0",
    "prof_port: 0",
    "syslog: false",
    'remote_syslog: ""',
    "ocsp: false",
    "ocsp_cache: false",
    "allow_non_tls: false",
    "trusted_keys: []",
    "authorization { user: a, proxy_required: false }",
  ];
  test.each(off)("%j is taken, for it switches the feature off", (text) => {
    expect(errorOf(text)).toBe("");
  });

  const inside: readonly (readonly [string, string])[] = [
    ["websocket { no_tls: true, tls { cert_file: x } }", '1:26: "tls"'],
    ["leafnodes { port: 7422, remotes: [{url: x}] }", '1:24: "remotes"'],
    ["leaf { port: 7422, authorization { user: a } }", '1:19: "authorization"'],
    ["leafnodes { port: 7422, tls { cert_file: x } }", '1:24: "tls"'],
    ["leafnodes { port: 7422, advertise: x }", '1:24: "advertise"'],
    ["jetstream { tpm { keys_file: x } }", '1:12: "tpm"'],
    ["jetstream { extension_hint: will_extend }", '1:12: "extension_hint"'],
    ["jetstream { max_outstanding_catchup: 1GB }", '1:12: "max_outstanding_catchup"'],
    ["jetstream { meta_compact: 5 }", '1:12: "meta_compact"'],
    ["jetstream { meta_compact_size: 5K }", '1:12: "meta_compact_size"'],
    ["jetstream { meta_compact_sync: true }", '1:12: "meta_compact_sync"'],
    ["authorization { auth_callout { issuer: x } }", '1:16: "auth_callout"'],
    ["authorization { proxy_required: true }", '1:16: "proxy_required"'],
    ["authorization { users: [{user: a, proxy_required: true}] }", '1:34: "proxy_required"'],
  ];
  test.each(inside)("%j is refused where it stands", (text, what) => {
    expect(errorOf(text)).toBe(`t.conf:${what} is not supported yet`);
  });

  test("their misspelt keys are told from known ones", () => {
    expect(errorOf("cluster { lisen: 6222 }")).toBe(
      't.conf:1:10: unknown field "lisen"\nt.conf:1:0: "cluster" is not supported yet',
    );
  });
});

describe("keys that every object has", () => {
  const blocks: readonly string[] = ["", "jetstream", "websocket", "authorization", "ws"];
  const names: readonly string[] = ["__proto__", "constructor", "toString", "hasOwnProperty"];
  for (const block of blocks) {
    for (const name of names) {
      test(`${block === "" ? name : `${block} { ${name} }`} is an unknown field`, () => {
        const text = block === "" ? `${name}: {}` : `${block} { ${name}: {} }`;
        expect(errorOf(text)).toContain(`unknown field "${name}"`);
      });
    }
  }
});
