// Where websocket clients come in: judges their upgrade requests by the configuration and hands the sockets on.

import type { Entrance } from "../broker/entrance.ts";
import type { WebsocketOptions } from "../config/options.ts";
import type { Log } from "../ports/log.ts";
import type { Socket, SocketHandlers } from "../ports/network.ts";
import type {
  UpgradeAnswer,
  UpgradeRequest,
  WebsocketListener,
  Websockets,
} from "../ports/websocket.ts";
import { judgeUpgrade } from "../websocket/upgrade.ts";
import { WebsocketSocket } from "../websocket/websocket-socket.ts";
import { websocketCloseCode } from "./websocket-close-code.ts";

/** Clients put several operations into one message: so many of the largest payloads, within these bounds. */
const messagePayloads = 8;
const messageAtLeast = 1024 * 1024;
const messageAtMost = 64 * 1024 * 1024;

const statusTexts: Readonly<Record<number, string>> = {
  400: "Bad Request",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  501: "Not Implemented",
};

export interface WebsocketDoorParts {
  readonly websockets: Websockets;
  readonly log: Log;
  readonly options: WebsocketOptions;
  readonly maxPayload: number;
  readonly accept: (socket: Socket, entrance: Entrance) => SocketHandlers;
}

/** Throws NetworkError when the address cannot be had. */
export function openWebsocketDoor(parts: WebsocketDoorParts): WebsocketListener {
  const { websockets, options, maxPayload } = parts;
  return websockets.serve(
    {
      host: options.host,
      port: options.port,
      compresses: options.compression,
      maxMessageBytes: longestMessage(maxPayload),
    },
    (request) => answerTo(request, parts),
  );
}

function longestMessage(maxPayload: number): number {
  const wanted = Math.min(maxPayload * messagePayloads, messageAtMost);
  return messageAtLeast + Math.max(wanted, maxPayload);
}

function answerTo(request: UpgradeRequest, parts: WebsocketDoorParts): UpgradeAnswer {
  const verdict = judgeUpgrade(request, parts.options);
  if (verdict.kind === "refused") {
    const from = `${request.remoteAddress}:${request.remotePort}`;
    parts.log.error(`${from} - websocket handshake error: ${verdict.reason}`);
    return {
      kind: "refused",
      status: verdict.status,
      headers: {
        "content-type": "text/plain; charset=utf-8",
        "x-content-type-options": "nosniff",
        "sec-websocket-version": "13",
      },
      body: `${statusTexts[verdict.status] ?? ""}\n`,
    };
  }
  return {
    kind: "accepted",
    headers: parts.options.headers,
    open: (wire) => {
      const socket = new WebsocketSocket(wire, verdict.isBrowser, websocketCloseCode);
      socket.answer((opened) => parts.accept(opened, verdict));
      return socket;
    },
  };
}
