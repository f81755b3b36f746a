// Decides who a client is: picks the method that the configuration asks for and lets it judge. Made anew from the
// options at every reload. What it says for the log holds no secret.

import { accepted, type Result, refused } from "../base/result.ts";
import type { ConnectionType, Options } from "../config/options.ts";
import type { Crypto } from "../ports/crypto.ts";
import type { Random } from "../ports/random.ts";
import { type ConnectOptions, connectDefaults } from "../protocol/connect-options.ts";
import { type ClosingViolation, violation } from "../protocol/violation.ts";
import { type Claim, claimOf, claimText, shownUser } from "./claim.ts";
import { type Identity, isConnectionTypeAllowed } from "./identity.ts";
import { signatureFault } from "./nkey.ts";
import { isSameText, Password } from "./password.ts";
import { type ConfiguredUser, globalAccount, UserList } from "./user-list.ts";

/** What is known of a client beside its CONNECT. */
export interface AuthClient {
  /** As sent in INFO; "" when none was. */
  readonly nonce: string;
  readonly connectionType: ConnectionType;
}

export interface AuthRefusal {
  readonly violation: ClosingViolation;
  /** For the log: `authentication error - User "a"`. */
  readonly logText: string;
  /** For debug lines. */
  readonly detail: string;
}

export type AuthResult = Result<Identity, AuthRefusal>;

const defaultSystemAccount = "$SYS";
const nonceBytes = 11;

export class Authenticator {
  /** Clients must authenticate; nothing but CONNECT is taken before. */
  readonly isRequired: boolean;
  /** INFO says auth_required. */
  readonly isAnnounced: boolean;
  /** INFO carries a nonce. */
  readonly needsNonce: boolean;
  /** Worth a warning at start. */
  readonly hasPlainPasswords: boolean;
  readonly #crypto: Crypto;
  readonly #users: UserList;
  readonly #noAuthUser: string;
  /** Only the system account has users, so clients without credentials belong to the global account. */
  readonly #isOpenBesideSystem: boolean;
  readonly #token: Password | null;
  readonly #single: { readonly user: string; readonly password: Password } | null;
  readonly #forWebsockets: Authenticator;

  constructor(options: Options, crypto: Crypto) {
    const { user, password, token } = options.authorization;
    this.#crypto = crypto;
    this.#users = new UserList(options, crypto);
    this.#noAuthUser = options.noAuthUser ?? "";
    this.#isOpenBesideSystem = isOpenBesideSystem(options);
    this.#token = isGiven(token) ? new Password(token, crypto) : null;
    this.#single = isGiven(user) ? { user, password: new Password(password ?? "", crypto) } : null;
    this.isRequired =
      this.#users.hasNames ||
      this.#users.hasKeys ||
      this.#isOpenBesideSystem ||
      this.#token !== null ||
      this.#single !== null;
    this.isAnnounced = this.isRequired && this.#noAuthUser === "";
    this.needsNonce = this.#users.hasKeys;
    this.hasPlainPasswords =
      this.#users.hasPlainPasswords || this.#single?.password.isBcrypt === false;
    const forWebsockets = websocketView(options);
    this.#forWebsockets = forWebsockets === null ? this : new Authenticator(forWebsockets, crypto);
  }

  /** Who judges clients of this type: a listener of its own may have secrets of its own. */
  for(type: ConnectionType): Authenticator {
    return type === "WEBSOCKET" ? this.#forWebsockets : this;
  }

  /** A Promise only where bcrypt must be asked. */
  authenticate(request: ConnectOptions, client: AuthClient): AuthResult | Promise<AuthResult> {
    const claim = claimOf(request);
    if (!this.isRequired) {
      return accepted(unproven(claim));
    }
    if (this.#users.hasKeys) {
      const byKey = this.#byKey(request, client);
      if (byKey !== null) {
        return byKey;
      }
    }
    if (this.#users.hasNames || this.#isOpenBesideSystem) {
      const byName = this.#byName(request, client);
      if (byName !== null) {
        return byName;
      }
    }
    return this.#simple(request);
  }

