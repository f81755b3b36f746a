// The keys of a whole configuration: which section reads which, and what is left is refused.

import { booleanOf, stringOrNull } from "../expect.ts";
import type { Findings } from "../findings.ts";
import type { ConfigEntries, ConfigNode } from "../tree.ts";
import { readAccounts } from "./accounts.ts";
import { readAuthorization } from "./authorization.ts";
import { type Draft, type KeyReader, type KeyTable, named, newDraft } from "./draft.ts";
import { readJetStream, readStoreDir } from "./jetstream.ts";
import { readLeafnodes } from "./leafnodes.ts";
import { limitKeys } from "./limits.ts";
import { loggingKeys } from "./logging.ts";
import { decodeMappings } from "./mappings.ts";
import { networkKeys } from "./network.ts";
import { identityKeys } from "./server-identity.ts";
import { unbuiltTopKeys } from "./unbuilt.ts";
import { readCluster, refuseUnlessOff } from "./unsupported.ts";
import { readWebsocket } from "./websocket.ts";

const systemAccount: KeyReader = (node, draft, findings) => {
  if (node.content.kind === "string") {
    draft.systemAccount = stringOrNull(node);
  } else {
    findings.error(node, "system account name must be a string");
  }
};

const tenancyKeys: KeyTable = {
  accounts: readAccounts,
  authorization: readAuthorization,
  ...named(["mappings", "maps"], (node, draft, findings) => {
    draft.mappings = [...draft.mappings, ...decodeMappings(node, findings)];
  }),
  no_auth_user: (node, draft) => {
    draft.noAuthUser = stringOrNull(node);
  },
  ...named(["system_account", "system"], systemAccount),
  ...named(["no_system_account", "no_system", "no_sys_acc"], (node, draft) => {
    draft.noSystemAccount = booleanOf(node);
  }),
};

const websocketKeys: KeyTable = named(["websocket", "ws"], readWebsocket);

const jetStreamKeys: KeyTable = {
  jetstream: readJetStream,
  ...named(["store_dir", "storedir"], readStoreDir),
};

const tables: readonly KeyTable[] = [
  networkKeys,
  loggingKeys,
  limitKeys,
  identityKeys,
  tenancyKeys,
  websocketKeys,
  jetStreamKeys,
];

const readers: ReadonlyMap<string, KeyReader> = new Map(
  tables.flatMap((table) => Object.entries(table)),
);

/** All that can be read is read; what is wrong is in the findings. */
export function decodeTopLevel(entries: ConfigEntries, findings: Findings): Draft {
  const draft = newDraft();
  for (const [key, node] of entries) {
    findings.guard(() => readKey(key, node, draft, findings));
  }
  return draft;
}

function readKey(key: string, node: ConfigNode, draft: Draft, findings: Findings): void {
  const name = key.toLowerCase();
  const reader = readers.get(name);
  const unbuilt = unbuiltTopKeys.get(name);
  if (reader !== undefined) {
    reader(node, draft, findings, key);
  } else if (unbuilt === undefined) {
    findings.unknownField(node, key);
  } else if (name === "cluster") {
    readCluster(node, key, unbuilt, draft, findings);
  } else if (name === "leafnodes" || name === "leaf") {
    readLeafnodes(node, unbuilt, draft, findings);
  } else {
    refuseUnlessOff(node, key, unbuilt, findings);
  }
}
