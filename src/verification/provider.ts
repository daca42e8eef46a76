/** The interface of a verification provider: how one kind of sender proves that a request is its own. */
import type { z } from "zod";
import type { FormField } from "../lib/form-field.ts";

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

/** Whether a request is the sender's; `reason` is for the entrypoint's owner and names no secret. */
export type Verdict = Readonly<{ accepted: true }> | Readonly<{ accepted: false; reason: string }>;

/** The answer to a provider's question whether this URL is willing; no event is stored for it. */
export type HandshakeAnswer = Readonly<{ status: number; contentType: string; body: string }>;

export type Provider<Config = unknown> = Readonly<{
  /** The word in the API and the database: "github". */
  type: string;
  /** The word on pages: "GitHub". */
  label: string;
  /** One sentence for the form: what is checked, and where its settings are found at the provider. */
  description: string;
  /** Checks and completes the `config` of an entrypoint's verification. */
  configSchema: z.ZodType<Config>;
  /** How forms draw the config, in order; `secret` fields are sealed at rest and never shown again. */
  fields: readonly FormField[];
  verify: (request: ReceivedRequest, config: Config) => Verdict | Promise<Verdict>;
  /** Null where the request is no handshake. Asked before `verify`; verifies by itself what the provider signs. */
  handshake?: (request: ReceivedRequest, config: Config) => HandshakeAnswer | null;
  /** Methods beside POST that its handshakes come with. */
  handshakeMethods?: readonly string[];
  /** What happened, in the provider's own words ("push"); null where the request does not say. */
  eventType?: (request: ReceivedRequest) => string | null;
  /** The same for every copy of one event; null where the request does not say. */
  duplicateId?: (request: ReceivedRequest) => string | null;
  /** True where a request's headers look like this provider's: the dashboard then proposes it. */
  recognizes?: (headers: Headers) => boolean;
}>;
