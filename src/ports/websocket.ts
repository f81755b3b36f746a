// Websockets: an HTTP request is judged, and if it may, becomes a wire that carries whole messages both ways. Frames,
// masks and compression are the host's; what the messages mean is not.

export interface UpgradeRequest {
  readonly method: string;
  /** Without the query; escapes as they were sent. */
  readonly path: string;
  readonly remoteAddress: string;
  readonly remotePort: number;
  /** By any spelling of its name; several of one name are joined by ", ". Null when there is none. */
  header(name: string): string | null;
}

export type UpgradeAnswer =
  | {
      readonly kind: "refused";
      readonly status: number;
      readonly headers: Readonly<Record<string, string>>;
      readonly body: string;
    }
  | {
      readonly kind: "accepted";
      /** Beside those that the protocol needs. */
      readonly headers: Readonly<Record<string, string>>;
      /** Called once when the wire is up. */
      readonly open: (wire: Wire) => WireHandlers;
    };

/** One open websocket. */
export interface Wire {
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localAddress: string;
  readonly localPort: number;
  /** Sent bytes that the system has not taken yet. */
  readonly bufferedBytes: number;
  /** Sends one binary message, compressed if both sides agreed on that. The bytes are not needed afterwards. */
  send(bytes: Uint8Array, isWorthCompressing: boolean): void;
  /** No more messages until resume(), but for those that were read already. */
  pause(): void;
  resume(): void;
  /** Says why behind all that was sent, and ends. */
  close(code: number, reason: string): void;
  /** Ends without a word. */
  terminate(): void;
}

export interface WireHandlers {
  /** The bytes of a message, be it binary or text. They belong to the receiver. */
  message(bytes: Uint8Array): void;
  /** All that was sent is with the system. */
  drain(): void;
  /** Called exactly once, whoever ended it. `error` is given when the peer broke the rules of websockets. */
  close(error?: Error): void;
}

/** How long a peer may take for its request, the host decides. */
export interface WebsocketServing {
  readonly host: string;
  /** 0 asks for a free port. */
  readonly port: number;
  /** Agrees on permessage-deflate with peers that offer it. */
  readonly compresses: boolean;
  /** A longer message ends the wire. */
  readonly maxMessageBytes: number;
}

export interface WebsocketListener extends Disposable {
  readonly host: string;
  readonly port: number;
  /** Stops accepting; open wires live on. Disposing ends them too. */
  stop(): void;
}

export interface Websockets {
  /** Throws NetworkError when the address cannot be had. */
  serve(
    serving: WebsocketServing,
    judge: (request: UpgradeRequest) => UpgradeAnswer,
  ): WebsocketListener;
}
