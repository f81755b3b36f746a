// The index page: links to the others.

import type { ServerView } from "../server-view.ts";

const links: readonly (readonly [path: string, label: string])[] = [
  ["/varz", "General"],
  ["/jsz", "JetStream"],
  ["/connz", "Connections"],
  ["/accountz", "Accounts"],
  ["/accstatz", "Account Stats"],
  ["/subsz", "Subscriptions"],
  ["/routez", "Routes"],
  ["/leafz", "LeafNodes"],
  ["/gatewayz", "Gateways"],
  ["/raftz", "Raft Groups"],
  ["/healthz", "Health Probe"],
  ["/debug/vars", "Expvar"],
];

const style =
  "body{font-family:system-ui,sans-serif;margin:2rem}a{display:block;margin:.4rem;color:#223}" +
  "code{color:#999;font-size:12px}";

/** Links are relative, so that they hold behind a proxy: a browser resolves them against the parent of `basePath`. */
export function rootPage(view: ServerView, basePath: string): string {
  const { name, version } = view.identity();
  const folder = basePath.slice(basePath.lastIndexOf("/") + 1);
  const prefix = folder === "" ? "." : `./${folder}`;
  const lines = links.map(
    ([path, label]) => `<a href="${escaped(prefix + path)}">${label} <code>${path}</code></a>`,
  );
  return [
    "<!DOCTYPE html>",
    `<html lang="en"><head><meta charset="utf-8"><title>Midge</title><style>${style}</style></head>`,
    `<body><h1>Midge</h1><p>${escaped(name)} ${escaped(version)}</p>`,
    ...lines,
    "</body></html>",
    "",
  ].join("\n");
}

function escaped(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
