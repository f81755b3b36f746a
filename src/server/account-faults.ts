// What is wrong with the accounts of a configuration: only building them finds it. For -t, for starting, for reloading.

import { AccountRegistry } from "../accounts/account-registry.ts";
import type { Options } from "../config/options.ts";
import type { Random } from "../ports/random.ts";

/** Texts for the operator, worst first; empty when the accounts can be had. */
export function accountFaults(options: Options, random: Random): readonly string[] {
  const built = AccountRegistry.build(options, random);
  return built.ok ? [] : built.refusal;
}
