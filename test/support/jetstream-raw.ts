// JetStream by hand over a raw client: requests by subject and JSON, one answer each. For tests that count bytes, stop
// reading, or ask more than a client library would.

import { RawClient } from "./raw-client.ts";

export class RawJetStream implements Disposable {
  readonly client: RawClient;
  #requests = 0;

  private constructor(client: RawClient) {
    this.client = client;
  }

  static async open(port: number): Promise<RawJetStream> {
    const client = await RawClient.open(port);
    client.send("SUB answer.* 1\r\n");
    return new RawJetStream(client);
  }

  /** The decoded answer; throws when it is an error. */
  async ask(
    subject: string,
    body: object | string = "",
    limitMillis = 10_000,
  ): Promise<Record<string, unknown>> {
    this.#requests += 1;
    const text = typeof body === "string" ? body : JSON.stringify(body);
    const reply = `answer.${this.#requests}`;
    this.client.forget();
    this.client.send(`PUB ${subject} ${reply} ${text.length}\r\n${text}\r\n`);
    const received = await this.client.until("}\r\n", limitMillis);
    const answer = new RegExp(`MSG ${reply} 1 \\d+\\r\\n(.*)\\r\\n`).exec(received)?.[1] ?? "null";
    const decoded = JSON.parse(answer) as Record<string, unknown>;
    if (decoded === null || decoded["error"] !== undefined) {
      throw new Error(`${subject}: ${received.slice(0, 300)}`);
    }
    return decoded;
  }

  async addStream(config: Readonly<Record<string, unknown>>): Promise<void> {
    await this.ask(`$JS.API.STREAM.CREATE.${String(config["name"])}`, config);
  }

  async addConsumer(stream: string, config: Readonly<Record<string, unknown>>): Promise<void> {
    const subject = `$JS.API.CONSUMER.DURABLE.CREATE.${stream}.${String(config["durable_name"])}`;
    await this.ask(subject, {
      stream_name: stream,
      config: { ack_policy: "explicit", ...config },
    });
  }

  async consumer(stream: string, name: string): Promise<Record<string, unknown>> {
    return await this.ask(`$JS.API.CONSUMER.INFO.${stream}.${name}`);
  }

  /** How many messages are in the stream. */
  async messages(stream: string): Promise<number> {
    const info = await this.ask(`$JS.API.STREAM.INFO.${stream}`);
    return (info["state"] as { messages: number }).messages;
  }

  [Symbol.dispose](): void {
    this.client[Symbol.dispose]();
  }
}
