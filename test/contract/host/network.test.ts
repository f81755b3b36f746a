// The network contract, held against Bun's sockets and against pipes inside the program.

import { BunTimers } from "../../../src/host/bun-clock.ts";
import { BunNetwork } from "../../../src/host/bun-network.ts";
import { InProcessNetwork } from "../../../src/host/in-process-network.ts";
import type { Socket } from "../../../src/ports/network.ts";
import { networkContract } from "./network-contract.ts";
import type { TestClient } from "./test-client.ts";

/** Bun's client side with the face of our Socket, no more than the contract needs. */
function dialled(socket: Bun.Socket<TestClient>): Socket {
  return {
    remoteAddress: socket.remoteAddress,
    remotePort: socket.remotePort ?? 0,
    localAddress: socket.localAddress,
    localPort: socket.localPort,
    kind: "tcp",
    write: (bytes, offset, length) => socket.write(bytes, offset, length),
    pause: () => socket.pause(),
    resume: () => socket.resume(),
    shutdown: () => socket.shutdown(),
    end: () => socket.end(),
    terminate: () => socket.terminate(),
  };
}

networkContract("the network of Bun", () => ({
  network: new BunNetwork(),
  async dial(port: number, client: TestClient): Promise<void> {
    await Bun.connect<TestClient>({
      hostname: "127.0.0.1",
      port,
      data: client,
      socket: {
        open: (socket) => {
          client.opened(dialled(socket));
        },
        data: (_, chunk) => client.data(chunk),
        drain: () => client.drain(),
        close: () => client.close(),
        error: () => {},
      },
    });
  },
}));

networkContract("the network inside the program", () => {
  const network = new InProcessNetwork(new BunTimers());
  return {
    network,
    async dial(port: number, client: TestClient): Promise<void> {
      network.dial(port, (socket) => client.opened(socket));
    },
  };
});
