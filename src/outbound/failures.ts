/** Describes in words for people why a request to a target failed. */
import type { OutboundFailure, OutboundFailureCode } from "./outbound.ts";
import { InvalidResponse } from "./response-head.ts";

/** Carries a failure that the client decided itself through the code paths of thrown errors. */
export class OutboundError extends Error {
  override readonly name = "OutboundError";
  readonly failure: OutboundFailure;

  constructor(failure: OutboundFailure) {
    super(failure.message);
    this.failure = failure;
  }
}

export function failure(code: OutboundFailureCode, message: string, retryable = true): OutboundFailure {
  return { kind: "failed", code, message, retryable };
}

export function timeoutFailure(timeoutMs: number): OutboundFailure {
  return failure("timeout", `no response within ${timeoutMs / 1000} s`);
}

/** For a receiver that responded with success before it had read the whole request. */
export function unsentFailure(origin: string, timeoutMs: number): OutboundFailure {
  return failure(
    "timeout",
    `${origin} responded, but did not read the whole request within ${timeoutMs / 1000} s`,
  );
}

export function connectTimeoutFailure(origin: string, connectTimeoutMs: number): OutboundFailure {
  return failure("connect_timeout", `no connection to ${origin} within ${connectTimeoutMs / 1000} s`);
}

export function abortedFailure(): OutboundFailure {
  return failure("aborted", "stopped before a response arrived, because the gateway is stopping");
}

export function lostFailure(origin: string): OutboundFailure {
  return failure("connection_lost", `${origin} closed the connection before responding`);
}

/** `origin` is "host:port". `error` is anything that Bun's sockets, TLS or the resolver threw. */
export function classify(error: unknown, origin: string): OutboundFailure {
  if (error instanceof OutboundError) return error.failure;
  if (error instanceof InvalidResponse) {
    return failure("invalid_response", `${origin} did not respond with valid HTTP (${error.message})`);
  }
  const { code, message, address, port } = partsOf(error);
  const where = address === undefined ? origin : hostAndPort(address, port);
  switch (code) {
    case "ECONNREFUSED":
      return failure("connection_refused", `connection refused by ${where}`);
    case "ECONNRESET":
    case "EPIPE":
    case "ECONNABORTED":
      return lostFailure(origin);
    case "ETIMEDOUT":
      return failure("connect_timeout", `no connection to ${where}: it does not respond`);
    case "EHOSTUNREACH":
    case "ENETUNREACH":
    case "EHOSTDOWN":
    case "ENETDOWN":
    case "EADDRNOTAVAIL":
    case "EACCES":
    case "EPERM":
      return failure("unreachable", `${where} cannot be reached from here (${code})`);
    case "EMFILE":
    case "ENFILE":
      return failure("failed", "this server has no file descriptors left for more connections");
    default:
      if (isTlsCode(code)) return failure("tls", `TLS with ${origin} failed: ${tlsReason(code, message)}`);
      return failure("failed", `the request to ${origin} failed: ${message}`);
  }
}

/**
 * Returns true if a 408 only announces that the receiver closes a connection that was idle for too long. RFC 9110
 * 15.5.9 lets the request be repeated. On a new connection the same response is about the request itself.
 */
export function saysIdleTooLong(head: { statusCode: number; closes: boolean }): boolean {
  return head.statusCode === 408 && head.closes;
}

export function hostAndPort(host: string, port: number | string | undefined): string {
  const name = host.includes(":") && !host.startsWith("[") ? `[${host}]` : host;
  return port === undefined ? name : `${name}:${port}`;
}

function isTlsCode(code: string): boolean {
  return (
    /^(ERR_TLS|ERR_SSL|CERT_|UNABLE_TO_|DEPTH_ZERO|SELF_SIGNED|CRL_|ERROR_IN_CERT|INVALID_CA)/.test(code) ||
    ["EPROTO", "ERR_BORINGSSL", "HOSTNAME_MISMATCH", "PATH_LENGTH_EXCEEDED", "INVALID_PURPOSE"].includes(code)
  );
}

function tlsReason(code: string, message: string): string {
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID" || code === "HOSTNAME_MISMATCH") {
    return "its certificate is for a different name";
  }
  if (code === "CERT_HAS_EXPIRED") return "its certificate has expired";
  if (/SELF_SIGNED/.test(code)) return "its certificate is self-signed";
  if (/^UNABLE_TO_/.test(code)) return "its certificate is from an unknown CA";
  const [, alert = message || code] = OF_LIBRARY.exec(message) ?? [];
  return HANDSHAKE_REASONS.find(([name]) => name.test(alert))?.[1] ?? alert;
}

/** The name of the error in "error:100000f7:SSL routines:OPENSSL_internal:WRONG_VERSION_NUMBER". */
const OF_LIBRARY = /^error:[0-9a-f]+:[^:]*:[^:]*:(\w+)/i;
const HANDSHAKE_REASONS: readonly (readonly [name: RegExp, reason: string])[] = [
  [
    /WRONG_VERSION_NUMBER|HTTP_REQUEST|HTTPS_PROXY_REQUEST/,
    "it did not respond with TLS. Check the port, and whether the URL should begin with http://",
  ],
  [/PROTOCOL_VERSION|UNSUPPORTED_PROTOCOL/, "it supports neither TLS 1.2 nor TLS 1.3"],
  [/CERTIFICATE_REQUIRED/, "it requires a client certificate"],
  [/ALERT_\w*(?:CERTIFICATE|UNKNOWN_CA)/, "it refused the client certificate"],
  [
    /ALERT_HANDSHAKE_FAILURE/,
    "it refused the handshake. It may require a client certificate, or support none of the usual ciphers",
  ],
];

function partsOf(error: unknown): {
  code: string;
  message: string;
  address: string | undefined;
  port: number | undefined;
} {
  const message = error instanceof Error ? error.message : String(error);
  if (typeof error !== "object" || error === null)
    return { code: "", message, address: undefined, port: undefined };
  return {
    code: "code" in error && typeof error.code === "string" ? error.code : "",
    message,
    address: "address" in error && typeof error.address === "string" ? error.address : undefined,
    port: "port" in error && typeof error.port === "number" ? error.port : undefined,
  };
}
