// A server with JetStream in a folder of its own, and one connection to it.

import { connect, type NatsConnection } from "@nats-io/transport-node";
import { ServerProcess } from "./server-process.ts";

export interface JetStreamServer extends AsyncDisposable {
  readonly server: ServerProcess;
  readonly connection: NatsConnection;
}

/** `more` stands inside the `jetstream` block. */
export async function startJetStream(more = ""): Promise<JetStreamServer> {
  const server = await ServerProcess.start({ config: `jetstream { store_dir: "js"\n${more} }\n` });
  const connection = await connect({ servers: server.url });
  return {
    server,
    connection,
    [Symbol.asyncDispose]: async () => {
      await connection.close();
      await server[Symbol.asyncDispose]();
    },
  };
}
