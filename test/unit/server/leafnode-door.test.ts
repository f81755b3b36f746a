import { expect, test } from "bun:test";
import type { Network, Socket, SocketHandlers } from "../../../src/ports/network.ts";
import { openLeafnodeDoor } from "../../../src/server/leafnode-door.ts";

/** A network with one listener, a socket that notes what is done with it, and a timer to be fired by hand. */
class Stage {
  readonly done: string[] = [];
  accept: (socket: Socket) => SocketHandlers = () => {
    throw new Error("nobody listens");
  };
  fire: () => void = () => undefined;

  readonly network: Network = {
    listen: ({ host, port }, accept) => {
      this.accept = accept;
      const stop = (): void => void this.done.push("stop");
      return { host, port, stop, [Symbol.dispose]: stop };
    },
    interfaceAddresses: () => [],
  };

  readonly timers = {
    after: (millis: number, action: () => void): Disposable => {
      this.fire = action;
      this.done.push(`after ${millis}`);
      return { [Symbol.dispose]: () => void this.done.push("no timer") };
    },
    every: (): never => {
      throw new Error("not wanted");
    },
    endOfTurn: (): void => undefined,
  };

  readonly socket: Socket = {
    remoteAddress: "10.1.2.3",
    remotePort: 1,
    localAddress: "127.0.0.1",
    localPort: 7422,
    kind: "tcp",
    write: (bytes, offset, length) => {
      this.done.push(Buffer.from(bytes.subarray(offset, offset + length)).toString());
      return length;
    },
    pause: () => undefined,
    resume: () => undefined,
    shutdown: () => void this.done.push("shutdown"),
    end: () => void this.done.push("end"),
    terminate: () => void this.done.push("terminate"),
  };
}

const refused = [
  "-ERR 'leafnode connections are not supported yet'\r\n",
  "shutdown",
  "after 1000",
] as const;

test("a leafnode is told that it is not supported, and closed gently", () => {
  const stage = new Stage();
  openLeafnodeDoor(stage.network, stage.timers, { host: "127.0.0.1", port: 7422 });
  const handlers = stage.accept(stage.socket);
  handlers.data(Buffer.from("CONNECT {}\r\n"));
  expect(stage.done).toEqual([...refused]);
  stage.fire();
  expect(stage.done).toEqual([...refused, "end"]);
});

test("one that leaves by itself leaves no timer behind", () => {
  const stage = new Stage();
  openLeafnodeDoor(stage.network, stage.timers, { host: "127.0.0.1", port: 7422 });
  stage.accept(stage.socket).close();
  expect(stage.done).toEqual([...refused, "no timer"]);
});
