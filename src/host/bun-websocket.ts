// Websockets by Bun.serve. Every request is judged in the turn it arrives in; frames, masks and compression are Bun's,
// and so is the end of a connection that has not sent a whole request within some twelve seconds.

import { NetworkError } from "../base/server-error.ts";
import type {
  UpgradeAnswer,
  UpgradeRequest,
  WebsocketListener,
  WebsocketServing,
  Websockets,
  Wire,
  WireHandlers,
} from "../ports/websocket.ts";
import { listenFailure, plainAddress } from "./network-failure.ts";

type Judge = (request: UpgradeRequest) => UpgradeAnswer;
type Accepted = Extract<UpgradeAnswer, { kind: "accepted" }>;

interface Peer {
  readonly address: string;
  readonly port: number;
}

/** What Bun says when no close frame came. */
const abnormalClosure = 1006;
/** Peers that are slower than this are ended by Bun; the server's own bound of pending bytes is met long before. */
const backpressureLimit = 256 * 1024 * 1024;

const unavailable: UpgradeAnswer = {
  kind: "refused",
  status: 503,
  headers: { connection: "close" },
  body: "Service Unavailable\n",
};
const unanswered: WireHandlers = { message() {}, drain() {}, close() {} };
const encoder: TextEncoder = new TextEncoder();

class BunWire implements Wire {
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localAddress: string;
  readonly localPort: number;
  readonly #accepted: Accepted;
  #socket: Bun.ServerWebSocket<BunWire> | null = null;
  #handlers: WireHandlers = unanswered;
  #isClosed = false;

  constructor(accepted: Accepted, peer: Peer, local: Peer) {
    this.#accepted = accepted;
    this.remoteAddress = peer.address;
    this.remotePort = peer.port;
    this.localAddress = local.address;
    this.localPort = local.port;
  }

  get bufferedBytes(): number {
    return this.#isClosed ? 0 : (this.#socket?.getBufferedAmount() ?? 0);
  }

  send(bytes: Uint8Array, isWorthCompressing: boolean): void {
    if (!this.#isClosed) {
      // Bun writes or copies the bytes before it returns.
      this.#socket?.sendBinary(bytes as Uint8Array<ArrayBuffer>, isWorthCompressing);
    }
  }

  pause(): void {
    if (!this.#isClosed) {
      this.#socket?.pause();
    }
  }

  resume(): void {
    if (!this.#isClosed) {
      this.#socket?.resume();
    }
  }

  close(code: number, reason: string): void {
    if (!this.#isClosed) {
      this.#socket?.close(code, reason);
    }
  }

  terminate(): void {
    if (!this.#isClosed) {
      this.#socket?.terminate();
    }
  }

  onOpen(socket: Bun.ServerWebSocket<BunWire>): void {
    this.#socket = socket;
    const handlers = this.#accepted.open(this);
    this.#handlers = handlers;
    if (this.#isClosed) {
      handlers.close();
    }
  }

  onMessage(message: string | Uint8Array): void {
    this.#handlers.message(typeof message === "string" ? encoder.encode(message) : message);
  }

  onDrain(): void {
    if (!this.#isClosed && this.bufferedBytes === 0) {
      this.#handlers.drain();
    }
  }

  /** Bun gives a reason without a code of the peer's where it ended the wire itself. */
  onClose(code: number, reason: string): void {
    if (!this.#isClosed) {
      this.#isClosed = true;
      const handlers = this.#handlers;
      this.#handlers = unanswered;
      const isFault = code === abnormalClosure && reason !== "";
      handlers.close(isFault ? new NetworkError("EPROTO", reason) : undefined);
    }
  }
}

function handlersFor({
  compresses,
  maxMessageBytes,
}: WebsocketServing): Bun.WebSocketHandler<BunWire> {
  return {
    maxPayloadLength: maxMessageBytes,
    backpressureLimit,
    perMessageDeflate: compresses,
    // Who is silent for too long is for the server to say.
    idleTimeout: 0,
    sendPings: false,
    open: (socket) => socket.data.onOpen(socket),
    message: (socket, message) => socket.data.onMessage(message),
    drain: (socket) => socket.data.onDrain(),
    close: (socket, code, reason) => socket.data.onClose(code, reason),
  };
}

function answerOf(
  request: Request,
  server: Bun.Server<BunWire>,
  judge: Judge,
): Response | undefined {
  const peer = server.requestIP(request);
  const remote = { address: plainAddress(peer?.address), port: peer?.port ?? 0 };
  const answer = judge({
    method: request.method,
    path: new URL(request.url).pathname,
    remoteAddress: remote.address,
    remotePort: remote.port,
    header: (name) => request.headers.get(name),
  });
  if (answer.kind === "refused") {
    return new Response(answer.body, { status: answer.status, headers: answer.headers });
  }
  const local = { address: server.hostname ?? "", port: server.port ?? 0 };
  const data = new BunWire(answer, remote, local);
  return server.upgrade(request, { data, headers: answer.headers })
    ? undefined
    : new Response("Bad Request\n", { status: 400 });
}

function serveOn(hostname: string, serving: WebsocketServing, judge: Judge): Bun.Server<BunWire> {
  return Bun.serve<BunWire>({
    hostname,
    port: serving.port,
    development: false,
    reusePort: false,
    websocket: handlersFor(serving),
    fetch: (request, server) => answerOf(request, server, judge),
    error: (fault) => {
      // A fault of ours: it must stop the process, but outside of Bun's own handling of requests.
      setImmediate(() => {
        throw fault;
      });
      return new Response("internal error", { status: 500 });
    },
  });
}

class BunWebsocketListener implements WebsocketListener {
  readonly host: string;
  readonly port: number;
  readonly #server: Bun.Server<BunWire>;
  #isStopped = false;

  constructor(hostname: string, serving: WebsocketServing, judge: Judge) {
    // Connections that were open before may still make requests.
    this.#server = serveOn(hostname, serving, (request) =>
      this.#isStopped ? unavailable : judge(request),
    );
    this.host = serving.host;
    this.port = this.#server.port ?? serving.port;
  }

  stop(): void {
    if (!this.#isStopped) {
      this.#isStopped = true;
      void this.#server.stop(false);
    }
  }

  [Symbol.dispose](): void {
    this.#isStopped = true;
    void this.#server.stop(true);
  }
}

export class BunWebsockets implements Websockets {
  serve(serving: WebsocketServing, judge: Judge): WebsocketListener {
    const { host, port } = serving;
    let cause: unknown;
    for (const hostname of host === "0.0.0.0" ? ["::", "0.0.0.0"] : [host]) {
      try {
        return new BunWebsocketListener(hostname, serving, judge);
      } catch (failure) {
        cause = failure;
        if (failure instanceof Error && "code" in failure && failure.code === "EADDRINUSE") {
          break;
        }
      }
    }
    throw listenFailure(host, port, cause);
  }
}
