/** Masks the secret that a request carries before storing it, and restores it to verify the request again. */
import { z } from "zod";
import { AppError } from "../lib/errors.ts";
import { hasMaskedParameter, listParameterValues, maskParameter } from "../settings/masked-secret.ts";
import { REDACTED, type Sealer } from "../settings/sealed-config.ts";
import type { SecretPlace } from "./provider.ts";

type Carrier = Readonly<{ headers: Headers; query: string }>;

/** The original headers and query of a masked request; `query` is null if it was not masked. */
const hiddenSchema = z.object({
  headers: z.array(z.tuple([z.string(), z.string()])),
  query: z.string().nullable(),
});

type HiddenSecret = z.infer<typeof hiddenSchema>;

/** Shorter secrets may occur in a header by chance. */
const SHORTEST_REPEATED = 8;
/** These describe the body, and never repeat a secret. */
const NEVER_HIDDEN = /^content-/;

/**
 * Masks the secret in a request, and in headers that repeat it, as proxies do (X-Forwarded-Uri,
 * X-Amzn-Remapped-Authorization). If the request carries no secret or `place` is undefined, it is returned unchanged
 * and `hidden` is null.
 */
export function hideSecret<T extends Carrier>(
  request: T,
  place: SecretPlace | undefined,
): Readonly<{ shown: T; hidden: HiddenSecret | null }> {
  if (place === undefined) return { shown: request, hidden: null };
  const secrets = secretsAt(request, place);
  if (secrets.length === 0) return { shown: request, hidden: null };
  const headers = new Headers(request.headers);
  const hiddenHeaders: [string, string][] = [];
  const repeated = secrets.filter(({ length }) => length >= SHORTEST_REPEATED);
  for (const [name, value] of request.headers) {
    const isPlace = place.in === "header" && name === place.name.toLowerCase();
    const isRepeated = !NEVER_HIDDEN.test(name) && repeated.some((secret) => value.includes(secret));
    if (!isPlace && !isRepeated) continue;
    headers.set(name, REDACTED);
    hiddenHeaders.push([name, value]);
  }
  const query = place.in === "query" ? maskParameter(request.query, place.name) : request.query;
  const hiddenQuery = query === request.query ? null : request.query;
  return { shown: { ...request, headers, query }, hidden: { headers: hiddenHeaders, query: hiddenQuery } };
}

/**
 * Returns the secrets at a place. In a header, the scheme before the secret is dropped, because a proxy may repeat the
 * secret alone. In a query, both the escaped and the decoded text count.
 */
function secretsAt({ headers, query }: Carrier, { in: place, name }: SecretPlace): readonly string[] {
  if (place === "query") return listParameterValues(query, name);
  const value = headers.get(name);
  return value === null ? [] : [value.trim().split(/\s+/).at(-1) ?? value];
}

/** Returns whether the secret to verify was masked when the request was stored. */
export function isSecretHidden({ headers, query }: Carrier, place: SecretPlace | undefined): boolean {
  if (place === undefined) return false;
  return place.in === "query" ? hasMaskedParameter(query) : headers.get(place.name) === REDACTED;
}

/** Encrypts the hidden secret, bound to this rejected request. */
export function sealSecret(hidden: HiddenSecret, rejectedId: string, keys: Pick<Sealer, "seal">): string {
  return keys.seal(JSON.stringify(hidden), boundTo(rejectedId));
}

/** Encrypts the secret of a rejected request again; null if no key of `from` opens it. */
export function resealSecret(
  kept: Readonly<{ id: string; sealedSecret: string }>,
  { from, to }: Readonly<{ from: Pick<Sealer, "open">; to: Pick<Sealer, "seal"> }>,
): string | null {
  const text = openOrNull(kept.sealedSecret, boundTo(kept.id), from);
  return text === null ? null : to.seal(text, boundTo(kept.id));
}

/** Returns the original request; null if the secret was encrypted with another key. */
export function revealSecret<T extends Carrier>(
  request: T,
  kept: Readonly<{ id: string; sealedSecret: string | null }>,
  keys: Pick<Sealer, "open">,
): T | null {
  if (kept.sealedSecret === null) return request;
  const text = openOrNull(kept.sealedSecret, boundTo(kept.id), keys);
  if (text === null) return null;
  const hidden = hiddenSchema.parse(JSON.parse(text));
  const headers = new Headers(request.headers);
  for (const [name, value] of hidden.headers) headers.set(name, value);
  return { ...request, headers, query: hidden.query ?? request.query };
}

function openOrNull(sealed: string, place: string, keys: Pick<Sealer, "open">): string | null {
  try {
    return keys.open(sealed, place);
  } catch (error) {
    if (error instanceof AppError) return null;
    throw error;
  }
}

function boundTo(rejectedId: string): string {
  return `rejected:${rejectedId}:secret`;
}
