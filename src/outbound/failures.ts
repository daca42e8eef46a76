/** What went wrong on the way to a target, in words for people. */
import type { OutboundFailure, OutboundFailureCode } from "./outbound.ts";
import { InvalidAnswer } from "./response-head.ts";

/** Carries a failure that we decided ourselves to where the others are told. */
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

export function connectTimeoutFailure(place: string, connectTimeoutMs: number): OutboundFailure {
  return failure("connect_timeout", `no connection to ${place} within ${connectTimeoutMs / 1000} s`);
}

export function abortedFailure(): OutboundFailure {
  return failure("aborted", "stopped before a response arrived, because the gateway is stopping");
}

export function lostFailure(place: string): OutboundFailure {
  return failure("connection_lost", `${place} closed the connection before responding`);
}

/** `place` is "host:port". The error is whatever Bun's sockets, TLS or the resolver gave. */
export function classify(error: unknown, place: string): OutboundFailure {
  if (error instanceof OutboundError) return error.failure;
  if (error instanceof InvalidAnswer) {
    return failure("invalid_response", `${place} did not respond with valid HTTP (${error.message})`);
  }
  const { code, message, address, port } = partsOf(error);
  const where = address === undefined ? place : hostAndPort(address, port);
  switch (code) {
    case "ECONNREFUSED":
      return failure("connection_refused", `connection refused by ${where}`);
    case "ECONNRESET":
    case "EPIPE":
    case "ECONNABORTED":
      return lostFailure(place);
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
      if (isTlsCode(code)) return failure("tls", `TLS with ${place} failed: ${tlsReason(code, message)}`);
      return failure("failed", `the request to ${place} failed: ${message}`);
  }
}

/**
 * True where a 408 came in place of a connection's end: the receiver closes it, as it lay idle for too long. RFC 9110
 * 15.5.9 lets the request be repeated. On a new connection the same answer is about the request.
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
  return message || code;
}

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
