/** The contract's view of a provider: its keys, its config, and how it signs. */
import type { ReceivedRequest } from "../../src/verification/provider.ts";

/** A request that a sender creates for a body. */
export type Sent = Readonly<{
  headers: Readonly<Record<string, string>>;
  query?: string;
  body: Uint8Array;
}>;

export type Signing = Readonly<{
  body: Uint8Array;
  /** Milliseconds UTC. */
  at: number;
  /** One of the sample's keys. */
  key: string;
  url: string;
}>;

export type Sample = Readonly<{
  type: string;
  /** Signs with any of the keys. */
  sign: (signing: Signing) => Sent | Promise<Sent>;
  /** The first key, the one that replaces it, and one that was never valid. */
  keys: Readonly<{ current: string; next: string; wrong: string }>;
  /** Returns the config with a key, and with a previous one if supported. */
  config: (key: string, previous?: string) => Record<string, unknown>;
  /** Required headers, as senders write them. */
  headers: readonly string[];
  /** The header of the signature or secret; null if it is in the body or not text. */
  signatureHeader: string | null;
  body: string;
  eventType: string | null;
  duplicateId: string | null;
  /** Null: the timestamp is not signed. */
  toleranceSeconds: number | null;
  /** False if the body is not signed, or the key does not decide. */
  signsBody: boolean;
  /** The signature covers text: invalid bytes are refused, because two bodies could share a signature. */
  signsText?: boolean;
  /** The config can be empty, because the secret is learned or entered later. */
  takesNoSecret?: boolean;
  /** The config contains no signing secret: public keys, networks. */
  isPublic?: boolean;
  /** Returns whether the provider's own library accepts the request; uses the real time. */
  official?: (sent: Sent, signing: Signing) => unknown;
  /** Whether the provider cannot sign an empty body in a way that is accepted. */
  refusesEmpty?: boolean;
}>;

/** Not a whole second, so that rounding is noticed. */
export const NOW = Date.UTC(2026, 0, 2, 3, 4, 5, 678);
export const URL_CALLED =
  "https://hooks.example/webhook/3f1d8f60-5d0c-4f4e-9a55-0a3b8f6a2c11/tail?a=1&b=%20c";

export function requestOf(sent: Sent, changes: Partial<ReceivedRequest> = {}): ReceivedRequest {
  const own = URL_CALLED.split("?")[1] ?? "";
  return {
    method: "POST",
    url: sent.query === undefined ? URL_CALLED : `${URL_CALLED.split("?")[0]}?${sent.query}`,
    query: sent.query ?? own,
    headers: new Headers(sent.headers),
    body: sent.body,
    remoteAddress: "203.0.113.9",
    receivedAt: NOW,
    ...changes,
  };
}
