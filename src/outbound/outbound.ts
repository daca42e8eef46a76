/** The outbound client as its callers see it: a request, and the value that says how it ended. */

export type OutboundHeaders = readonly (readonly [name: string, value: string])[];

export type OutboundRequest = Readonly<{
  /** Absolute http or https URL; the host in it is what TLS verifies, whatever a Host header says. */
  url: string;
  method: string;
  /** Sent in this order. Content-Length, Transfer-Encoding and Connection are the client's own business. */
  headers: OutboundHeaders;
  body: Uint8Array;
  /** Limit for name resolution, TCP and TLS together. */
  connectTimeoutMs: number;
  /** Limit for everything, from the call to the answer's last byte. */
  timeoutMs: number;
  /** Bytes of the answer's body that are kept; the rest is discarded. */
  maxResponseBytes: number;
  signal: AbortSignal;
  /** For https alone; what is left out is as for every other request. */
  tls?: OutboundTls | undefined;
}>;

/** In PEM. */
export type OutboundTls = Readonly<{
  /** Replaces the built-in certificate authorities. */
  ca?: string;
  /** The client's certificate, its chain after it, and its key. */
  cert?: string;
  key?: string;
}>;

export type OutboundResponse = Readonly<{
  statusCode: number;
  headers: OutboundHeaders;
  /** As received: never decompressed. */
  body: Uint8Array;
  /** The body was longer than what is kept, or ended before it was complete. */
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
  /** For people; names host, port and address, never path, query or headers. */
  message: string;
  /** False where the same request can never succeed. */
  retryable: boolean;
}>;

/** Once a status has arrived the result is a response, even if its body was cut short. */
export type OutboundResult = Readonly<{ kind: "response"; response: OutboundResponse }> | OutboundFailure;

export type Outbound = Readonly<{
  /** Never rejects. */
  request: (request: OutboundRequest) => Promise<OutboundResult>;
  /** Ends what is in flight as aborted, and closes every connection. */
  close: () => void;
}>;
