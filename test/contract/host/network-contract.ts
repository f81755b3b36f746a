// What every network promises, whichever host it belongs to. A simulated one must pass this too.

import { afterEach, describe, expect, test } from "bun:test";
import { NetworkError } from "../../../src/base/server-error.ts";
import type { Listener, Network, Socket } from "../../../src/ports/network.ts";
import { Recorder, TestClient } from "./test-client.ts";

export interface NetworkUnderTest {
  readonly network: Network;
  /** Joins a client to a listener of `network`; refuses with an error when nobody listens. */
  dial(port: number, client: TestClient): Promise<void>;
}

interface Joined {
  readonly listener: Listener;
  readonly server: Recorder;
  readonly client: TestClient;
}

export function networkContract(name: string, make: () => NetworkUnderTest): void {
  describe(name, () => {
    const listeners: Listener[] = [];

    afterEach(() => {
      for (const listener of listeners.splice(0)) {
        listener.stop();
      }
    });

    async function join(onAccept?: (socket: Socket) => void): Promise<Joined> {
      const { network, dial } = make();
      const server = new Recorder();
      const listener = network.listen({ host: "127.0.0.1", port: 0 }, (socket) => {
        onAccept?.(socket);
        return server.opened(socket);
      });
      listeners.push(listener);
      const client = new TestClient();
      await dial(listener.port, client);
      await server.until(() => {
        try {
          return server.socket !== null;
        } catch {
          return false;
        }
      });
      return { listener, server, client };
    }

    const large = "0123456789abcdef".repeat(1024 * 1024);

    test("a listener on port 0 gets a port and keeps the host that was asked for", async () => {
      const { listener } = await join();
      expect(listener.port).toBeGreaterThan(0);
      expect(listener.host).toBe("127.0.0.1");
    });

    test("a port that is taken is refused with a code", async () => {
      const { network } = make();
      const answer = () => new Recorder();
      const first = network.listen({ host: "127.0.0.1", port: 0 }, answer);
      listeners.push(first);
      let failure: unknown;
      try {
        listeners.push(network.listen({ host: "127.0.0.1", port: first.port }, answer));
      } catch (thrown) {
        failure = thrown;
      }
      expect(failure).toBeInstanceOf(NetworkError);
      expect((failure as NetworkError).code).toBe("EADDRINUSE");
      expect((failure as NetworkError).message).toBe(
        `listen tcp 127.0.0.1:${first.port}: bind: address already in use`,
      );
    });

    test("bytes arrive in order in both directions", async () => {
      const { server, client } = await join();
      client.send("to the server");
      server.send("to the client");
      await server.until(() => server.received() === "to the server");
      await client.until(() => client.received() === "to the client");
    });

    test("a write takes only the range it was given", async () => {
      const { server, client } = await join();
      expect(server.socket.write(Buffer.from("<inside>"), 1, 6)).toBe(6);
      await client.until(() => client.receivedBytes === 6);
      expect(client.received()).toBe("inside");
    });

    test("a chunk may be kept while later ones arrive", async () => {
      const { server, client } = await join();
      client.send("first");
      await server.until(() => server.receivedBytes === 5);
      client.send("later");
      await server.until(() => server.receivedBytes === 10);
      expect(server.received()).toBe("firstlater");
    });

    test("a writer is told of room after a write came up short, and no byte is lost", async () => {
      const { server, client } = await join();
      client.socket.pause();
      server.send(large);
      expect(server.hasUnsent).toBe(true);
      const drainsBefore = server.drains;
      client.socket.resume();
      await client.until(() => client.receivedBytes === large.length);
      expect(server.drains).toBeGreaterThan(drainsBefore);
      expect(client.received() === large).toBe(true);
    });

    test("a paused socket gives nothing until it is resumed, then all in order", async () => {
      const { server, client } = await join();
      server.socket.pause();
      client.send("one ");
      client.send("two ");
      // A round trip on another connection: whatever was to arrive on the first would have by now.
      const other = await join();
      other.client.send("x");
      await other.server.until(() => other.server.receivedBytes === 1);
      expect(server.receivedBytes).toBe(0);
      server.socket.resume();
      client.send("three");
      await server.until(() => server.receivedBytes === 13);
      expect(server.received()).toBe("one two three");
    });

    test("all that was written before an end arrives, and each side closes once", async () => {
      const { server, client } = await join();
      server.send("farewell");
      server.socket.end();
      await client.until(() => client.closes > 0);
      await server.until(() => server.closes > 0);
      expect(client.received()).toBe("farewell");
      server.socket.end();
      server.socket.terminate();
      expect([client.closes, server.closes]).toEqual([1, 1]);
    });

    test("a shutdown sends what was written and still lets bytes in", async () => {
      const { server, client } = await join();
      server.send("last words");
      server.socket.shutdown();
      client.send("answer");
      await server.until(() => server.closes > 0);
      expect(server.received()).toBe("answer");
      await client.until(() => client.closes > 0);
      expect(client.received()).toBe("last words");
      expect([client.closes, server.closes]).toEqual([1, 1]);
    });

    test("a write to a closed socket gives -1", async () => {
      const { server } = await join();
      server.socket.end();
      expect(server.socket.write(Buffer.from("late"), 0, 4)).toBe(-1);
      expect(server.closes).toBe(1);
    });

    test("a peer that leaves is reported once, behind its last bytes", async () => {
      const { server, client } = await join();
      client.send("bye");
      client.socket.end();
      await server.until(() => server.closes > 0);
      expect(server.received()).toBe("bye");
      expect(server.failure).toBeUndefined();
      expect(server.socket.write(Buffer.from("x"), 0, 1)).toBe(-1);
      expect(server.closes).toBe(1);
    });

    test("a peer that resets is reported as a failure", async () => {
      const { server, client } = await join();
      client.socket.terminate();
      await server.until(() => server.closes > 0);
      expect(server.failure).toBeInstanceOf(NetworkError);
      expect((server.failure as NetworkError).code).toBe("ECONNRESET");
      expect(server.closes).toBe(1);
    });

    test("a socket may be ended before its handlers are given", async () => {
      const { server, client } = await join((socket) => {
        socket.write(Buffer.from("full"), 0, 4);
        socket.end();
      });
      await client.until(() => client.closes > 0);
      expect(client.received()).toBe("full");
      expect(server.closes).toBe(1);
    });

    test("a handler may end or reset its own socket", async () => {
      for (const action of ["end", "terminate"] as const) {
        const { server, client } = await join();
        server.onData = () => server.socket[action]();
        client.send("go");
        await client.until(() => client.closes > 0);
        expect([server.closes, client.closes], action).toEqual([1, 1]);
      }
    });

    test("who the peer was is still known after the end, once it was asked", async () => {
      const { server, client } = await join();
      expect(server.socket.remoteAddress).toBe("127.0.0.1");
      expect(server.socket.remotePort).toBe(client.socket.localPort);
      client.socket.end();
      await server.until(() => server.closes > 0);
      expect(server.socket.remoteAddress).toBe("127.0.0.1");
      expect(server.socket.remotePort).toBeGreaterThan(0);
    });

    test("a stopped listener accepts nobody, and its sockets live on", async () => {
      const under = make();
      const server = new Recorder();
      const listener = under.network.listen({ host: "127.0.0.1", port: 0 }, (socket) =>
        server.opened(socket),
      );
      const client = new TestClient();
      await under.dial(listener.port, client);
      client.send("here");
      await server.until(() => server.receivedBytes === 4);
      listener.stop();
      listener.stop();
      const refused = await under.dial(listener.port, new TestClient()).then(
        () => false,
        () => true,
      );
      expect(refused).toBe(true);
      client.send("still");
      await server.until(() => server.receivedBytes === 9);
      client.socket.end();
      await server.until(() => server.closes === 1);
    });

    test("there is at least one interface address", () => {
      expect(make().network.interfaceAddresses().length).toBeGreaterThan(0);
    });
  });
}
