/** Describes how a service signs by HMAC, and signs by it. */
import { createHmac } from "node:crypto";
import { URL_CALLED } from "./sample.ts";

/** Tools of a signer. `mac` is node's HMAC, so that a test can change one bit of every signature. */
export type Signer = Readonly<{
  body: string;
  /** Milliseconds UTC. */
  at: number;
  url: string;
  mac: (text: string, hash?: string) => Buffer;
}>;

export type Signed = Readonly<{ headers?: Record<string, string>; query?: string; body?: string }>;

export type Scheme = Readonly<{
  /** The config without the secret. */
  config: Readonly<Record<string, unknown>>;
  sign: (by: Signer) => Signed;
  /** The body; any JSON by default. */
  body?: (text: string) => string;
  /** The sender signs no timestamp, or only as a nonce. */
  untimed?: boolean;
  /** Only some values of the body are signed. */
  unsignedBody?: boolean;
}>;

export const seconds = (at: number) => String(Math.floor(at / 1_000));

/** Signs by a scheme. `spoil` changes one bit of every signature. */
export function signBy(options: {
  scheme: Scheme;
  key: string;
  at: number;
  text?: string;
  spoil?: boolean;
}): Readonly<{ headers: Record<string, string>; query: string; body: string }> {
  const { scheme, key, at, text = "wörld", spoil = false } = options;
  const body = scheme.body?.(text) ?? JSON.stringify({ text });
  const mac = (signed: string, hash = "sha256") => {
    const digest = createHmac(hash, key).update(signed).digest();
    return spoil ? Buffer.from(digest.map((byte, index) => (index === 7 ? byte ^ 1 : byte))) : digest;
  };
  const signed = scheme.sign({ body, at, url: URL_CALLED, mac });
  return {
    headers: signed.headers ?? {},
    query: signed.query ?? URL_CALLED.split("?")[1] ?? "",
    body: signed.body ?? body,
  };
}
