/** Converts a target's signing between its sent, stored and shown forms. A new secret is shown once. */
import { z } from "zod";
import { type Clock, HOUR_MS } from "../lib/clock.ts";
import { constantTimeEqual } from "../lib/crypto.ts";
import { AppError } from "../lib/errors.ts";
import type { Sealer } from "../settings/sealed-config.ts";
import type { TargetRow } from "../storage/main-db/tables.ts";
import { openSecret, readSigning, type StoredSigning, sealSigning } from "../targets/signing.ts";
import {
  newSigningSecret,
  openSigningKey,
  SIGNING_SCHEMES,
  type SigningScheme,
  signingSecretFault,
} from "../targets/signing-keys.ts";
import type { TargetType } from "../targets/target-type.ts";
import { validate } from "./validate.ts";

/** A month; longer rotations are most likely forgotten. */
const MAX_OVERLAP_HOURS = 30 * 24;
const DEFAULT_OVERLAP_HOURS = 24;

const secret = z
  .string()
  .max(200)
  .describe("whsec_… (v1) or whsk_… (v1a), in base64. If left out, one is generated and shown once.");

export const signingInput = z.strictObject({
  scheme: z
    .enum([...SIGNING_SCHEMES, "none"])
    .optional()
    .describe("v1: HMAC-SHA256; v1a: ed25519, verified with a public key; none: requests are not signed."),
  secret: secret.optional(),
});

export const rotationInput = z.strictObject({
  overlap_hours: z
    .int()
    .min(0)
    .max(MAX_OVERLAP_HOURS)
    .default(DEFAULT_OVERLAP_HOURS)
    .describe("How long requests are signed with both the old and the new secret."),
  secret: secret.optional(),
});

export type ShownSigning = Readonly<{
  scheme: SigningScheme | "none";
  /** The public key (whpk_…) for v1a. */
  publicKey: string | null;
  /** Until then, requests are also signed with the previous secret. */
  previousUntil: number | null;
  /** False: the secret is missing or encrypted with another key, so nothing can be sent. */
  isUsable: boolean;
}>;

/** `made`: the new secret if the gateway generated it and the user has not seen it yet. */
type Change = Readonly<{ stored: StoredSigning | null; made: string | null }>;
type Row = Pick<TargetRow, "id" | "signing">;

const UNSIGNED: ShownSigning = { scheme: "none", publicKey: null, previousUntil: null, isUsable: true };

export function createTargetSigning({ keys, clock }: { keys: Sealer; clock: Clock }) {
  /** Returns the secret; null if it is missing or its key is lost. */
  function findSecret(id: string, stored: StoredSigning): string | null {
    try {
      return openSecret({ targetId: id, keys }, stored);
    } catch (error) {
      if (error instanceof AppError && error.code === "secret_unreadable") return null;
      throw error;
    }
  }

  /** Compared in constant time. */
  function isSecret(id: string, stored: StoredSigning | null, given: string): boolean {
    const secret = stored && findSecret(id, stored);
    return secret !== null && constantTimeEqual(secret, given);
  }

  function sealNew(
    id: string,
    scheme: SigningScheme,
    wish: { given: string | undefined; before?: { secret: string; until: number } },
  ): Change {
    const { given, before } = wish;
    const fault = given === undefined ? null : signingSecretFault(scheme, given);
    if (fault !== null) throw invalid("signing.secret", fault);
    const chosen = given ?? newSigningSecret(scheme);
    const stored = sealSigning({ targetId: id, keys }, { scheme, secret: chosen, before });
    return { stored, made: given === undefined && scheme === "v1" ? chosen : null };
  }

  return {
    /** Sets up signing for a new target: enabled, unless its type cannot sign or the input disables it. */
    begin(options: { id: string; type: TargetType; sent: z.infer<typeof signingInput> | undefined }): Change {
      const { id, type, sent } = options;
      const scheme = sent?.scheme ?? (type.signs === true ? "v1" : "none");
      if (scheme === "none") return { stored: null, made: null };
      if (type.signs !== true) throw invalid("signing.scheme", "must be none for this type of target");
      return sealNew(id, scheme, { given: sent?.secret });
    },

    /** Takes effect at once. Only a rotation keeps the old secret for a while. */
    change(row: Row, type: TargetType, sent: z.infer<typeof signingInput>): Change {
      const stored = readSigning(row.signing);
      const scheme = sent.scheme ?? stored?.scheme ?? "v1";
      const isSame = sent.secret === undefined || isSecret(row.id, stored, sent.secret);
      if (stored?.scheme === scheme && isSame) return { stored, made: null };
      return this.begin({ id: row.id, type, sent: { ...sent, scheme } });
    },

    rotate(row: Row, input: unknown): Change {
      const wanted = validate({ schema: rotationInput, value: input, what: "rotation" });
      const stored = readSigning(row.signing);
      if (stored === null) throw nothingToRotate();
      const before = findSecret(row.id, stored);
      const overlapMs = wanted.overlap_hours * HOUR_MS;
      const keeps = before !== null && overlapMs > 0;
      return sealNew(row.id, stored.scheme, {
        given: wanted.secret,
        ...(keeps && { before: { secret: before, until: clock.now() + overlapMs } }),
      });
    },

    /** Never throws for an unreadable secret. */
    toShown(row: Row): ShownSigning {
      const stored = readSigning(row.signing);
      if (stored === null) return UNSIGNED;
      const until = stored.previous?.until ?? null;
      const shown = {
        scheme: stored.scheme,
        previousUntil: until !== null && until > clock.now() ? until : null,
      };
      const secret = findSecret(row.id, stored);
      if (secret === null) return { ...shown, publicKey: null, isUsable: false };
      return { ...shown, publicKey: openSigningKey(stored.scheme, secret).publicKey, isUsable: true };
    },
  };
}

function invalid(path: string, message: string): AppError {
  return new AppError({ kind: "invalid", message: "The target is not valid.", details: [{ path, message }] });
}

function nothingToRotate(): AppError {
  return new AppError({
    kind: "conflict",
    code: "not_signed",
    message: "This target's requests are not signed, so there is no secret to rotate.",
    hint: "Enable signing first: set the target's signing.scheme to v1 or v1a.",
  });
}
