// Top-level keys of listeners and of the files that tell where they are: clients, monitoring, pid and ports.

import { booleanOf, integerOf, stringOf, stringOrNull } from "../expect.ts";
import { clientPort } from "../flags.ts";
import { defaultOptions } from "../options.ts";
import { type KeyReader, type KeyTable, named } from "./draft.ts";
import { decodeListen } from "./listen.ts";

const host: KeyReader = (node, draft) => {
  draft.client = { ...draft.client, host: stringOf(node) || defaultOptions.client.host };
};

const httpPort: KeyReader = (node, draft) => {
  draft.httpPort = integerOf(node);
};

export const networkKeys: KeyTable = {
  listen: (node, draft, findings) => {
    const listen = decodeListen(node, findings);
    if (listen !== null) {
      draft.client = {
        host: listen.host || defaultOptions.client.host,
        port: clientPort(listen.port),
      };
    }
  },
  ...named(["host", "net"], host),
  port: (node, draft) => {
    draft.client = { ...draft.client, port: clientPort(integerOf(node)) };
  },
  client_advertise: (node, draft) => {
    draft.clientAdvertise = stringOrNull(node);
  },
  proxy_protocol: (node, draft) => {
    draft.proxyProtocol = booleanOf(node);
  },
  http: (node, draft, findings) => {
    const listen = decodeListen(node, findings);
    if (listen !== null) {
      draft.httpHost = listen.host;
      draft.httpPort = listen.port;
    }
  },
  ...named(["http_port", "monitor_port"], httpPort),
  http_base_path: (node, draft) => {
    draft.httpBasePath = stringOf(node);
  },
  ...named(["pidfile", "pid_file"], (node, draft) => {
    draft.pidFile = stringOrNull(node);
  }),
  ports_file_dir: (node, draft) => {
    draft.portsFileDir = stringOrNull(node);
  },
};
