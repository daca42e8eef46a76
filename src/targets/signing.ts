/** Signs a target's requests (Standard Webhooks): reads and seals the stored settings, and creates the signer. */
import { z } from "zod";
import type { Sealer } from "../settings/sealed-config.ts";
import { openSigningKey, SIGNING_SCHEMES, type SigningKey, type SigningScheme } from "./signing-keys.ts";

/** `secret` is missing if it was left out when the webhook was exported. */
const storedSchema = z.object({
  scheme: z.enum(SIGNING_SCHEMES),
  secret: z.string().optional(),
  /** Previous secret, which also signs until `until` (milliseconds UTC). */
  previous: z.object({ secret: z.string().optional(), until: z.number() }).optional(),
});

export type StoredSigning = z.infer<typeof storedSchema>;

/** Creates the signature headers of a target's requests. */
export type Signer = Readonly<{
  /** `now` is the time of the attempt, in milliseconds UTC. */
  headers: (signed: { id: string; body: Uint8Array; now: number }) => readonly (readonly [string, string])[];
}>;

/** Names of the signature headers, in lower case. */
export const SIGNING_HEADERS: ReadonlySet<string> = new Set([
  "webhook-id",
  "webhook-timestamp",
  "webhook-signature",
]);

export type OpenedSigning = Readonly<{ signer: Signer; publicKey: string | null }>;

type Of = Readonly<{ targetId: string; keys: Sealer }>;

/** Throws a ZodError on anything that `sealSigning` did not write. */
export function readSigning(json: unknown): StoredSigning | null {
  return json === null ? null : storedSchema.parse(json);
}

/** `before` is the previous secret, which also signs until `before.until`. */
export function sealSigning(
  { targetId, keys }: Of,
  made: Readonly<{
    scheme: SigningScheme;
    secret: string;
    before?: Readonly<{ secret: string; until: number }> | undefined;
  }>,
): StoredSigning {
  const { scheme, secret, before } = made;
  return {
    scheme,
    secret: keys.seal(secret, boundTo(targetId, "secret")),
    ...(before && {
      previous: {
        secret: keys.seal(before.secret, boundTo(targetId, "previous.secret")),
        until: before.until,
      },
    }),
  };
}

/** Throws AppError unavailable if the secret was sealed with another key; returns null if it is missing. */
export function openSecret({ targetId, keys }: Of, { secret }: StoredSigning): string | null {
  return secret === undefined ? null : keys.open(secret, boundTo(targetId, "secret"));
}

/**
 * Throws if the secret is missing or cannot be opened, because a receiver that verifies would refuse an unsigned
 * request.
 */
export function openSigning(of: Of, stored: StoredSigning): OpenedSigning {
  const secret = openSecret(of, stored);
  if (secret === null)
    throw new Error(
      "the signing secret is missing: it was left out of the export. Set it in the target's signing settings",
    );
  const current = openSigningKey(stored.scheme, secret);
  const before = stored.previous?.secret;
  const previous =
    before === undefined
      ? null
      : openSigningKey(stored.scheme, of.keys.open(before, boundTo(of.targetId, "previous.secret")));
  return {
    signer: createSigner({ current, previous, previousUntil: stored.previous?.until ?? 0 }),
    publicKey: current.publicKey,
  };
}

function createSigner(keys: {
  current: SigningKey;
  previous: SigningKey | null;
  previousUntil: number;
}): Signer {
  const { current, previous, previousUntil } = keys;
  return {
    headers({ id, body, now }) {
      const seconds = Math.floor(now / 1000);
      const head = `${id}.${seconds}.`;
      const signatures = [current.sign(head, body)];
      if (previous !== null && now < previousUntil) signatures.push(previous.sign(head, body));
      return [
        ["webhook-id", id],
        ["webhook-timestamp", String(seconds)],
        ["webhook-signature", signatures.join(" ")],
      ];
    },
  };
}

function boundTo(targetId: string, field: string): string {
  return `targets:${targetId}:signing.${field}`;
}
