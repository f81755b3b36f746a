// The pages of features that are not built: what a server shows that has them switched off. Tools poll these too.

import { goTime } from "../../base/go-time.ts";
import type { ServerView } from "../server-view.ts";

export function routez(view: ServerView): object {
  const { id, name } = view.identity();
  return {
    server_id: id,
    server_name: name,
    now: goTime(view.nowNanos()),
    num_routes: 0,
    routes: [],
  };
}

export function gatewayz(view: ServerView): object {
  return { ...head(view), outbound_gateways: {}, inbound_gateways: {} };
}

export function leafz(view: ServerView): object {
  return { ...head(view), leafnodes: 0, leafs: [] };
}

/** Nothing is queued between rooms here. */
export function ipqueuesz(): object {
  return {};
}

export const noRaftNodes = "No Raft nodes registered";

function head(view: ServerView): object {
  return { server_id: view.identity().id, now: goTime(view.nowNanos()) };
}
