// The INFO line of each connection. Most of it is the same for all, so it is encoded once and only what differs is put
// in between.

import { infoJson, type ServerInfo } from "../protocol/server-info.ts";

/** What differs from connection to connection. */
export interface PersonalInfo {
  readonly clientId: number;
  /** "" leaves it out. */
  readonly clientIp: string;
  readonly nonce: string;
}

/** Stands where the id will be; no value of another field looks like it. */
const placeholder = 987_654_321_987_654;
const placeholderText = `"client_id":${placeholder}`;

const encoder: TextEncoder = new TextEncoder();

/** One kind of INFO, for as long as what it says does not change. */
export class InfoTemplate {
  readonly #head: string;
  readonly #tail: string;

  constructor(info: ServerInfo) {
    const json = infoJson({ ...info, clientId: placeholder, clientIp: "", nonce: "" });
    const at = json.indexOf(placeholderText);
    this.#head = `INFO ${json.slice(0, at)}"client_id":`;
    this.#tail = `${json.slice(at + placeholderText.length)} \r\n`;
  }

  line(personal: PersonalInfo): Uint8Array {
    const ip = personal.clientIp === "" ? "" : `,"client_ip":"${personal.clientIp}"`;
    const nonce = personal.nonce === "" ? "" : `,"nonce":"${personal.nonce}"`;
    return encoder.encode(`${this.#head}${personal.clientId}${ip}${nonce}${this.#tail}`);
  }
}

/** Every kind of INFO, each encoded once per change of what the server says of itself. */
export class InfoLines {
  #info: ServerInfo;
  #isAuthAnnounced: boolean;
  readonly #templates: Map<string, InfoTemplate> = new Map();

  /** A server that takes clients without CONNECT does not announce auth_required in the greeting, only later. */
  constructor(info: ServerInfo, isAuthAnnounced: boolean) {
    this.#info = info;
    this.#isAuthAnnounced = isAuthAnnounced;
  }

  replace(info: ServerInfo, isAuthAnnounced: boolean): void {
    this.#info = info;
    this.#isAuthAnnounced = isAuthAnnounced;
    this.#templates.clear();
  }

  /** The first line of a connection. */
  greeting(personal: PersonalInfo): Uint8Array {
    return this.#line("greeting", personal, () => ({
      ...this.#info,
      authRequired: this.#isAuthAnnounced,
    }));
  }

  /** To a client that was let in, once. */
  connected(
    personal: PersonalInfo,
    maxPayload: number,
    account: string,
    isSystemAccount: boolean,
  ): Uint8Array {
    return this.#line(`connected ${maxPayload} ${account}`, personal, () => ({
      ...this.#later(maxPayload),
      connectInfo: true,
      remoteAccount: account,
      isSystemAccount,
    }));
  }

  /** When something has changed, to clients that take it. */
  update(personal: PersonalInfo, maxPayload: number): Uint8Array {
    return this.#line(`update ${maxPayload}`, personal, () => this.#later(maxPayload));
  }

  /** Please go elsewhere. The addresses of others are given by the caller's info. */
  lameDuck(personal: PersonalInfo, maxPayload: number): Uint8Array {
    return this.#line(`lameDuck ${maxPayload}`, personal, () => ({
      ...this.#later(maxPayload),
      lameDuckMode: true,
    }));
  }

  #later(maxPayload: number): ServerInfo {
    return { ...this.#info, maxPayload };
  }

  #line(key: string, personal: PersonalInfo, info: () => ServerInfo): Uint8Array {
    let template = this.#templates.get(key);
    if (template === undefined) {
      template = new InfoTemplate(info());
      this.#templates.set(key, template);
    }
    return template.line(personal);
  }
}
