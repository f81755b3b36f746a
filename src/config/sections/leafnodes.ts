// The leafnodes block, of which only the listener's address is taken: who connects there is told that leafnodes are not
// supported yet. Whatever else the block could say is refused, so that nobody believes it in force.

import { integerOf, stringOf, typeNameOf } from "../expect.ts";
import type { Findings } from "../findings.ts";
import { defaultOptions } from "../options.ts";
import type { ConfigNode } from "../tree.ts";
import type { Draft } from "./draft.ts";
import { decodeListen } from "./listen.ts";
import type { UnbuiltKey } from "./unbuilt.ts";
import { isOff } from "./unsupported.ts";

export function readLeafnodes(
  node: ConfigNode,
  unbuilt: UnbuiltKey,
  draft: Draft,
  findings: Findings,
): void {
  if (isOff(node, unbuilt)) {
    return;
  }
  if (node.content.kind !== "map") {
    findings.error(node, `Expected map to define a leafnode, got ${typeNameOf(node)}`);
    return;
  }
  let listen = { host: "", port: 0 };
  const readAddress = (name: string, value: ConfigNode): void => {
    switch (name) {
      case "listen":
        listen = decodeListen(value, findings) ?? listen;
        break;
      case "port":
        listen = { ...listen, port: integerOf(value) };
        break;
      default:
        listen = { ...listen, host: stringOf(value) };
    }
  };
  for (const [name, value] of node.content.entries) {
    const plain = name.toLowerCase();
    if (["listen", "port", "host", "net"].includes(plain)) {
      findings.guard(() => readAddress(plain, value));
    } else if (unbuilt.blockKeys?.has(plain)) {
      findings.notSupported(value, name);
    } else {
      findings.unknownField(value, name);
    }
  }
  const { host, port } = listen;
  draft.leafnodeListen =
    port === 0 ? null : { host: host || defaultOptions.client.host, port: port === -1 ? 0 : port };
}
