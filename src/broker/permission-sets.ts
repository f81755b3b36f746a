// The compiled permissions of users, shared by all their connections, with their set in the fabric. Counted, so that a
// set that nobody uses any more is closed.

import { type PermissionLists, Permissions } from "../accounts/permissions.ts";
import { assert } from "../base/assert.ts";
import { byteTextOf } from "../base/byte-text.ts";
import type { PermissionOptions } from "../config/options.ts";
import type { Fabric, PermissionsRef, PermissionsSpec } from "../wasm/fabric.ts";

export interface PermissionSet {
  readonly permissions: Permissions;
  readonly ref: PermissionsRef;
  /** SUBs need a decision. */
  readonly limitsSubscriptions: boolean;
}

interface CountedSet extends PermissionSet {
  users: number;
}

export class PermissionSets {
  readonly #fabric: Fabric;
  /** By the options object, of which every configured user has one. */
  readonly #sets: Map<PermissionOptions, CountedSet> = new Map();

  constructor(fabric: Fabric) {
    this.#fabric = fabric;
  }

  /** Null options allow everything. To be released. */
  acquire(options: PermissionOptions | null): PermissionSet | null {
    if (options === null) {
      return null;
    }
    let set = this.#sets.get(options);
    if (set === undefined) {
      const permissions = new Permissions(options);
      const { allow, deny } = options.subscribe;
      set = {
        permissions,
        ref: this.#fabric.openPermissions(inBytes(permissions.spec())),
        limitsSubscriptions: allow !== null || deny.length > 0,
        users: 0,
      };
      this.#sets.set(options, set);
    }
    set.users += 1;
    return set;
  }

  /** No slot may use it any more when this is the last. */
  release(set: PermissionSet | null): void {
    if (set === null) {
      return;
    }
    const counted = this.#sets.get(set.permissions.options);
    assert(counted !== undefined && counted.users > 0, "a released set was acquired");
    counted.users -= 1;
    if (counted.users === 0) {
      this.#sets.delete(set.permissions.options);
      this.#fabric.closePermissions(counted.ref);
    }
  }
}

/** The fabric compares bytes. */
function inBytes(lists: PermissionLists): PermissionsSpec {
  return {
    publishAllow: lists.publishAllow?.map(byteTextOf) ?? null,
    publishDeny: lists.publishDeny.map(byteTextOf),
    subscribeDeny: lists.subscribeDeny.map(byteTextOf),
    responses: lists.responses,
  };
}
