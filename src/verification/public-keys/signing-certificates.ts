/** Fetches the certificates that a provider's requests name, from the provider alone, and keeps those that proved right. */
import { LRUCache } from "lru-cache";
import { type Clock, DAY_MS } from "../../lib/clock.ts";
import { AppError } from "../../lib/errors.ts";
import type { Outbound } from "../../outbound/outbound.ts";
import type { TrustedKey } from "../certificate-chain.ts";
import { createFetchBudget } from "./fetch-budget.ts";

const KEEP_MS = DAY_MS;
/** An address that has no certificate, or none now, is asked again after this time at the earliest. */
const KEEP_FAILURE_MS = 60_000;
const MOST_KEPT = 100;
const CONNECT_TIMEOUT_MS = 3_000;
const TIMEOUT_MS = 5_000;
const MAX_BYTES = 64 * 1024;

type Answer = TrustedKey | "untrusted" | "unreachable";
type Entry = { answer: Promise<Answer>; until: number };

export type FoundKey = TrustedKey &
  Readonly<{
    /** To be called once it verified a signature: no stranger's requests can push it out from then on. */
    proveRight: () => void;
  }>;

export type CertificateFinder = (
  named: Readonly<{ url: string; remoteAddress: string }>,
) => Promise<FoundKey | null>;

export type SigningCertificates = Readonly<{
  /**
   * A finder for one entrypoint. It resolves with null where the URL is not the provider's, or what is there cannot be
   * trusted; and rejects with AppError unavailable where that cannot be found out now.
   */
  openFinder: () => CertificateFinder;
}>;

export function createSigningCertificates(deps: {
  outbound: Pick<Outbound, "request">;
  clock: Pick<Clock, "monotonic">;
  /** Whether the address is exactly one of those under which the provider has its certificates. */
  isTheirs: (url: URL) => boolean;
  /** Null where the text holds no certificate of the provider's that can be trusted. */
  read: (pem: string) => TrustedKey | null;
}): SigningCertificates {
  const { outbound, clock, isTheirs, read } = deps;
  const budget = createFetchBudget(clock);
  // Strangers can name addresses, and so fill the one; only what verified a signature is in the other.
  const named = new LRUCache<string, Entry>({ max: MOST_KEPT });
  const proved = new LRUCache<string, Entry>({ max: MOST_KEPT });

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

  /** A key that proved right stays in use while it cannot be fetched anew. */
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
    // Not kept: what one stranger may not ask for, the sender may.
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
        // Written in the one way that the provider writes it, so that one certificate has one name.
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

/** Whether the URL is https at its usual port, without a user, a query or a fragment. */
export function isPlainHttps({ protocol, port, username, password, search, hash }: URL): boolean {
  return protocol === "https:" && [port, username, password, search, hash].every((part) => part === "");
}
