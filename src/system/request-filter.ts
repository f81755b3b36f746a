// Whether a request to all servers concerns this one: by name, host, cluster, tags and domain.

import type { OptionReader } from "./option-reader.ts";
import type { ServerIdentity } from "./server-facts.ts";

export function concerns(identity: ServerIdentity, options: OptionReader): boolean {
  const isExact = options.flag("exact_match");
  const fits = (wanted: string, name: string): boolean =>
    wanted === "" || (isExact ? wanted === name : name.includes(wanted));
  const domain = options.text("domain");
  const tags = identity.tags.map((tag) => tag.toLowerCase());
  return (
    fits(options.text("server_name"), identity.name) &&
    fits(options.text("host"), identity.host) &&
    fits(options.text("cluster"), identity.cluster) &&
    options.texts("tags").every((tag) => tags.includes(tag.toLowerCase())) &&
    (domain === "" || domain === identity.domain)
  );
}
