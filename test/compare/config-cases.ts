// Texts to read with this server and with the reference, for config.ts beside it.

import { jetStreamTexts } from "./jetstream-config-cases.ts";

const userKey = "UCPG6SOEGOEHQAZ3LHAYFDCPLCY6EEVFEJF6C3XIK3TCMPBTZEJQUC26";
const accountKey = "ACY3HU6ZITXDJRK22BYW5ITVF7BISGS6YKXLPD4HRR4RX5JN3XACPA2K";

export const environment: Readonly<Record<string, string>> = {
  FOO: "bar",
  NUM: "12",
  LIST: "[a, b ]",
  NEXT: "$FOO",
  CIRCLE: "$CIRCLE",
  BROKEN: "{",
  MAP: "{a: 1, b: [x, y]}",
};

/** Files that the texts include. */
export const files: Readonly<Record<string, string>> = {
  "inc.conf": "debug: true\ntags: [a, b ]\n",
  "sub/s.conf": 'include "deep.conf"\na: $FOO\n',
  "sub/deep.conf": "z: 9\n",
};

const scalars: readonly string[] =
  String.raw`1|-1|1k|1kb|2KiB|3m|4MB|5g|6gi|7t|1e|0|007|1.5|-1.5|1.0|0.000001
123456789.25|1e5|"a"|'a b'|"a\tb\n\r\"\\ \x41\xc3\xa9"|abc|abc\tdef|true|YES|on|off|No|False|truex|127.0.0.1
127.0.0.1:4222|1.2.3|10.0.0.1:-1|2006-01-02T15:04:05Z|2006-01-02T15:04:05|2006-13-02T15:04:05Z|2024-02-30T00:00:00Z
20-01|$FOO|$NUM|$LIST|$NEXT|$CIRCLE|$BROKEN|$MAP|$NOPE|$2a$11$abcdefg|$2b$11$x|"$FOO"|a'b|a"b|http://x.y/z|a#b|a//b
4222abc|12k5|1kx|2m0s|9223372036854775807|9223372036854775808|99999999999999999999|.5|1.|1.x|-|-x|-.|- 1|[a,b]|[a b]
[ a, b, ]|[a;b]|[]|[ ,a]|[a,,b]|[{a: 1}, {b: 2}]|{}|{a 1}|{a: 1, b: 2}|{a: 1; b: 2}|{a = 1 b = 2}|{"a": 1, 'b c': 2}
{a: {b: {c: [1 ]}}}|{a: ,}|{:1}|{]}|{a|{a: |{"a|{a: 1|[a|[|(x)|<&>|a\q|"\x4g"|"\x|a;|a}|a]|a,|1;|1}|1,|true;|""|=|==
include|5	|"x"y|{a:1}y|/a|/|//|#|1-2|12345-x|a=b|a:b|a:b:c`
    .split(/[|\n]/)
    .concat([
      "[\na\nb\n]",
      "[\n# c\na # d\n// e\n]",
      "{a: 1\n b: 2\n}",
      "(\nx\ny\n)",
      "(\nx\n)\n",
      "(\n x ) y\n)\n",
      '"two\nlines"',
      "\u65e5\u672c",
      "a\u00a0b",
      "a\0b",
    ]);

/** Each puts a value where it shows in the digest: a key that a variable used is tolerated. */
const frames: readonly ((value: string) => string)[] = [
  (value) => `xx: ${value}\nport: $xx\nport: 4222\n`,
  (value) => `xx ${value}\nport: $xx\nport: 4222\n`,
  (value) => `xx=${value}`,
  (value) => `xx { v: ${value}, w: [ $v ] }\nport: $xx\nport: 4222\n`,
  (value) => `xx: [ ${value} ]\nport: $xx\nport: 4222\n`,
  (value) => `xx: [\n${value}\n]\nport: $xx\nport: 4222\n`,
  (value) => `{"xx": ${value}\n"port": $xx\n"port": 4222\n}`,
  (value) => `{"xx": ${value}, "port": $xx\n"port": 4222\n}`,
];

const wholes: readonly string[] = [
  ..."|# only|/x|port: 1 # c|port: 1 // c|port: 1 / c|port: 1, debug: true|port: 1 debug: true|port: 1}|port|port |port:|=1"
    .concat(
      '|{port: 1}|{"port": 1}|{|{}|{{}}|"port": 1|"port|PORT: 1|include "inc.conf"|include inc.conf|include: "x"',
    )
    .concat(
      "|include|include 1|include [|include nope.conf|include sub/s.conf|include /inc.conf|a { include inc.conf }",
    )
    .concat(
      "|include inc.conf; include sub/s.conf|a { x: 1, b { y: $x } }|a {:1|a : b : c|a\tb|\u00e9: $\u00e9|key{a: 1}",
    )
    .concat("|a { b: 1 } c { d: 2 }|a { b: 1 };c { d: 2 }|foo: 1, bar: 2|port: $NUM|port: $FOO")
    .split("|"),
  "port: 1\n}\n",
  "port: 1\n} # x",
  "port: 1\n}\ndebug: true",
  "port\n4222",
  "port:\n1",
  "{\nport: 1\n}\n",
  '{{"port":4222\n},"debug": true\n}',
  "Port: 1\nport: 2\n",
  "port: 1\nport: 2",
  "x: 1\ny: $x",
  "y: $x\nx: 1",
  "a { x: 1 }\nb: $x",
  "a\n{\nb\n1\n}",
  "a {\n b =\n 1\n}",
];

