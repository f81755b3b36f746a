// What imports and mappings add to the road of an account's clients, as one: it answers the wishes of the sessions for
// accounts that the broker opened. It knows no connection beyond its slot.

import type { Account } from "../accounts/account.ts";
import type { AccountChanges, AccountRegistry } from "../accounts/account-registry.ts";
import { byteTextOf, readableText } from "../base/byte-text.ts";
import type {
  AccountIndex,
  Fabric,
  SlotIndex,
  SubscriptionDetail,
  SubscriptionRef,
} from "../wasm/fabric.ts";
import type { AccountRoads } from "./account-roads.ts";
import type { InsideStandIn } from "./inside-subscription.ts";
import { mappedSubject, nowhere } from "./mapped-publish.ts";
import { ServiceImports, type ServiceSurroundings } from "./service-imports.ts";
import { type StandIn, standInsFor } from "./stream-imports.ts";

export type ImportSurroundings = Omit<ServiceSurroundings, "accountNamed" | "isSystem">;

export class ImportRoads implements AccountRoads {
  readonly services: ServiceImports;
  readonly #fabric: Fabric;
  readonly #registry: AccountRegistry;
  readonly #clusterName: string;
  /** Filled when an index is asked for that is not there yet. */
  readonly #byIndex: Map<AccountIndex, Account> = new Map();
  #lastMappedSubject = nowhere;

  constructor(around: ImportSurroundings, registry: AccountRegistry) {
    this.#fabric = around.fabric;
    this.#registry = registry;
    this.#clusterName = around.names.cluster;
    this.services = new ServiceImports({
      ...around,
      accountNamed: (name) => registry.find(name),
      isSystem: (account) => registry.isSystem(account),
    });
  }

  // --- accounts

  /** To be called once, when all accounts stand in the fabric and nobody is connected. */
  openAll(): void {
    for (const account of this.#registry.all) {
      this.#mapSubjects(account);
      this.services.open(account);
    }
  }

  /**
   * What a reload of the registry changed. Added accounts stand in the fabric already, removed ones still do and have no
   * connections any more; the broker takes them out afterwards. `slots` are those of all connections, whose
   * subscriptions may get other stand-ins. System imports stay; added accounts need theirs.
   */
  apply(changes: AccountChanges, slots: Iterable<SlotIndex>): void {
    this.#byIndex.clear();
    for (const account of changes.removed) {
      this.services.dropAccount(account);
    }
    // Even an account that did not change may import what another now exports otherwise.
    this.services.forgetExports();
    for (const account of this.#registry.all) {
      this.services.close(account);
      this.#mapSubjects(account);
      this.services.open(account);
    }
    const renewed = new Set(changes.withOtherStreamImports);
    for (const slot of slots) {
      this.#renewStandIns(slot, renewed);
    }
  }

  /** Requests of `account` on `local` go to `remote` in the system account. */
  addSystemImport(account: string, local: string, remote: string, sharesRequester: boolean): void {
    const importer = this.#registry.find(account);
    const { system } = this.#registry;
    if (importer?.isOpen && system !== null) {
      this.services.addSystemImport(importer, system, local, remote, sharesRequester);
    }
  }

  /** The server stops: what awaits an answer is forgotten. */
  stop(): void {
    this.services.pending.stop();
  }

  // --- the wishes of sessions

  hasStreamImports(account: AccountIndex): boolean {
    return (this.#accountAt(account)?.trade.streamImports.length ?? 0) > 0;
  }

  addStandIns(primary: SubscriptionRef, account: AccountIndex, subject: string): void {
    const imports = this.#accountAt(account)?.trade.streamImports ?? [];
    for (const standIn of standInsFor(subject, imports)) {
      const exporter = this.#registry.find(standIn.exporter);
      if (exporter?.isOpen) {
        const show = standIn.show === null ? null : byteTextOf(standIn.show);
        this.#fabric.addShadow(primary, exporter.index, byteTextOf(standIn.subject), show);
      }
    }
  }

  /** The same for a subscription from inside the server, which adds them itself. */
  insideStandIns(account: AccountIndex, subject: string): readonly InsideStandIn[] {
    const imports = this.#accountAt(account)?.trade.streamImports ?? [];
    if (imports.length === 0) {
      return [];
    }
    const found: InsideStandIn[] = [];
    for (const standIn of standInsFor(readableText(subject), imports)) {
      const exporter = this.#registry.find(standIn.exporter);
      if (exporter?.isOpen) {
        found.push({ account: exporter.index, standIn });
      }
    }
    return found;
  }

  publishMapped(slot: SlotIndex, account: AccountIndex, subject: string): number {
    const publisher = this.#accountAt(account);
    this.#lastMappedSubject = publisher === null ? subject : this.mappedSubject(publisher, subject);
    return this.#fabric.publishMapped(slot, this.#lastMappedSubject);
  }

  get lastMappedSubject(): string {
    return this.#lastMappedSubject;
  }

  // --- the wishes of traces

  mappedSubject(account: Account, subject: string): string {
    return mappedSubject(account, subject, this.#clusterName) ?? nowhere;
  }

  /** The import behind a stand-in in this account; null when it is none any more. */
  standInOf(
    { slot, sid, subject }: Pick<SubscriptionDetail, "slot" | "sid" | "subject">,
    exporter: Account,
  ): StandIn | null {
    const primary = this.#fabric.findSubscription(slot, sid);
    if (primary === 0) {
      return null;
    }
    const wanted = this.#fabric.describe(primary);
    const imports = this.#accountAt(wanted.account)?.trade.streamImports ?? [];
    const standIns = standInsFor(readableText(wanted.subject), imports);
    const isSame = (one: StandIn): boolean =>
      one.exporter === exporter.name && byteTextOf(one.subject) === subject;
    return standIns.find(isSame) ?? null;
  }

  onSlotClosing(slot: SlotIndex): void {
    this.services.onSlotClosing(slot);
  }

  #accountAt(index: AccountIndex): Account | null {
    const known = this.#byIndex.get(index);
    if (known !== undefined) {
      return known;
    }
    for (const account of this.#registry.all) {
      if (account.isOpen) {
        this.#byIndex.set(account.index, account);
      }
    }
    return this.#byIndex.get(index) ?? null;
  }

  #mapSubjects(account: Account): void {
    this.#fabric.setMappedSubjects(account.index, account.mappings.sources.map(byteTextOf));
    this.#fabric.setTracesParents(account.index, account.options.messageTrace !== null);
  }

  #renewStandIns(slot: SlotIndex, accounts: ReadonlySet<Account>): void {
    const subscriptions = this.#fabric.subscriptionsOf(slot);
    const primaries = subscriptions.filter(({ isShadow }) => !isShadow);
    const [first] = primaries;
    const account = first === undefined ? null : this.#accountAt(first.account);
    if (account === null || !accounts.has(account)) {
      return;
    }
    for (const { ref, isShadow } of subscriptions) {
      if (isShadow) {
        this.#fabric.unsubscribe(ref);
      }
    }
    for (const { ref, subject } of primaries) {
      this.addStandIns(ref, account.index, subject);
    }
  }
}
