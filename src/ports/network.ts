// Listening, dialling and sockets. A socket buffers nothing: what write did not take, the caller still has.

export interface SocketHandlers {
  /** The chunk belongs to the receiver and may be kept. */
  data(chunk: Uint8Array): void;
  /** The socket can take bytes again after a short write. */
  drain(): void;
  /** Called exactly once, whoever ended the connection. `error` is given when it broke. */
  close(error?: Error): void;
}

export interface Socket {
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localAddress: string;
  readonly localPort: number;
  /** "in-process" is a pipe inside this program. */
  readonly kind: "tcp" | "in-process" | "websocket";
  /** Writes bytes[offset, offset + length), length > 0. Gives the count taken: 0 would block, -1 closed. */
  write(bytes: Uint8Array, offset: number, length: number): number;
  /** No more data() until resume(). A paused socket may not notice that the peer left. */
  pause(): void;
  resume(): void;
  /** Sends FIN behind what was written; data still arrives. Where the wire has words for it, the peer is told why. */
  shutdown(reason?: string): void;
  /** Ends both directions after what was written. */
  end(reason?: string): void;
  /** Resets the connection. */
  terminate(): void;
}

export interface ListenAddress {
  readonly host: string;
  /** 0 asks for a free port. */
  readonly port: number;
}

export interface Listener extends Disposable {
  readonly host: string;
  readonly port: number;
  /** Stops accepting; accepted sockets live on. Same as disposing. */
  stop(): void;
}

export interface Network {
  /** Throws NetworkError (code EADDRINUSE, EACCES, ...) when the address cannot be had. */
  listen(address: ListenAddress, accept: (socket: Socket) => SocketHandlers): Listener;
  /** The addresses of this machine's interfaces that are up, without loopback unless it is all there is. */
  interfaceAddresses(): readonly string[];
}
