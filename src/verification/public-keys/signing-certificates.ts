/**
 * Fetches the certificates that a provider's requests name, only from the provider's own host, and caches those that
 * verified a signature.
 */
import { LRUCache } from "lru-cache";
import { type Clock, DAY_MS } from "../../lib/clock.ts";
import { AppError } from "../../lib/errors.ts";
import type { Outbound } from "../../outbound/outbound.ts";
import type { TrustedKey } from "../certificate-chain.ts";
import { createFetchBudget } from "./fetch-budget.ts";

const KEEP_MS = DAY_MS;
/** The minimum time before a URL that returned no usable certificate is fetched again. */
const KEEP_FAILURE_MS = 60_000;
const MOST_KEPT = 100;
const CONNECT_TIMEOUT_MS = 3_000;
const TIMEOUT_MS = 5_000;
const MAX_BYTES = 64 * 1024;

type Answer = TrustedKey | "untrusted" | "unreachable";
type Entry = { answer: Promise<Answer>; until: number };

type FoundKey = TrustedKey &
  Readonly<{
    /** Call after the key verified a signature. From then on, strangers' requests cannot evict it. */
    proveRight: () => void;
  }>;

export type CertificateFinder = (
  named: Readonly<{ url: string; remoteAddress: string }>,
) => Promise<FoundKey | null>;

export type SigningCertificates = Readonly<{
  /**
   * Opens a finder for one entrypoint. It resolves with null if the URL is not the provider's or its certificate is not
   * trusted, and rejects with AppError `unavailable` if the certificate cannot be fetched now.
   */
  openFinder: () => CertificateFinder;
}>;

export function createSigningCertificates(deps: {
  outbound: Pick<Outbound, "request">;
  clock: Pick<Clock, "monotonic">;
  /** Returns whether the provider publishes certificates at this URL. */
  isTheirs: (url: URL) => boolean;
  /** Null if the text contains no trusted certificate of the provider. */
  read: (pem: string) => TrustedKey | null;
}): SigningCertificates {
  const { outbound, clock, isTheirs, read } = deps;
  const budget = createFetchBudget(clock);
  // Strangers can fill `named` with URLs of their choice; `proved` holds only keys that verified a signature.
  const named = new LRUCache<string, Entry>({ max: MOST_KEPT });
  const proved = new LRUCache<string, Entry>({ max: MOST_KEPT });

  async function fetchKey(url: string): Promise<Answer> {
    const result = await outbound.request({
      url,
      method: "GET",
      headers: [["Accept", "*/*"]],
      body: new Uint8Array(0),
      connectTimeoutMs: CONNECT_TIMEOUT_MS,
      timeoutMs: TIMEOUT_MS,
      maxResponseBytes: MAX_BYTES,
      signal: new AbortController().signal,
    });
    if (result.kind === "failed") return "unreachable";
    const { statusCode, body, bodyTruncated } = result.response;
    if (statusCode >= 500 || statusCode === 429 || bodyTruncated) return "unreachable";
    if (statusCode !== 200) return "untrusted";
    return read(new TextDecoder().decode(body)) ?? "untrusted";
  }

  function startFetch(url: string): Entry {
    const entry: Entry = { answer: fetchKey(url), until: clock.monotonic() + KEEP_FAILURE_MS };
    entry.answer.then(
      (found) => {
        if (typeof found !== "string") entry.until = clock.monotonic() + KEEP_MS;
      },
      () => undefined,
    );
    return entry;
  }

  /** Fetches a proved key again, and keeps the old one in use while the fetch fails. */
  async function renew(url: string, old: Entry): Promise<Answer> {
    const next = startFetch(url);
    const lasting = next.answer.then((found) => (found === "unreachable" ? old.answer : found));
    const entry: Entry = { answer: lasting, until: next.until };
    proved.set(url, entry);
    const found = await next.answer;
    entry.until = next.until;
    if (found === "untrusted") proved.delete(url);
    return lasting;
  }

  async function ask(url: string, mayFetch: () => boolean): Promise<Answer> {
    const now = clock.monotonic();
    const kept = proved.get(url);
    if (kept) return kept.until > now || !mayFetch() ? kept.answer : renew(url, kept);
    const known = named.get(url);
    if (known && known.until > now) return known.answer;
    // Not cached: a fetch refused to one stranger may still be allowed to the sender.
    if (!mayFetch()) return "unreachable";
    const entry = startFetch(url);
    named.set(url, entry);
    return entry.answer;
  }

  function proveRight(url: string): void {
    const entry = named.get(url);
    if (!entry) return;
    proved.set(url, entry);
    named.delete(url);
  }

  return {
    openFinder() {
      const mayFetch = budget.openFor();
      return async ({ url: text, remoteAddress }) => {
        const url = URL.parse(text);
        // Only the canonical spelling is accepted, so that each certificate has one cache key.
        if (url === null || url.href !== text || !isTheirs(url)) return null;
        const answer = await ask(text, () => mayFetch(remoteAddress));
        if (answer === "untrusted") return null;
        if (answer !== "unreachable") return { ...answer, proveRight: () => proveRight(text) };
        throw new AppError({
          kind: "unavailable",
          code: "certificate_unavailable",
          message:
            "The certificate needed to verify this request could not be fetched. The sender can retry later.",
          retryAfterSeconds: KEEP_FAILURE_MS / 1_000,
        });
      };
    },
  };
}

/** Returns whether the URL is https on the default port, without user, query or fragment. */
export function isPlainHttps({ protocol, port, username, password, search, hash }: URL): boolean {
  return protocol === "https:" && [port, username, password, search, hash].every((part) => part === "");
}
