/** What went wrong on the way to a target, in words for people. */
import type { OutboundFailure, OutboundFailureCode } from "./outbound.ts";
import { InvalidAnswer } from "./outbound-answer-head.ts";

/** Carries a failure that we decided ourselves through the callbacks of node:https. */
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
  return failure("timeout", `no answer within ${timeoutMs / 1000} s`);
}

export function connectTimeoutFailure(place: string, connectTimeoutMs: number): OutboundFailure {
  return failure("connect_timeout", `no connection to ${place} within ${connectTimeoutMs / 1000} s`);
}

export function abortedFailure(): OutboundFailure {
  return failure("aborted", "stopped before an answer came, because the gateway is stopping");
}

export function lostFailure(place: string): OutboundFailure {
  return failure("connection_lost", `${place} closed the connection before it answered`);
}

/** `place` is "host:port". The error is whatever node:https, node:tls, Bun's sockets or the lookup gave. */
export function classify(error: unknown, place: string): OutboundFailure {
  if (error instanceof OutboundError) return error.failure;
  if (error instanceof InvalidAnswer) {
    return failure("invalid_response", `${place} did not answer in HTTP (${error.message})`);
  }
  // One try per address of the name: the first says as much as all of them.
  if (error instanceof AggregateError && error.errors.length > 0) return classify(error.errors[0], place);
  const { code, message, address, port } = partsOf(error);
  const where = address === undefined ? place : hostAndPort(address, port);
  switch (code) {
    case "ECONNREFUSED":
      return failure("connection_refused", `connection refused by ${where}`);
    case "ECONNRESET":
    case "EPIPE":
    case "ECONNABORTED":
    case "ERR_STREAM_DESTROYED":
    case "ERR_STREAM_PREMATURE_CLOSE":
      return lostFailure(place);
    case "ETIMEDOUT":
      return failure("connect_timeout", `no connection to ${where}: it does not answer`);
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
      return failure("failed", "this server has no file descriptor left for another connection");
    default:
      if (isTlsCode(code)) return failure("tls", `TLS with ${place} failed: ${tlsReason(code, message)}`);
      if (code.startsWith("HPE_")) return failure("invalid_response", invalidResponse(code, place));
      return failure("failed", `the request to ${place} failed: ${message}`);
  }
}

/** For an error thrown while the request was put together, before anything was sent. */
export function invalidRequest(error: unknown): OutboundFailure {
  const { code } = partsOf(error);
  return failure("invalid_request", `the request cannot be sent as HTTP (${code || "invalid"})`, false);
}

/** The peer closed a kept-alive connection while it lay idle: nothing of the request was looked at. */
export function isStaleConnection(error: unknown): boolean {
  const { code } = partsOf(error);
  return code === "ECONNRESET" || code === "EPIPE" || code === "ECONNABORTED";
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
    ["EPROTO", "HOSTNAME_MISMATCH", "PATH_LENGTH_EXCEEDED", "INVALID_PURPOSE"].includes(code)
  );
}

function tlsReason(code: string, message: string): string {
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID" || code === "HOSTNAME_MISMATCH") {
    return "its certificate is for another name";
  }
  if (code === "CERT_HAS_EXPIRED") return "its certificate has expired";
  if (/SELF_SIGNED/.test(code)) return "its certificate is self-signed";
  if (/^UNABLE_TO_/.test(code)) return "its certificate is from an unknown authority";
  return message || code;
}

function invalidResponse(code: string, place: string): string {
  if (code === "HPE_HEADER_OVERFLOW") return `${place} answered with more headers than are accepted`;
  return `${place} did not answer in HTTP (${code})`;
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
