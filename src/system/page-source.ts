// The wish of system requests: the same pages that monitoring shows. Who renders them is not known here.

import type { OptionReader } from "./option-reader.ts";

export type PageName =
  | "VARZ"
  | "SUBSZ"
  | "CONNZ"
  | "ROUTEZ"
  | "GATEWAYZ"
  | "LEAFZ"
  | "ACCOUNTZ"
  | "JSZ"
  | "HEALTHZ"
  | "PROFILEZ"
  | "EXPVARZ"
  | "IPQUEUESZ"
  | "RAFTZ"
  /** Of one account alone: */
  | "INFO"
  | "STATZ";

export type PageReply =
  | { readonly kind: "data"; readonly data: unknown }
  | { readonly kind: "refused"; readonly description: string }
  /** This server has nothing to say and stays silent. */
  | { readonly kind: "silent" };

export interface PageSource {
  /** `account` is null for a page about the whole server. Options that cannot be read are left in options.error. */
  render(page: PageName, options: OptionReader, account: string | null): PageReply;
}
