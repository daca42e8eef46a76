/** The interface of verification providers: how one kind of sender proves that a request is its own. */
import type { z } from "zod";
import type { Credentials } from "../lib/errors.ts";
import type { FormField } from "../settings/form-field.ts";

/** A request as providers read it. The body is unparsed, byte for byte as received. */
export type ReceivedRequest = Readonly<{
  method: string;
  /** The URL that the sender called, built from BASE_URL, never from the Host header. */
  url: string;
  /** The query string without its "?"; "" if there was none. */
  query: string;
  headers: Headers;
  body: Uint8Array;
  remoteAddress: string;
  /** Time of receipt: milliseconds UTC. */
  receivedAt: number;
}>;

/** `reason` is shown to the entrypoint's owner and contains no secret. */
export type Refusal = Readonly<{ accepted: false; reason: string }>;

/** The result of verifying a request. */
export type Verdict = Readonly<{ accepted: true }> | Refusal;

/** The response to a provider's handshake, for which no event is stored. */
export type HandshakeAnswer = Readonly<{
  status: number;
  contentType: string;
  body: string;
  /** Additional headers, with names in lower case. */
  headers?: Readonly<Record<string, string>>;
  /**
   * The secret that the handshake brings. It must be stored as the config's `secret` before this response is sent, and
   * only if none is stored yet.
   */
  learns?: string;
}>;

/** `name` is case-insensitive for a header, and percent-decoded for a query parameter. */
export type SecretPlace = Readonly<{ in: "header" | "query"; name: string }>;

/** Headers to set, and a parameter to append to the query. */
export type Proof = Readonly<{
  headers?: readonly (readonly [name: string, value: string])[];
  parameter?: string;
}>;

/** Verifies requests by one entrypoint's settings. Never throws because of a request's content, however hostile. */
export type Verifier = Readonly<{
  /** Rejects with AppError `unavailable` if the check is not possible now; senders then retry. */
  verify: (request: ReceivedRequest) => Verdict | Promise<Verdict>;
  /**
   * Called before `verify`, for unsigned handshakes; null if the request is not one. It reads only `valuesOfQuestion`
   * of the body, because the sender is not yet verified.
   */
  unsignedHandshake?: (request: ReceivedRequest) => HandshakeAnswer | Refusal | null;
  /**
   * Called after `verify` accepted the request, for signed handshakes; null if the request is an event. Rejects with
   * AppError `unavailable` if the provider should send the handshake again.
   */
  signedHandshake?: (request: ReceivedRequest) => HandshakeAnswer | null | Promise<HandshakeAnswer | null>;
  /**
   * Returns what the sender would add to prove that a request is its own; omitted if only the sender can. The owner of the
   * entrypoint sends such requests, and `verify` has the last word on them.
   */
  sign?: ((request: ReceivedRequest) => Proof) | undefined;
  /** The current HMAC secret, for entrypoints that answer challenges with an HMAC. */
  key?: Uint8Array;
  /** The event type in the provider's own words ("push"); null if the request has none. */
  eventType: (request: ReceivedRequest) => string | null;
  /**
   * The event id: the same for every copy of an event, and different for every other event. Null if the request has
   * none, or if several events may share it.
   */
  duplicateId: (request: ReceivedRequest) => string | null;
  /**
   * Where a request carries the secret itself, so that anyone who reads the request could impersonate the sender. It is
   * stored masked and never forwarded to targets. Omitted if requests carry a signature instead, or if the secret is in
   * the body, which is stored unchanged.
   */
  secretPlace?: SecretPlace;
}>;

export type Provider<Config = unknown> = Readonly<{
  /** The identifier in the API and the database: "github". */
  type: string;
  /** The name on pages: "GitHub". */
  label: string;
  /** One sentence for the form: what is checked, and where the provider shows the settings. */
  description: string;
  /**
   * True if the provider is not bound to one service: the entrypoint's owner describes how the sender proves itself.
   */
  isGeneric?: boolean;
  /** Validates the `config` of an entrypoint's verification and fills in defaults. */
  configSchema: z.ZodType<Config>;
  /** Validates on save. It can be stricter than `configSchema`, which must accept everything already stored. */
  inputSchema?: z.ZodType<Config>;
  /** Form fields in order. `secret` fields are encrypted at rest and never shown again. */
  fields: readonly FormField[];
  /** Called once per entrypoint and kept until it changes, so that keys are not derived for each request. */
  prepare: (config: Config) => Verifier;
  /** The authentication scheme that a refusal asks for (WWW-Authenticate); omitted if HTTP has none. */
  credentials?: Credentials;
  /**
   * Methods other than POST that unsigned handshakes use. If `unsignedHandshake` returns null for HEAD or OPTIONS, they
   * are answered as if the entrypoint allowed them.
   */
  handshakeMethods?: readonly string[];
  /** Returns whether a request's headers look like this provider's; the dashboard then suggests it. */
  recognizes?: (headers: Headers) => boolean;
}>;

export const ACCEPTED: Verdict = { accepted: true };

export function refused(reason: string): Refusal {
  return { accepted: false, reason };
}