const topKeys: readonly string[] =
  `listen port host net client_advertise server_name server_tags server_metadata feature_flags debug trace trace_verbose
  trace_headers logtime logtime_utc log_file logfile log_size_limit log_max_num max_traced_msg_len pidfile pid_file
  ports_file_dir http http_port monitor_port http_base_path mappings maps disable_sublist_cache no_auth_user
  system_account system no_system_account no_header_support proxy_protocol max_control_line max_payload max_pending
  max_connections max_conn max_subscriptions max_sub_tokens ping_interval ping_max write_deadline write_timeout
  lame_duck_duration lame_duck_grace_period connect_error_reports reconnect_error_reports no_fast_producer_stall
  max_closed_clients`.split(/\s+/);

const topValues: readonly string[] =
  `1|-1|1.5|true|"x"|[]|{}|{a: 1}|2006-01-02T15:04:05Z|3000000000|30s|"5x"|""|"a b"|-5s|1k|localhost:-1|":8222"|"a:b"
"[::1]:99"|"::1:99"|{a: b}|{a: true}|close`.split(/[|\n]/);

const users: readonly string[] =
  `{}|{user: a}|{password: b}|{nkey: foo}|{nkey: ${userKey}}|{nkey: ${accountKey}}|{nkey: ${userKey}, user: a}|{user: 1}
{user: a, foo: 1}|foo|{user: a, permissions: 1}|{user: a, permissions {pub: a}}|{user: a, permissions {sub: "a.b q"}}
{user: a, permissions {publish: {allow: a, deny: [b,"c.>"]}, subscribe: {foo: a}}}
{user: a, permissions {publish: [1 , a]}}|{user: a, permissions {allow_responses: 1 }}
{user: a, permissions {allow_responses: {max: x}}}|{user: a, permissions {allow_responses: {ttl: 5s, foo: 1 }}}
{user: a, permissions {foo: 1 }}|{user: a, clients: [STANDARD, foo, bar]}|{user: a, clients: 5}
{user: a, permissions {publish: {}}}`.split(/[|\n]/);

const accounts: readonly string[] =
  `5|{}|{foo: 1}|{nkey: foo}|{nkey: ${accountKey}}|{limits: 5 }|{limits: {max_connections: 5, max_subs: 1k}}
{limits: {foo: 5 }}|{limits: {max_conn: a}}|{mappings: {a: b}}|{mappings: 5 }|{mappings: {a: {dest: b, weight: 50%}}}
{mappings: {a: [{dest: b, weight: 50%},{dest: c, weight: 51 }]}}|{mappings: {a: [{dest: b, weight: x}]}}
{mappings: {a: [{dest: b, weight: 500%}]}}|{mappings: {a: [{dest: b}]}}|{mappings: {a: [b]}}|{mappings: {"a..b": c}}
{mappings: {"a.*": "b.$1"}}|{mappings: {"a.*": "b.$2"}}|{mappings: {"a.*": "b.{{foo(1)}}"}}|{mappings: {"a.*": "b.*"}}
{exports: 5 }|{exports: [5 ]}|{exports: [{}]}|{exports: [{stream: a}]}|{exports: [{service: a, response: foo}]}
{exports: [{service: a, threshold: 5s}]}|{exports: [{service: a, threshold: 5 }]}|{exports: [{service: a, latency: b}]}
{exports: [{service: a, latency: {sampling: 101, subject: b}}]}|{exports: [{service: a, latency: {sampling: 50 }}]}
{exports: [{stream: a, latency: b}]}|{exports: [{stream: a, accounts: [Z]}]}|{exports: [{stream: a, foo: 2}]}
{imports: 5 }|{imports: [{stream: a}]}|{imports: [{stream: {account: B, subject: s}}]}
{imports: [{service: {account: Z, subject: s}}]}|{imports: [{stream: {account: B}}]}
{imports: [{service: {account: B, subject: r}}, {service: {account: B, subject: r}}]}
{imports: [{service: {account: B, subject: r}, to: x, share: 5 }]}|{jetstream: disabled}`.split(
    /[|\n]/,
  );

const tenancy: readonly string[] = [
  "accounts: [A, B ]",
  "accounts: [A, A ]",
  'accounts { "$G" {} }',
  "accounts { A {users: [{user: a}]}, B {users: [{user: a}]} }",
  "accounts { A {} }\nauthorization { token: c }",
  "accounts { V: 1, A { limits {max_conn: $V } } }",
  "authorization { user: a, token: b }",
  "authorization { users: [{user: a}, {user: a}] }",
  "authorization { users: [], token: c }",
  "authorization { timeout: 70 }",
  "authorization { timeout: 2m }",
  "authorization { timeout: true }",
  "authorization { foo: 1 }",
  "cluster {}\ngateway {}\nleafnodes {}\nwebsocket {}\nmqtt {}\njetstream: false",
];

/** Where the two are known to differ, so that the reasons in config.ts are seen to apply. */
const known: readonly string[] = [
  "server_tags: [1]",
  "foo { a }",
  "foo: ['",
  "xx: 99e\nport: $xx\nport: 4222\n",
  "mqtt: true",
  "authorization: 5",
  'authorization { users: [{user: a, permissions {sub: "a..b q"}}] }',
];

export const texts: readonly string[] = [
  ...scalars.flatMap((value) => frames.map((frame) => frame(value))),
  ...wholes,
  ...topKeys.flatMap((key) => topValues.map((value) => `${key}: ${value}`)),
  ...users.map((user) => `authorization { users: [ ${user} ] }`),
  ...accounts.map(
    (account) => `accounts { A ${account}\n B {exports: [{stream: s}, {service: r}]} }`,
  ),
  ...tenancy,
  ...jetStreamTexts,
  ...known,
];