  /**
   * For a client whose first op is not CONNECT: who it is without one. Null when it must authenticate. A no_auth_user
   * that is a public key does not help here.
   */
  withoutConnect(client: AuthClient): Identity | null {
    if (!this.isRequired || this.#isOpenBesideSystem) {
      return unproven({ kind: "none", name: "" });
    }
    const user = this.#users.byName(this.#noAuthUser);
    return user !== null &&
      isConnectionTypeAllowed(user.allowedConnectionTypes, client.connectionType)
      ? identityOf(user, { kind: "user", name: user.name })
      : null;
  }

  /**
   * Who a client is now whom `former`, of the configuration before this one, let in as `identity`; null when it must go.
   * Clients' secrets are not kept: an unchanged configured secret still stands. The same object when nothing changed.
   */
  renewed(
    identity: Identity,
    former: Authenticator,
    gaveCredentials: boolean,
    client: AuthClient,
  ): Identity | null {
    const now =
      gaveCredentials && this.isRequired
        ? this.#renewedBySecret(identity, former, client)
        : this.#renewedAsAnybody(identity, client);
    // Plain data made the same way: equal text is equal meaning.
    return JSON.stringify(now) === JSON.stringify(identity) ? identity : now;
  }

  /** Without credentials nothing is hashed, so the answer is there at once. */
  #renewedAsAnybody({ claim, user, nkey }: Identity, client: AuthClient): Identity | null {
    const result = this.authenticate(connectDefaults, client);
    if (result instanceof Promise || !result.ok) {
      return null;
    }
    return result.value.isProven ? result.value : { ...result.value, claim, user, nkey };
  }

  #renewedBySecret(identity: Identity, former: Authenticator, client: AuthClient): Identity | null {
    const { kind, name } = identity.claim;
    const isByKey = kind === "nkey";
    const user = isByKey ? this.#users.byKey(name) : this.#users.byName(name);
    if (user !== null && kind !== "token") {
      const before = isByKey ? former.#users.byKey(name) : former.#users.byName(name);
      const isAllowed =
        before?.password.isSame(user.password) &&
        isConnectionTypeAllowed(user.allowedConnectionTypes, client.connectionType);
      return isAllowed ? identityOf(user, identity.claim) : null;
    }
    const isSameToken = isSameSecret(this.#token, former.#token);
    const isSameSingle =
      this.#single?.user === name &&
      former.#single?.user === name &&
      isSameSecret(this.#single.password, former.#single.password);
    return identity.isProven && (kind === "token" ? isSameToken : isSameSingle) ? identity : null;
  }

  /** Null when no key is involved. */
  #byKey(request: ConnectOptions, client: AuthClient): AuthResult | null {
    const isDefault = hasNoCredentials(request) && request.nkey === "";
    const key = isDefault ? this.#noAuthUser : request.nkey;
    const user = this.#users.byKey(key);
    if (isDefault && user === null) {
      return null;
    }
    if (key === "") {
      return null;
    }
    if (user === null) {
      return refusal(request, "unknown nkey");
    }
    if (!isConnectionTypeAllowed(user.allowedConnectionTypes, client.connectionType)) {
      return refusal(request, "connection type not allowed");
    }
    const fault =
      key === this.#noAuthUser
        ? null
        : signatureFault(this.#crypto, key, client.nonce, request.signature);
    return fault === null
      ? accepted(identityOf(user, { kind: "nkey", name: key }))
      : refusal(request, fault);
  }

  /** Null when no user is involved. */
  #byName(request: ConnectOptions, client: AuthClient): AuthResult | Promise<AuthResult> | null {
    const isDefault = hasNoCredentials(request);
    if (isDefault && this.#isOpenBesideSystem) {
      return accepted(unproven(claimOf(request)));
    }
    const name = isDefault ? this.#noAuthUser : request.user;
    const user = this.#users.byName(name);
    if (name === "" || (isDefault && user === null)) {
      return null;
    }
    if (
      user === null ||
      !isConnectionTypeAllowed(user.allowedConnectionTypes, client.connectionType)
    ) {
      return this.#unknownUser(request, user);
    }
    const identity = identityOf(user, { kind: "user", name });
    return isDefault
      ? accepted(identity)
      : judged(request, user.password.matches(request.password), identity);
  }

  /** Takes as long as a known user with a wrong password would. */
  #unknownUser(
    request: ConnectOptions,
    user: ConfiguredUser | null,
  ): AuthResult | Promise<AuthResult> {
    const detail = user === null ? "unknown user" : "connection type not allowed";
    const wasted = this.#users.decoy.matches(request.password);
    return typeof wasted === "boolean"
      ? refusal(request, detail)
      : wasted.then(() => refusal(request, detail));
  }

  #simple(request: ConnectOptions): AuthResult | Promise<AuthResult> {
    const identity: Identity = {
      ...unproven(claimOf(request)),
      isProven: true,
    };
    if (this.#token !== null) {
      return judged(request, this.#token.matches(request.token), identity);
    }
    if (this.#single === null) {
      return refusal(request, "no credentials");
    }
    const { user, password } = this.#single;
    // Both are checked always, so that the time does not tell which was wrong.
    const isUser = isSameText(user, request.user, this.#crypto);
    const isPassword = password.matches(request.password);
    return typeof isPassword === "boolean"
      ? judged(request, isUser && isPassword, identity)
      : judged(
          request,
          isPassword.then((is) => is && isUser),
          identity,
        );
  }
}

