/** Interface of the outbound client: a request, and the value that says how it ended. */

export type OutboundHeaders = readonly (readonly [name: string, value: string])[];

export type OutboundRequest = Readonly<{
  /** Absolute http or https URL. TLS verifies the host in it, whatever the Host header says. */
  url: string;
  method: string;
  /** Sent in this order. The client sets Content-Length, Transfer-Encoding and Connection itself. */
  headers: OutboundHeaders;
  body: Uint8Array;
  /** Limit for name resolution, TCP and TLS together. */
  connectTimeoutMs: number;
  /** Limit for the whole request, from the call to the last byte of the response. */
  timeoutMs: number;
  /** Number of bytes of the response body to keep; the rest is discarded. */
  maxResponseBytes: number;
  signal: AbortSignal;
  /** Applies to https only; a field left out keeps the client's default. */
  tls?: OutboundTls | undefined;
}>;

/** Certificates and keys in PEM. */
export type OutboundTls = Readonly<{
  /** Certificate authorities that replace the built-in ones. */
  ca?: string;
  /** Client certificate, followed by its chain. `key` is its private key. */
  cert?: string;
  key?: string;
}>;

export type OutboundResponse = Readonly<{
  statusCode: number;
  headers: OutboundHeaders;
  /** Body as received: never decompressed. */
  body: Uint8Array;
  /** True if the body was longer than the limit, or ended before it was complete. */
  bodyTruncated: boolean;
}>;

export type OutboundFailureCode =
  | "invalid_url"
  | "invalid_request"
  | "forbidden_address"
  | "name_not_resolved"
  | "connection_refused"
  | "connection_lost"
  | "unreachable"
  | "connect_timeout"
  | "timeout"
  | "tls"
  | "invalid_response"
  | "aborted"
  | "failed";

export type OutboundFailure = Readonly<{
  kind: "failed";
  code: OutboundFailureCode;
  /** Message for people; names host, port and address, never path, query or headers. */
  message: string;
  /** False if the same request can never succeed. */
  retryable: boolean;
}>;

/** A response as soon as a status has arrived, even if its body was cut short; else a failure. */
export type OutboundResult = Readonly<{ kind: "response"; response: OutboundResponse }> | OutboundFailure;

export type Outbound = Readonly<{
  /**
   * Why every request to this URL is refused, as far as its text tells: by a literal address or "localhost". Null if
   * only its name's resolution can tell.
   */
  refusal: (url: string) => string | null;
  /** Never rejects. */
  request: (request: OutboundRequest) => Promise<OutboundResult>;
  /** Ends requests in flight as aborted, and closes every connection. */
  close: () => void;
}>;
