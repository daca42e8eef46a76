/** The interface of a verification provider: how one kind of sender proves that a request is its own. */
import type { z } from "zod";
import type { Credentials } from "../lib/errors.ts";
import type { FormField } from "../settings/form-field.ts";

/** What a provider may look at; the body is exactly what was received and nothing has parsed it. */
export type ReceivedRequest = Readonly<{
  method: string;
  /** The URL that the sender called, built from BASE_URL, never from the Host header. */
  url: string;
  /** The query string without its "?"; "" when there was none. */
  query: string;
  headers: Headers;
  body: Uint8Array;
  remoteAddress: string;
  /** When it was received: milliseconds UTC. */
  receivedAt: number;
}>;

/** `reason` is for the entrypoint's owner and names no secret. */
export type Refusal = Readonly<{ accepted: false; reason: string }>;

/** Whether a request is the sender's. */
export type Verdict = Readonly<{ accepted: true }> | Refusal;

/** The answer to a provider's question whether this URL is willing; no event is stored for it. */
export type HandshakeAnswer = Readonly<{
  status: number;
  contentType: string;
  body: string;
  /** More headers; names in lower case. */
  headers?: Readonly<Record<string, string>>;
  /**
   * The secret that the question brings: it has to be stored as the config's `secret` before this is answered, and
   * only where none is stored yet.
   */
  learns?: string;
}>;

/** `name` in any case for a header, and decoded for a query parameter. */
export type SecretPlace = Readonly<{ in: "header" | "query"; name: string }>;

/** What knows one entrypoint's settings. It throws for no request, however hostile. */
export type Verifier = Readonly<{
  /** Rejects with AppError unavailable where it cannot find out now: senders are to try again later. */
  verify: (request: ReceivedRequest) => Verdict | Promise<Verdict>;
  /**
   * Asked before `verify`, for the questions that a provider asks without signing them; null where the request is
   * none. Of a body it reads what `valuesOfQuestion` gives, and no more: nothing is known of the sender yet.
   */
  unsignedHandshake?: (request: ReceivedRequest) => HandshakeAnswer | Refusal | null;
  /**
   * Asked once `verify` has accepted, for the questions that are signed like events; null where it is an event.
   * Rejects with AppError unavailable where the provider is to ask again.
   */
  signedHandshake?: (request: ReceivedRequest) => HandshakeAnswer | null | Promise<HandshakeAnswer | null>;
  /** The current secret where it signs by HMAC, for an entrypoint whose questions are answered by one. */
  key?: Uint8Array;
  /** What happened, in the provider's own words ("push"); null where the request does not say. */
  eventType: (request: ReceivedRequest) => string | null;
  /**
   * The same for every copy of one event, and for no other event; null where the request does not say. An id that
   * several events may share is none.
   */
  duplicateId: (request: ReceivedRequest) => string | null;
  /**
   * Where a request carries the secret itself, so that whoever reads it could send in the sender's name: it is stored
   * as a mark, and goes on to no target. Left out where requests carry a signature of their own content, or where the
   * secret is in the body, which is stored as it is.
   */
  secretPlace?: SecretPlace;
}>;

export type Provider<Config = unknown> = Readonly<{
  /** The word in the API and the database: "github". */
  type: string;
  /** The word on pages: "GitHub". */
  label: string;
  /** One sentence for the form: what is checked, and where its settings are found at the provider. */
  description: string;
  /** Not of one service: the entrypoint's owner describes how any sender proves itself. */
  isGeneric?: boolean;
  /** Checks and completes the `config` of an entrypoint's verification. */
  configSchema: z.ZodType<Config>;
  /** The same for what a person saves, with faults that would break what is stored already, and in use. */
  inputSchema?: z.ZodType<Config>;
  /** How forms draw the config, in order; `secret` fields are sealed at rest and never shown again. */
  fields: readonly FormField[];
  /** Called once for an entrypoint and kept while that is unchanged: keys are derived here, not per request. */
  prepare: (config: Config) => Verifier;
  /** What a refusal asks its senders for, in HTTP's own words; left out where HTTP has none for it. */
  credentials?: Credentials;
  /**
   * Methods beside POST that its unsigned handshakes come with. HEAD and OPTIONS are answered as if the entrypoint
   * allowed them where `unsignedHandshake` has no answer.
   */
  handshakeMethods?: readonly string[];
  /** True where a request's headers look like this provider's: the dashboard then proposes it. */
  recognizes?: (headers: Headers) => boolean;
}>;

export const ACCEPTED: Verdict = { accepted: true };

export function refused(reason: string): Refusal {
  return { accepted: false, reason };
}
