// The pages of features that are not built: what a server shows that has them switched off. Tools poll these too.

import { goTime } from "../../base/go-time.ts";
import { accepted, refused } from "../../base/result.ts";
import type { ServerView } from "../server-view.ts";
import type { PageResult } from "./page-result.ts";

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

export function jsz(view: ServerView, isLeaderOnly: boolean): PageResult {
  if (isLeaderOnly) {
    return refused("filtered response: not leader");
  }
  return accepted({
    memory: 0,
    storage: 0,
    reserved_memory: 0,
    reserved_storage: 0,
    accounts: 0,
    ha_assets: 0,
    api: { level: 0, total: 0, errors: 0 },
    ...head(view),
    disabled: true,
    config: { max_memory: 0, max_storage: 0 },
    streams: 0,
    consumers: 0,
    messages: 0,
    bytes: 0,
    total: 0,
  });
}

/** Nothing is queued between rooms here. */
export function ipqueuesz(): object {
  return {};
}

export const noRaftNodes = "No Raft nodes registered";

function head(view: ServerView): object {
  return { server_id: view.identity().id, now: goTime(view.nowNanos()) };
}
