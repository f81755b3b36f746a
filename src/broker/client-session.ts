// The client protocol over one connection: INFO, CONNECT and who the client is, SUBs that need a decision, violations
// with their exact words. Publishing and delivering it never sees; the fabric does that.

import type { Account } from "../accounts/account.ts";
import { payloadLimit } from "../accounts/limits.ts";
import type { AuthClient, AuthResult } from "../auth/authenticator.ts";
import { claimLabel, claimOf, shownUser } from "../auth/claim.ts";
import type { Identity } from "../auth/identity.ts";
import { parseJsonObject } from "../base/decode.ts";
import type { ConnectionType } from "../config/options.ts";
import { type ClosedReason, closedReason } from "../protocol/closed-reason.ts";
import {
  type ConnectOptions,
  clientLabel,
  connectDefaults,
  connectFault,
  decodeConnect,
  protocolWithInfo,
} from "../protocol/connect-options.ts";
import { goQuote } from "../protocol/go-quote.ts";
import { type ClosingViolation, violation } from "../protocol/violation.ts";
import { opKind, type PendingOp } from "../wasm/fabric.ts";
import type { Connection } from "./connection.ts";
import type { ClientFacts } from "./connection-record.ts";
import { withOffered } from "./entrance.ts";
import type { PermissionSet } from "./permission-sets.ts";
import { endByError } from "./protocol-errors.ts";
import { decidePublish, traceTooLarge } from "./publishing.ts";
import { type Session, type Verdict, verdict } from "./session.ts";
import type { SessionSurroundings } from "./session-surroundings.ts";
import { connectedSlotOptions } from "./slot-options.ts";
import {
  decideSubscription,
  recheckSubscriptions,
  reportSubscriptionLimit,
} from "./subscribing.ts";

const decoder: TextDecoder = new TextDecoder();
const connectionTypes: Readonly<Record<Connection["kind"], ConnectionType>> = {
  tcp: "STANDARD",
  "in-process": "IN_PROCESS",
  websocket: "WEBSOCKET",
};
const okLine: Uint8Array = new TextEncoder().encode("+OK\r\n");

export class ClientSession implements Session {
  readonly connection: Connection;
  readonly #around: SessionSurroundings;
  readonly #nonce: string;
  #account: Account;
  /** Null until it is known who this is. */
  #identity: Identity | null = null;
  #permissionSet: PermissionSet | null = null;
  /** Without secrets: they are not kept. */
  #options: ConnectOptions = connectDefaults;
  /** Whom a refused client claimed to be. */
  #refusedUser = "";
  #hasConnected = false;
  #gaveCredentials = false;
  #isOpenToAll: boolean;
  /** It takes INFO at any time: it asked for that, and had the first PONG. */
  #takesInfo = false;
  /** The listeners were told of it. */
  #isAnnounced = false;

  constructor(around: SessionSurroundings, connection: Connection, account: Account) {
    this.#around = around;
    this.connection = connection;
    this.#account = account;
    this.#nonce = around.authenticator.needsNonce ? around.makeNonce() : "";
    this.#isOpenToAll = !around.authenticator.isRequired;
    account.addConnection();
  }

  get account(): Account {
    return this.#account;
  }

  get identity(): Identity | null {
    return this.#identity;
  }

  get permissionSet(): PermissionSet | null {
    return this.#permissionSet;
  }

  /** It gets what it publishes where it listens itself. */
  get hearsItself(): boolean {
    return this.#options.echo;
  }

  get isVerbose(): boolean {
    return this.#options.verbose;
  }

  /** False: it is whoever clients without credentials are. */
  get gaveCredentials(): boolean {
    return this.#gaveCredentials;
  }

  /** Everything passes though it never said who it is. */
  get isOpenToAll(): boolean {
    return this.#isOpenToAll && !this.#hasConnected;
  }

  get isAnnounced(): boolean {
    return this.#isAnnounced;
  }

  get takesInfo(): boolean {
    return this.#takesInfo;
  }

  get facts(): ClientFacts {
    return {
      name: this.#options.name,
      language: this.#options.lang,
      version: this.#options.version,
      user: this.#identity?.user ?? this.#refusedUser,
      account: this.#account.name,
    };
  }

