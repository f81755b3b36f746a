// The names that a domain gives: what clients of other domains call `$JS.<domain>.API.…` is served here too. The API,
// streams and consumers listen to theirs themselves; what belongs to key-value and object stores goes on from here.

import type { PassingMessage } from "../broker/message.ts";
import type { Outlet } from "./outlet.ts";

/** Behind `$JS.<domain>.API.`; they stand for themselves without it. */
const ownRoots: readonly string[] = ["$KV.>", "$OBJ.>"];
const apiRoots: readonly string[] = [
  "INFO",
  "STREAM.>",
  "CONSUMER.>",
  "DIRECT.>",
  "META.>",
  "SERVER.>",
  "ACCOUNT.>",
];

export interface DomainName {
  readonly source: string;
  readonly destination: string;
}

/** For pages. "" is no domain. */
export function domainNames(domain: string, isSystem: boolean): readonly DomainName[] {
  if (domain === "") {
    return [];
  }
  const prefix = `$JS.${domain}.API.`;
  return isSystem
    ? [{ source: `${prefix}>`, destination: "$JS.API.>" }]
    : [
        ...apiRoots.map((root) => ({ source: `${prefix}${root}`, destination: `$JS.API.${root}` })),
        ...ownRoots.map((root) => ({ source: `${prefix}${root}`, destination: root })),
      ];
}

/** Sends on what is published to buckets under the domain's name. Disposing ends that. */
export function serveDomain(domain: string, outlet: Outlet): Disposable {
  const subscriptions = new DisposableStack();
  if (domain !== "") {
    const prefix = `$JS.${domain}.API.`;
    const deliver = (message: PassingMessage): void => {
      const { reply, headers, origin } = message;
      const subject = message.subject.slice(prefix.length);
      outlet.publish(subject, message.body, { reply, headers, origin });
    };
    for (const root of ownRoots) {
      subscriptions.use(outlet.subscribe(`${prefix}${root}`, { deliver }));
    }
  }
  return subscriptions;
}
