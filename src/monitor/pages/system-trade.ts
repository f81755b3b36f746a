// What stands beside an account's own trade: what every account may ask the system account without importing it, and
// what the system account offers for that.

import type { ServiceExport } from "../../accounts/exports.ts";
import type { ServiceImport, Trade } from "../../accounts/imports.ts";
import { type SystemExport, systemExports, systemImportsOf } from "../../system/system-imports.ts";

const thresholdMillis = 120_000;

export function withSystemTrade(trade: Trade, system: string): Trade {
  const isSystem = trade.name === system;
  const offers = isSystem ? systemExports : [];
  const taken = new Set(trade.serviceImports.map(({ from }) => from));
  const imports = systemImportsOf(trade.name, isSystem).filter(({ local }) => !taken.has(local));
  return {
    ...trade,
    serviceExports: [...trade.serviceExports, ...offers.map(offerOf)],
    serviceImports: [
      ...trade.serviceImports,
      ...imports.map(
        ({ local, remote, sharesRequester }): ServiceImport => ({
          exporter: system,
          from: local,
          to: remote,
          transform: null,
          keepsSubject: false,
          share: sharesRequester,
          offer: null,
        }),
      ),
    ],
  };
}

function offerOf(offered: SystemExport): ServiceExport {
  const base = { kind: "service", approved: null, latency: null, allowsTrace: false } as const;
  return { ...offered, ...base, thresholdMillis };
}
