/** What the contract has to know of a provider: its keys, its config, and its way to sign. */
import type { ReceivedRequest } from "../../src/verification/provider.ts";

/** What a sender makes of a body. */
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
  /** What is valid first, what replaces it, and what never was valid. */
  keys: Readonly<{ current: string; next: string; wrong: string }>;
  /** The config that knows the key, and one more that is still valid, where such is possible. */
  config: (key: string, previous?: string) => Record<string, unknown>;
  /** Those without which nothing can be verified, as senders write them. */
  headers: readonly string[];
  /** The header of the signature or secret; null where that stands in the body or is no text. */
  signatureHeader: string | null;
  body: string;
  eventType: string | null;
  duplicateId: string | null;
  /** Null: the provider does not sign the time. */
  toleranceSeconds: number | null;
  /** False where the body itself is not signed, or not the key decides. */
  signsBody: boolean;
  /** What is signed are characters: bytes that are none are refused, as two bodies could have one signature. */
  signsText?: boolean;
  /** The config may be empty: the secret is learned, or known, later. */
  takesNoSecret?: boolean;
  /** The config holds no secret that signs: public keys, networks. */
  isPublic?: boolean;
  /** Whether the provider's own library takes the request; the time is the real one. */
  official?: (sent: Sent, signing: Signing) => unknown;
  /** What a request with an empty body needs to be accepted is more than the provider gives it. */
  refusesEmpty?: boolean;
}>;

/** Not a whole second, so that rounding is seen. */
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
