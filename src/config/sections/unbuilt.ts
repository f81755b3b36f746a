// What the configuration language has for features that are not built: their keys, the keys of their blocks, and when
// a value switches the feature off. When a feature is built, its row leaves this table for a decoder of its own.

export interface UnbuiltKey {
  /** The keys of its block; null when its value is no block, or one of free keys. */
  readonly blockKeys: ReadonlySet<string> | null;
  /** An empty block does nothing. */
  readonly isOffWhenEmpty: boolean;
}

const address = "listen host net port";
const link = `${address} authorization tls advertise connect_retries connect_backoff write_deadline write_timeout`;
const listener = `${address} tls authorization authentication no_auth_user`;

const tls = block(
  `cert_file key_file ca_file insecure verify verify_and_map verify_cert_and_check_known_urls
  allow_insecure_cipher_suites cipher_suites curve_preferences timeout connection_rate_limit pinned_certs cert_store
  cert_match_by cert_match ca_certs_match handshake_first first immediate cert_match_skip_invalid ocsp_peer certs
  certificates min_version`,
  false,
);

const cluster = block(
  `${link} name routes cluster_advertise no_advertise permissions pool_size accounts compression ping_interval
  ping_max`,
  true,
);

const leafnodes = block(
  `${address} authorization remotes reconnect reconnect_delay reconnect_interval dial_timeout tls leafnode_advertise
  advertise no_advertise min_version minimum_version compression isolate_leafnode_interest isolate write_deadline
  write_timeout`,
  true,
);

const mqtt = block(
  `${listener} ack_wait ackwait js_api_timeout api_timeout max_ack_pending max_pending max_inflight js_domain
  stream_replicas consumer_replicas consumer_memory_storage consumer_inactive_threshold consumer_auto_cleanup
  reject_qos2_publish downgrade_qos2_subscribe`,
  true,
);

const value: UnbuiltKey = { blockKeys: null, isOffWhenEmpty: false };
const freeMap: UnbuiltKey = { blockKeys: null, isOffWhenEmpty: true };

export const unbuiltTopKeys: ReadonlyMap<string, UnbuiltKey> = new Map([
  ...rows(value, "https https_port syslog remote_syslog prof_port prof_block_rate allow_non_tls"),
  ...rows(value, "default_sentinel trusted trusted_keys"),
  ...rows(value, "operator operators roots root root_operators root_operator"),
  ...rows(block("dir type allow_delete hard_delete limit ttl interval timeout", false), "resolver"),
  ...rows(value, "account_resolver accounts_resolver resolver_pinned_accounts"),
  ...rows(freeMap, "resolver_preload default_js_domain"),
  ...rows(tls, "tls resolver_tls"),
  ...rows(block("mode url urls", false), "ocsp"),
  ...rows(block("type local_store preserve_revoked save_interval", false), "ocsp_cache"),
  ...rows(cluster, "cluster"),
  ...rows(block(`${link} name gateways reject_unknown reject_unknown_cluster`, true), "gateway"),
  ...rows(leafnodes, "leaf leafnodes"),
  ...rows(mqtt, "mqtt"),
  ...rows(block("trusted", true), "proxies"),
]);

export const unbuiltAuthorizationKeys: ReadonlyMap<string, UnbuiltKey> = new Map(
  rows(
    block("issuer account acc auth_users users xkey key allowed_accounts", false),
    "auth_callout auth_hook",
  ),
);

function block(keys: string, isOffWhenEmpty: boolean): UnbuiltKey {
  return { blockKeys: new Set(keys.split(/\s+/)), isOffWhenEmpty };
}

function rows(key: UnbuiltKey, names: string): readonly [string, UnbuiltKey][] {
  return names.split(" ").map((name) => [name, key]);
}
