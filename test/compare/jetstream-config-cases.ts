// Texts about streams to read with this server and with the reference, for config.ts beside it.

const values: readonly string[] =
  '5|-1|true|false|x|""|"10G"|"10X"|K|1.5|[a ]|{}|{a: 1}|1GB|always|2m|"5"|enabled|disabled|aes|chacha|no_extend'.split(
    "|",
  );

const keys: readonly string[] =
  "strict store store_dir storedir sync sync_interval max_memory_store max_mem_store max_mem max_file_store max_file domain enable enabled key ek encryption_key prev_key prev_ek prev_encryption_key cipher extension_hint limits tpm unique_tag max_outstanding_catchup max_buffered_size max_buffered_msgs request_queue_limit info_queue_limit meta_compact meta_compact_size meta_compact_sync max_concurrent_io foo".split(
    " ",
  );

const accountKeys: readonly string[] =
  "max_memory max_mem mem memory max_store max_file max_disk store disk max_streams streams max_consumers consumers max_bytes_required max_stream_bytes max_bytes mem_max_stream_bytes memory_max_stream_bytes disk_max_stream_bytes store_max_stream_bytes max_ack_pending cluster_traffic foo".split(
    " ",
  );

const limits: readonly string[] = [
  ..."max_ack_pending max_ha_assets max_request_batch duplicate_window batch foo".split(" "),
];

const batchLimits: readonly string[] = [
  ..."max_inflight_per_stream max_inflight_total max_msgs timeout foo".split(" "),
];

export const jetStreamTexts: readonly string[] = [
  ...values.map((value) => `jetstream: ${value}`),
  ...values.map((value) => `store_dir: ${value}`),
  ...values.map((value) => `accounts { A { jetstream: ${value} } }`),
  ...keys.flatMap((key) => values.map((value) => `jetstream { ${key}: ${value} }`)),
  ...accountKeys.flatMap((key) =>
    values.map((value) => `accounts { A { jetstream { ${key}: ${value} } } }`),
  ),
  ...limits.flatMap((key) => values.map((value) => `jetstream { limits { ${key}: ${value} } }`)),
  ...batchLimits.flatMap((key) =>
    values.map((value) => `jetstream { limits { batch { ${key}: ${value} } } }`),
  ),
  "jetstream { store_dir: b }\nstore_dir: a",
  "jetstream { V: 5, max_buffered_msgs: $V }",
  "JetStream { Max_Mem: 5, MAX_BUFFERED_SIZE: true }",
];