  get logSuffix(): string {
    if (this.#identity === null) {
      return "";
    }
    const program = clientLabel(this.#options);
    const claim = claimLabel(this.#identity.claim);
    const user = claim === "" ? "" : ` - ${goQuote(`${this.#account.name}/${claim}`)}`;
    return `${program === "" ? "" : ` - ${goQuote(program)}`}${user}`;
  }

  // --- the connection tells

  greet(): void {
    const { log, authenticator, authTimeoutMillis, limits, keepalive } = this.#around;
    const { kind, host } = this.connection;
    if (log.isDebug) {
      log.debug(`${this.connection.label} - Client connection created`);
    }
    this.connection.write(
      this.#around.infoLines.greeting({
        clientId: this.connection.cid,
        clientIp: limits.proxyProtocol && kind !== "websocket" ? "" : host,
        nonce: this.#nonce,
      }),
    );
    if (authenticator.isRequired) {
      this.connection.dueAfter(authTimeoutMillis);
    } else {
      keepalive.onAccepted(this.connection);
    }
  }

  decide(op: PendingOp): Verdict {
    switch (op.kind) {
      case opKind.connect:
        return this.#connect(op.bytes.subarray(op.bodyStart, op.bodyStart + op.bodyLength));
      case opKind.early:
        return this.#beginWithoutConnect();
      case opKind.pong:
        this.#around.keepalive.onPong(this.connection);
        return verdict.resume;
      case opKind.firstPing:
        return verdict.resumeAndTell;
      case opKind.subscribe:
        decideSubscription(this.#around, this, op);
        return verdict.resume;
      case opKind.invalidSubject:
        this.connection.tell(violation.invalidSubject);
        return verdict.resume;
      case opKind.tooManySubscriptions:
        reportSubscriptionLimit(this.#around, this);
        return verdict.resume;
      case opKind.publishDenied:
      case opKind.replyDenied:
      case opKind.mapped:
      case opKind.traced:
        decidePublish(this.#around, this, op);
        return verdict.resume;
      case opKind.ignored:
        return this.#passOver(op);
      case opKind.error:
        traceTooLarge(this.#around, this, op);
        endByError(this.#around, this.connection, op, this.#maxPayload);
        return verdict.stop;
      default:
        return verdict.resume;
    }
  }

  /** The first PONG is written: now the client may be told how it is connected. */
  afterResume(): void {
    if (!this.#takesInfo && !this.connection.isClosed) {
      this.#takesInfo = true;
      const { infoLines } = this.#around;
      const isSystem = this.#around.isSystemAccount(this.#account);
      this.connection.write(
        infoLines.connected(this.#personal, this.#maxPayload, this.#account.name, isSystem),
      );
    }
  }

  onDue(nowMillis: number): void {
    if (this.#around.authenticator.isRequired && !this.#hasConnected) {
      this.#debug(violation.authenticationTimeout.text);
      this.connection.tell(violation.authenticationTimeout);
    } else {
      this.#around.keepalive.onDue(this.connection, nowMillis);
    }
  }

  onClosed(_reason: ClosedReason): void {
    this.#account.removeConnection();
    this.#around.permissionSets.release(this.#permissionSet);
    this.#permissionSet = null;
  }

  // --- who it is

  #connect(json: Uint8Array): Verdict {
    this.#around.keepalive.onConnect(this.connection);
    const decoded = decodeConnect(json, this.#options);
    if (!decoded.ok) {
      this.#error(decoded.refusal);
      this.connection.tell(violation.badArguments);
      return verdict.stop;
    }
    const options = withOffered(decoded.value, this.connection.entrance);
    if (this.#hasConnected && !namesCredentials(options) && this.#identity !== null) {
      this.#dropSubscriptions();
      this.#begin(this.#identity, options);
      return this.connection.isClosed ? verdict.stop : verdict.resume;
    }
    if (this.#hasConnected) {
      this.#dropSubscriptions();
    }
    const judged = this.#around.authenticator.authenticate(options, this.authClient);
    this.#hasConnected = true;
    if (judged instanceof Promise) {
      this.connection.hold();
      this.#await(judged, options);
      return verdict.stop;
    }
    this.#act(judged, options);
    return this.connection.isClosed ? verdict.stop : verdict.resume;
  }

  #await(judged: Promise<AuthResult>, options: ConnectOptions): void {
    const act = (result: AuthResult): void => {
      if (!this.connection.isClosed) {
        this.#act(result, options);
        this.connection.goOn();
      }
    };
    judged.then(act, (failure: unknown) => {
      this.#error(`authentication failed: ${String(failure)}`);
      this.connection.tell(violation.authorization);
    });
  }

  #act(result: AuthResult, options: ConnectOptions): void {
    if (result.ok) {
      this.#begin(result.value, options);
    } else {
      this.#refusedUser = shownUser(claimOf(options));
      this.#options = withoutSecrets(options);
      this.#error(result.refusal.logText);
      this.#fail(result.refusal.violation);
    }
  }

  /** Somebody else than CONNECT came first. */
  #beginWithoutConnect(): Verdict {
    const identity = this.#around.authenticator.withoutConnect(this.authClient);
    if (identity === null) {
      this.#error("authentication error");
      this.#fail(violation.authorization);
      return verdict.stop;
    }
    this.#hasConnected = true;
    this.#around.keepalive.onConnect(this.connection);
    if (!this.#join(identity)) {
      return verdict.stop;
    }
    this.#applySlotOptions();
    return verdict.resume;
  }

  #begin(identity: Identity, options: ConnectOptions): void {
    this.#gaveCredentials ||= claimOf(options).kind !== "none";
    this.#options = withoutSecrets(options);
    if (!this.#join(identity)) {
      return;
    }
    const fault = connectFault(options, !this.#around.limits.noHeaderSupport);
    if (fault !== null) {
      this.#error(fault === violation.authorization ? "authentication error" : fault.text);
      this.connection.tell(fault);
      return;
    }
    this.#applySlotOptions();
    if (options.verbose) {
      this.connection.write(okLine);
    }
  }

  /** Counts in the identity's account from now on. False when that is full, or not there. */
  #join(identity: Identity): boolean {
    const account = this.#around.accountNamed(identity.account);
    if (account === null) {
      this.#error(`Problem registering with account ${goQuote(identity.account)}: bad account`);
      this.connection.tell(violation.failedAccountRegistration);
      this.connection.closeFor(closedReason.missingAccount);
      return false;
    }
    this.#identity = identity;
    if (account !== this.#account) {
      if (!account.mayConnect) {
        const { text } = violation.maxAccountConnections;
        if (this.#around.throttle.allows(`${account.name} ${text}`)) {
          this.#error(text);
        }
        this.connection.tell(violation.maxAccountConnections);
        return false;
      }
      this.#account.removeConnection();
      account.addConnection();
      this.#account = account;
    }
    const former = this.#permissionSet;
    this.#permissionSet = this.#around.permissionSets.acquire(identity.permissions);
    this.#applySlotOptions();
    this.#around.permissionSets.release(former);
    this.#isAnnounced = true;
    this.#around.onConnected(this);
    return !this.connection.isClosed;
  }

  #fail(told: ClosingViolation): void {
    this.#around.onAuthenticationFailed(this, told.reason);
    this.connection.tell(told);
  }

  get connectionType(): ConnectionType {
    return connectionTypes[this.connection.kind];
  }

  get authClient(): AuthClient {
    return { nonce: this.#nonce, connectionType: this.connectionType };
  }

  // --- what its slot may do

  #applySlotOptions(): void {
    this.#around.fabric.setSlotOptions(
      this.connection.slot,
      connectedSlotOptions(this.#around, {
        account: this.#account,
        permissionSet: this.#permissionSet,
        options: this.#options,
        reportsFirstPing: !this.#takesInfo && this.#options.protocol >= protocolWithInfo,
      }),
    );
  }

