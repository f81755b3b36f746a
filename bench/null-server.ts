// The cheapest thing that the load generator takes for a server: it swallows what is published and sends prebuilt
// messages to who subscribes. What the generator reaches against it is the generator's own limit.

import { deliveredFrame, type FrameShape, roundLength } from "./frames.ts";

const encoder: TextEncoder = new TextEncoder();
const pong: Uint8Array = encoder.encode("PONG\r\n");
const info: Uint8Array = encoder.encode(
  'INFO {"headers":true,"max_payload":1048576,"proto":1}\r\n',
);

interface Peer {
  isSubscribed: boolean;
  offset: number;
}

/** A multiple of whole rounds of deliveries, about a megabyte. */
function deliveries(shape: FrameShape): Uint8Array {
  const frames = Array.from({ length: roundLength(shape) }, (_, at) => deliveredFrame(shape, at));
  return encoder.encode(frames.join(""));
}

function endsWith(chunk: Uint8Array, text: string): boolean {
  return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length)
    .subarray(-text.length)
    .equals(Buffer.from(text));
}

/** Serves on a free port; subscribers are sent messages without end. */
export function startNullServer(shape: FrameShape): Bun.TCPSocketListener<Peer> {
  const stream = deliveries(shape);
  const pour = (socket: Bun.Socket<Peer>): void => {
    for (;;) {
      const { offset } = socket.data;
      const taken = socket.write(stream, offset, stream.length - offset);
      if (taken <= 0) {
        return;
      }
      socket.data.offset = (offset + taken) % stream.length;
    }
  };
  return Bun.listen<Peer>({
    hostname: "127.0.0.1",
    port: 0,
    socket: {
      open(socket) {
        socket.data = { isSubscribed: false, offset: 0 };
        socket.write(info);
      },
      data(socket, chunk) {
        if (chunk.length < 4096 && chunk[0] === 0x53) {
          socket.data.isSubscribed = true;
        }
        if (endsWith(chunk, "PING\r\n")) {
          socket.write(pong);
        }
        if (socket.data.isSubscribed) {
          setTimeout(() => pour(socket), 20);
        }
      },
      drain(socket) {
        if (socket.data.isSubscribed) {
          pour(socket);
        }
      },
      error: () => undefined,
    },
  });
}

if (import.meta.main) {
  const size = Number(process.argv[2] ?? 16);
  const server = startNullServer({ size, subjects: 1, hasHeaders: false, hasReply: false });
  process.stdout.write(`${server.port}\n`);
}
