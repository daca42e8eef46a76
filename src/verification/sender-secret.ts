/** Keeps the secret that a request carries out of what is stored of it, and puts it back to verify that again. */
import { z } from "zod";
import { AppError } from "../lib/errors.ts";
import { hasMaskedParameter, listParameterValues, maskParameter } from "../settings/masked-secret.ts";
import { REDACTED, type Sealer } from "../settings/sealed-config.ts";
import type { SecretPlace } from "./provider.ts";

type Carrier = Readonly<{ headers: Headers; query: string }>;

/** What stood in a request before it was masked; `query` is null where that is as it was. */
const hiddenSchema = z.object({
  headers: z.array(z.tuple([z.string(), z.string()])),
  query: z.string().nullable(),
});

export type HiddenSecret = z.infer<typeof hiddenSchema>;

/** Shorter secrets may stand in any header by chance. */
const SHORTEST_REPEATED = 8;
/** These say how the body is read, and repeat no secret. */
const NEVER_HIDDEN = /^content-/;

/**
 * The request with a mark where its secret stood, and in headers that repeat it, as proxies write them
 * (X-Forwarded-Uri, X-Amzn-Remapped-Authorization). `hidden` is null, and the request what it was, where it carries none
 * there or `place` is undefined.
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

/** In a header without the word before it: a proxy may repeat it alone. In the query as it is written, and as it is meant. */
function secretsAt({ headers, query }: Carrier, { in: place, name }: SecretPlace): readonly string[] {
  if (place === "query") return listParameterValues(query, name);
  const value = headers.get(name);
  return value === null ? [] : [value.trim().split(/\s+/).at(-1) ?? value];
}

/** Whether the secret that is to be verified is one that was not stored. */
export function isSecretHidden({ headers, query }: Carrier, place: SecretPlace | undefined): boolean {
  if (place === undefined) return false;
  return place.in === "query" ? hasMaskedParameter(query) : headers.get(place.name) === REDACTED;
}

/** Opens for that rejected request alone. */
export function sealSecret(hidden: HiddenSecret, rejectedId: string, keys: Pick<Sealer, "seal">): string {
  return keys.seal(JSON.stringify(hidden), boundTo(rejectedId));
}

/** The request as it came; null where the secret was sealed with another key. */
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