  get #maxPayload(): number {
    return payloadLimit(this.#around.limits.maxPayload, this.#account.limits);
  }

  #dropSubscriptions(): void {
    const { fabric } = this.#around;
    for (const subscription of fabric.subscriptionsOf(this.connection.slot)) {
      if (!subscription.isShadow) {
        fabric.unsubscribe(subscription.ref);
      }
    }
  }

  // --- for the broker

  /** Tells the client how the server has changed, if it takes that. */
  sendInfo(isLameDuck: boolean): boolean {
    if (!this.#takesInfo) {
      return false;
    }
    const { infoLines } = this.#around;
    this.connection.write(
      isLameDuck
        ? infoLines.lameDuck(this.#personal, this.#maxPayload)
        : infoLines.update(this.#personal, this.#maxPayload),
    );
    return true;
  }

  /** Limits or roads have changed; what the client may do may have. Its account stays. */
  renew(identity: Identity | null): void {
    const former = this.#permissionSet;
    if (identity !== null) {
      this.#identity = identity;
      this.#permissionSet = this.#around.permissionSets.acquire(identity.permissions);
    }
    this.#isOpenToAll = !this.#around.authenticator.isRequired;
    if (this.#identity !== null || this.#isOpenToAll) {
      this.#applySlotOptions();
    }
    if (identity !== null) {
      recheckSubscriptions(this.#around, this, former);
      this.#around.permissionSets.release(former);
    }
  }

  /** It must authenticate anew, and cannot. */
  refuse(logText: string): void {
    this.#error(logText);
    this.#fail(violation.authorization);
  }

  get #personal(): {
    readonly clientId: number;
    readonly clientIp: string;
    readonly nonce: string;
  } {
    return { clientId: this.connection.cid, clientIp: this.connection.host, nonce: "" };
  }

  // --- violations

  /** +OK means nothing, INFO must be readable, -ERR ends the connection. */
  #passOver(op: PendingOp): Verdict {
    const text = textOf(op, op.bodyStart, op.bodyLength).trim();
    if (text === "" || parseJsonObject(text).ok) {
      return verdict.resume;
    }
    this.#error(`Client Error ${text}`);
    this.connection.closeFor(closedReason.parseError);
    return verdict.stop;
  }

  #error(text: string): void {
    this.#around.log.error(`${this.connection.label} - ${text}`);
  }

  #debug(text: string): void {
    if (this.#around.log.isDebug) {
      this.#around.log.debug(`${this.connection.label} - ${text}`);
    }
  }
}

/** What a second CONNECT names may change who it is; without credentials the client stays who it was. */
function namesCredentials(options: ConnectOptions): boolean {
  const { user, password, token, nkey, jwt, signature } = options;
  return [user, password, token, nkey, jwt, signature].some((text) => text !== "");
}

function withoutSecrets(options: ConnectOptions): ConnectOptions {
  return {
    ...options,
    user: "",
    password: "",
    token: "",
    nkey: "",
    jwt: "",
    signature: "",
    proxySignature: "",
  };
}

function textOf(op: PendingOp, start: number, length: number): string {
  return decoder.decode(op.bytes.subarray(start, start + length));
}
