// Plain HTTP by Bun.serve. Every request is answered in the turn it arrives in.

import type { Http, HttpListener, HttpRequest, HttpResponse } from "../ports/http.ts";
import { listenFailure, plainAddress } from "./network-failure.ts";

type Answer = (request: HttpRequest) => HttpResponse;

/** A path whose escapes are broken is taken as it stands. */
function decodedPath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

function responseTo(request: Request, remoteAddress: string, answer: Answer): Response {
  const url = new URL(request.url);
  const answered = answer({
    method: request.method,
    path: decodedPath(url.pathname),
    query: url.searchParams,
    remoteAddress,
  });
  return new Response(answered.body, {
    status: answered.status,
    headers: { "content-type": answered.contentType, ...answered.headers },
  });
}

function serveOn(hostname: string, port: number, answer: Answer): Bun.Server<undefined> {
  return Bun.serve({
    hostname,
    port,
    development: false,
    // Without development Bun shares ports by default, and a second server would steal half of the requests.
    reusePort: false,
    fetch: (request, server) =>
      responseTo(request, plainAddress(server.requestIP(request)?.address), answer),
    error: (fault) => {
      // A fault of ours: it must stop the process, but outside of Bun's own handling of requests.
      setImmediate(() => {
        throw fault;
      });
      return new Response("internal error", { status: 500 });
    },
  });
}

export class BunHttp implements Http {
  serve(address: { readonly host: string; readonly port: number }, answer: Answer): HttpListener {
    const { host, port } = address;
    let cause: unknown;
    for (const hostname of host === "0.0.0.0" ? ["::", "0.0.0.0"] : [host]) {
      try {
        const server = serveOn(hostname, port, answer);
        return {
          host,
          port: server.port ?? port,
          [Symbol.dispose]: (): void => {
            void server.stop(true);
          },
        };
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
