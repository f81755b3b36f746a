// Answering plain HTTP requests.

export interface HttpRequest {
  readonly method: string;
  /** Path without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly remoteAddress: string;
}

export interface HttpResponse {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface HttpListener extends Disposable {
  readonly host: string;
  readonly port: number;
}

export interface Http {
  /** Throws NetworkError when the address cannot be had. */
  serve(
    address: { readonly host: string; readonly port: number },
    answer: (request: HttpRequest) => HttpResponse,
  ): HttpListener;
}