/** The options as the websocket block would have them; null when it says nothing of who may connect. */
function websocketView(options: Options): Options | null {
  const { websocket, authorization } = options;
  if (websocket === null) {
    return null;
  }
  const { user, password, token, noAuthUser } = websocket;
  return isGiven(user) || isGiven(token) || isGiven(noAuthUser)
    ? {
        ...options,
        websocket: null,
        noAuthUser,
        authorization: { ...authorization, user, password, token },
      }
    : null;
}

function isSameSecret(one: Password | null, other: Password | null): boolean {
  return one !== null && other !== null && one.isSame(other);
}

/** A fresh challenge for INFO. */
export function makeNonce(random: Random): string {
  return random.bytes(nonceBytes).toBase64({ alphabet: "base64url", omitPadding: true });
}

function judged(
  request: ConnectOptions,
  isRight: boolean | Promise<boolean>,
  identity: Identity,
): AuthResult | Promise<AuthResult> {
  if (typeof isRight !== "boolean") {
    return isRight.then((is) => (is ? accepted(identity) : refusal(request, "wrong secret")));
  }
  return isRight ? accepted(identity) : refusal(request, "wrong secret");
}

function refusal(
  request: ConnectOptions,
  detail: string,
): { readonly ok: false; readonly refusal: AuthRefusal } {
  const claim = claimOf(request);
  const claimant = claim.kind === "none" ? "" : ` - ${claimText(claim)}`;
  return refused({
    violation: violation.authorization,
    logText: `authentication error${claimant}`,
    detail,
  });
}

function hasNoCredentials(request: ConnectOptions): boolean {
  return request.user === "" && request.password === "" && request.token === "";
}

function identityOf(user: ConfiguredUser, claim: Claim): Identity {
  return {
    account: user.account,
    isProven: true,
    claim,
    user: shownUser(claim),
    nkey: claim.kind === "nkey" ? claim.name : null,
    permissions: user.permissions,
    allowedConnectionTypes: user.allowedConnectionTypes,
  };
}

function unproven(claim: Claim): Identity {
  return {
    account: globalAccount,
    isProven: false,
    claim,
    user: shownUser(claim),
    nkey: claim.kind === "nkey" ? claim.name : null,
    permissions: null,
    allowedConnectionTypes: [],
  };
}

function isGiven(text: string | null): text is string {
  return text !== null && text !== "";
}

/**
 * Whoever only gives the system account users wants to watch the server, not to lock everybody else out. Any
 * authorization block, any other account or a no_auth_user says otherwise.
 */
function isOpenBesideSystem(options: Options): boolean {
  const { user, password, token, users, defaultPermissions, timeoutMillis } = options.authorization;
  const hasBlock =
    isGiven(user) ||
    isGiven(password) ||
    isGiven(token) ||
    users.length > 0 ||
    defaultPermissions !== null ||
    timeoutMillis !== 2000;
  const [only, ...others] = options.accounts;
  return (
    !hasBlock &&
    !isGiven(options.noAuthUser) &&
    only !== undefined &&
    others.length === 0 &&
    only.name === (options.systemAccount ?? defaultSystemAccount)
  );
}
