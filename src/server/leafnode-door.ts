// Where leafnodes would come in: each is told that they are not supported yet, and closed.

import type { ListenOptions } from "../config/options.ts";
import type { Listener, Network, Socket, SocketHandlers } from "../ports/network.ts";
import type { Timers } from "../ports/timers.ts";

const refusal: Uint8Array = new TextEncoder().encode(
  "-ERR 'leafnode connections are not supported yet'\r\n",
);
/** So long a peer may take to read the refusal and close. */
const lingerMillis = 1000;

/** Throws NetworkError when the address cannot be had. */
export function openLeafnodeDoor(
  network: Network,
  timers: Timers,
  listen: ListenOptions,
): Listener {
  return network.listen(listen, (socket) => refuse(socket, timers));
}

function refuse(socket: Socket, timers: Timers): SocketHandlers {
  socket.write(refusal, 0, refusal.length);
  // Gently: with bytes unread, an immediate end would be a reset, and the refusal lost.
  socket.shutdown();
  const ending = timers.after(lingerMillis, () => socket.end());
  return {
    data: (): void => undefined,
    drain: (): void => undefined,
    close: (): void => ending[Symbol.dispose](),
  };
}
