// The rooms of src/ and what each may import, in reading order: a room imports only rooms that stand above it.
// ARCHITECTURE.md shows the same rows; rooms.test.ts holds the source to them.

export interface Room {
  readonly name: string;
  readonly mayImport: readonly string[];
  readonly holds: string;
  /** Modules from outside the project that this room may import. */
  readonly modules?: readonly string[];
}

const outside: readonly string[] = [
  "bun",
  "bun:ffi",
  "node:*",
  "@msgpack/msgpack",
  "@noble/ciphers/chacha.js",
  "tweetnacl",
];

/** Rooms that are in the plan but not built yet are listed too: their place is decided. */
export const rooms: readonly Room[] = [
  {
    name: "base",
    mayImport: [],
    holds: "the words every room speaks: brands, units, errors, small pure containers",
  },
  {
    name: "ports",
    mayImport: ["base"],
    holds: "what the server asks of the outside world, as types only",
  },
  {
    name: "wasm",
    mayImport: ["base"],
    holds: "the TypeScript face of the WASM modules; owns their memory, names their offsets",
  },
  {
    name: "raft",
    mayImport: ["base"],
    holds: "the consensus algorithm as a pure state machine",
  },
  {
    name: "subjects",
    mayImport: ["base", "wasm"],
    holds: "subject names, wildcards, transforms",
  },
  {
    name: "protocol",
    mayImport: ["base", "wasm"],
    holds: "the cold half of the protocol: CONNECT, INFO, errors, headers",
  },
  {
    name: "storage",
    mayImport: ["base", "ports", "wasm"],
    holds: "append-only checksummed segment files",
  },
  {
    name: "replication",
    mayImport: ["base", "ports", "raft", "storage"],
    holds: "runs raft groups against disk and peers",
  },
  {
    name: "config",
    mayImport: ["base", "ports", "subjects"],
    holds: "config text to one typed Options value, and the difference between two of them",
  },
  {
    name: "accounts",
    mayImport: ["base", "ports", "subjects", "config"],
    holds: "tenants: permissions, limits, mappings, imports and exports",
  },
  {
    name: "auth",
    mayImport: ["base", "ports", "subjects", "protocol", "config", "accounts"],
    holds: "turns a CONNECT into an Identity or a refusal",
  },
  {
    name: "broker",
    mayImport: ["base", "ports", "wasm", "subjects", "protocol", "config", "accounts", "auth"],
    holds: "connections, sessions, routing and delivery: the heart",
  },
  {
    name: "system",
    mayImport: ["base", "ports", "subjects", "protocol", "config", "accounts", "broker"],
    holds: "the $SYS account: events, requests, server statistics",
  },
  {
    name: "websocket",
    mayImport: ["base", "ports"],
    holds: "makes a websocket look like any other socket",
  },
  {
    name: "links",
    mayImport: ["base", "ports", "subjects", "protocol", "accounts", "auth", "broker"],
    holds: "server to server: routes, gateways, leafnodes",
  },
  {
    name: "jetstream",
    mayImport: [
      "base",
      "ports",
      "subjects",
      "protocol",
      "storage",
      "replication",
      "accounts",
      "broker",
    ],
    holds: "streams, consumers, their stores, their API and their clustering",
  },
  {
    name: "mqtt",
    mayImport: ["base", "ports", "subjects", "protocol", "accounts", "auth", "broker", "jetstream"],
    holds: "MQTT 3.1.1 sessions over the broker, kept in streams",
  },
  {
    name: "monitor",
    mayImport: [
      "base",
      "ports",
      "subjects",
      "config",
      "accounts",
      "broker",
      "links",
      "jetstream",
      "replication",
      "system",
      "mqtt",
    ],
    holds: "read-only HTTP pages over each room's status",
  },
  {
    name: "server",
    mayImport: [
      "base",
      "ports",
      "wasm",
      "raft",
      "subjects",
      "protocol",
      "storage",
      "replication",
      "config",
      "accounts",
      "auth",
      "broker",
      "system",
      "websocket",
      "links",
      "jetstream",
      "mqtt",
      "monitor",
    ],
    holds: "builds the rooms, joins them, starts, reloads, drains and stops them",
  },
  {
    name: "host",
    mayImport: ["base", "ports"],
    holds: "the ports on Bun; the only room that touches Bun or node: modules",
    modules: outside,
  },
  {
    name: "cli",
    mayImport: ["base", "ports", "config", "server", "host"],
    holds: "arguments, signals, exit codes",
  },
  {
    name: "index.ts",
    mayImport: ["base", "config", "server", "host"],
    holds: "the embedding API, the only barrel",
  },
];

/** Files outside src/ that a room may import. */
export const outsideFiles: Readonly<Record<string, readonly string[]>> = {
  host: ["build/checksum.wasm", "build/fabric.wasm"],
};

/** Inside a big room the folders have an order too; a folder imports its room's own files and what it names here. */
export const secondTables: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  jetstream: {
    store: [],
    stream: ["store"],
    consumer: ["store", "stream"],
    cluster: ["store", "stream", "consumer"],
    api: ["store", "stream", "consumer", "cluster"],
  },
  links: {
    route: [],
    gateway: [],
    leafnode: [],
  },
};
