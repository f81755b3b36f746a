// All configured users, of accounts and of the authorization block, by name and by public key. It knows what each may
// do and how to check a password; which method applies is for others to choose.

import type { ConnectionType, Options, PermissionOptions, UserOptions } from "../config/options.ts";
import type { Crypto } from "../ports/crypto.ts";
import { Password } from "./password.ts";

export const globalAccount = "$G";

export interface ConfiguredUser {
  /** The user's name, or the public key. */
  readonly name: string;
  readonly account: string;
  readonly password: Password;
  readonly permissions: PermissionOptions | null;
  readonly allowedConnectionTypes: readonly ConnectionType[];
}

const defaultResponses = { max: 1, millis: 2 * 60 * 1000 };

export class UserList {
  readonly #byName: ReadonlyMap<string, ConfiguredUser>;
  readonly #byKey: ReadonlyMap<string, ConfiguredUser>;
  /** Whose check an unknown user costs; the dearest kind there is. */
  readonly #decoy: Password;
  readonly hasPlainPasswords: boolean;

  constructor(options: Options, crypto: Crypto) {
    const byName = new Map<string, ConfiguredUser>();
    const byKey = new Map<string, ConfiguredUser>();
    const add = (user: UserOptions, account: string, defaults: PermissionOptions | null): void => {
      const configured = configuredUser(user, account, defaults, crypto);
      (user.nkey === null ? byName : byKey).set(configured.name, configured);
    };
    for (const account of options.accounts) {
      for (const user of account.users) {
        add(user, account.name, account.defaultPermissions);
      }
    }
    for (const user of options.authorization.users) {
      add(user, globalAccount, options.authorization.defaultPermissions);
    }
    const passwords = [...byName.values()].map((user) => user.password);
    this.#byName = byName;
    this.#byKey = byKey;
    this.#decoy =
      passwords.find((password) => password.isBcrypt) ?? passwords[0] ?? new Password("", crypto);
    this.hasPlainPasswords = passwords.some((password) => !password.isBcrypt);
  }

  get hasNames(): boolean {
    return this.#byName.size > 0;
  }

  get hasKeys(): boolean {
    return this.#byKey.size > 0;
  }

  byName(name: string): ConfiguredUser | null {
    return this.#byName.get(name) ?? null;
  }

  byKey(publicKey: string): ConfiguredUser | null {
    return this.#byKey.get(publicKey) ?? null;
  }

  /** What an unknown user's password is checked against, to no effect but time. */
  get decoy(): Password {
    return this.#decoy;
  }
}

function configuredUser(
  user: UserOptions,
  account: string,
  defaults: PermissionOptions | null,
  crypto: Crypto,
): ConfiguredUser {
  return {
    name: user.nkey ?? user.name ?? "",
    account,
    password: new Password(user.password ?? "", crypto),
    permissions: withResponseRules(user.permissions ?? defaults),
    allowedConnectionTypes: user.allowedConnectionTypes,
  };
}

/** Who may answer may publish nothing else unless that is allowed by name; 0 stands for the default limits. */
function withResponseRules(permissions: PermissionOptions | null): PermissionOptions | null {
  if (permissions === null || permissions.responses === null) {
    return permissions;
  }
  const { publish, responses } = permissions;
  return {
    ...permissions,
    publish: { ...publish, allow: publish.allow ?? [] },
    responses: {
      max: responses.max || defaultResponses.max,
      millis: responses.millis || defaultResponses.millis,
    },
  };
}
