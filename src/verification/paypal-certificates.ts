/** Fetches the certificates that PayPal signs with, from PayPal alone, and keeps those that can be trusted. */
import type { X509Certificate } from "node:crypto";
import { LRUCache } from "lru-cache";
import { type Clock, DAY_MS } from "../lib/clock.ts";
import { AppError } from "../lib/errors.ts";
import type { Outbound } from "../lib/outbound.ts";
import { findTrustedKey, type TrustedKey } from "./certificate-chain.ts";

const HOST = "paypal.com";
const KEEP_MS = DAY_MS;
/** Whoever knows an entrypoint's URL can name addresses: each is asked for seldom, and all of them together too. */
const KEEP_FAILURE_MS = 60_000;
const MOST_KEPT = 100;
const FETCHES_PER_MINUTE = 20;
const CONNECT_TIMEOUT_MS = 3_000;
const TIMEOUT_MS = 5_000;
const MAX_BYTES = 64 * 1024;

type Answer = TrustedKey | "untrusted" | "unreachable";

export type PayPalCertificates = Readonly<{
  /**
   * Null where the URL is not PayPal's, or what is there cannot be trusted. Rejects with AppError unavailable where
   * that cannot be found out now.
   */
  find: (url: string) => Promise<TrustedKey | null>;
}>;

export function createPayPalCertificates(deps: {
  outbound: Pick<Outbound, "request">;
  clock: Clock;
  /** Read at the first use: parsing them takes some milliseconds. */
  roots: () => readonly X509Certificate[];
}): PayPalCertificates {
  const { outbound, clock, roots } = deps;
  const kept = new LRUCache<string, { answer: Promise<Answer>; until: number }>({ max: MOST_KEPT });
  let minute = { since: clock.monotonic(), fetches: 0 };

  function mayFetch(): boolean {
    const now = clock.monotonic();
    if (now - minute.since >= 60_000) minute = { since: now, fetches: 0 };
    return ++minute.fetches <= FETCHES_PER_MINUTE;
  }

  async function fetchKey(url: string): Promise<Answer> {
    const result = await outbound.request({
      ...{ url, method: "GET", headers: [["Accept", "*/*"]], body: new Uint8Array(0) },
      ...{ connectTimeoutMs: CONNECT_TIMEOUT_MS, timeoutMs: TIMEOUT_MS, maxResponseBytes: MAX_BYTES },
      signal: new AbortController().signal,
    });
    if (result.kind === "failed") return "unreachable";
    const { statusCode, body, bodyTruncated } = result.response;
    if (statusCode >= 500 || statusCode === 429 || bodyTruncated) return "unreachable";
    if (statusCode !== 200) return "untrusted";
    return findTrustedKey({ pem: new TextDecoder().decode(body), host: HOST, roots: roots() }) ?? "untrusted";
  }

  function ask(url: string): Promise<Answer> {
    const known = kept.get(url);
    if (known && known.until > clock.monotonic()) return known.answer;
    const answer = mayFetch() ? fetchKey(url) : Promise.resolve("unreachable" as const);
    const entry = { answer, until: clock.monotonic() + KEEP_FAILURE_MS };
    kept.set(url, entry);
    return answer.then((found) => {
      if (typeof found !== "string") entry.until = clock.monotonic() + KEEP_MS;
      return found;
    });
  }

  return {
    async find(url) {
      if (!isPayPals(url)) return null;
      const answer = await ask(url);
      if (answer !== "unreachable") return answer === "untrusted" ? null : answer;
      throw new AppError({
        kind: "unavailable",
        code: "certificate_unavailable",
        message: "The certificate to verify this request with cannot be fetched at the moment.",
        retryAfterSeconds: KEEP_FAILURE_MS / 1_000,
      });
    },
  };
}

function isPayPals(text: string): boolean {
  const url = URL.parse(text);
  if (url?.protocol !== "https:" || url.port !== "" || url.username !== "" || url.password !== "")
    return false;
  return url.hostname === HOST || url.hostname.endsWith(`.${HOST}`);
}
