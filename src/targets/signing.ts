/** How a target's requests are signed (Standard Webhooks): as it is stored, secrets sealed, and ready to sign. */
import { z } from "zod";
import type { Sealer } from "../settings/sealed-config.ts";
import { openSigningKey, SIGNING_SCHEMES, type SigningKey, type SigningScheme } from "./signing-keys.ts";

/** A secret is missing where it was left out when its webhook was moved. */
const storedSchema = z.object({
  scheme: z.enum(SIGNING_SCHEMES),
  secret: z.string().optional(),
  /** The secret before, which signs as well until then (milliseconds UTC). */
  previous: z.object({ secret: z.string().optional(), until: z.number() }).optional(),
});

export type StoredSigning = z.infer<typeof storedSchema>;

/** What a target signs its requests with. */
export type Signer = Readonly<{
  /** `now` in milliseconds UTC: the time of the attempt. */
  headers: (signed: { id: string; body: Uint8Array; now: number }) => readonly (readonly [string, string])[];
}>;

/** Lower-case names of the headers that a signer says. */
export const SIGNING_HEADERS: ReadonlySet<string> = new Set([
  "webhook-id",
  "webhook-timestamp",
  "webhook-signature",
]);

export type OpenedSigning = Readonly<{ signer: Signer; publicKey: string | null }>;

type Of = Readonly<{ targetId: string; keys: Sealer }>;

/** Throws a ZodError on what was not written by `sealSigning`. */
export function readSigning(json: unknown): StoredSigning | null {
  return json === null ? null : storedSchema.parse(json);
}

/** `before`: the stored signing whose secret signs as well until `until`. */
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

/** Throws AppError unavailable where the secret was sealed with another key; null where it is missing. */
export function openSecret({ targetId, keys }: Of, { secret }: StoredSigning): string | null {
  return secret === undefined ? null : keys.open(secret, boundTo(targetId, "secret"));
}

/** Throws where the secret is missing or cannot be opened: an unsigned request would be refused by who verifies. */
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

function boundTo(targetId: string, place: string): string {
  return `targets:${targetId}:signing.${place}`;
}
