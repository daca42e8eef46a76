/** Reads what a provider says of the account that has signed in. */
import { z } from "zod";

export type Claims = Readonly<{
  /** The provider's id of the account. */
  subject: string;
  /** Lower-case domain is the caller's business; null where the provider vouches for none. */
  verifiedEmail: string | null;
  /** Name of the account: an e-mail address or a name; null: nothing fit. */
  name: string | null;
  groups: readonly string[];
  /** When its user last proved to the provider who they are, in milliseconds UTC; null: not said. */
  authenticatedAt: number | null;
}>;

const MAX_SUBJECT_LENGTH = 255;
const MAX_NAME_LENGTH = 200;
const MAX_GROUPS = 1_000;

const text = z.string().trim().min(1).max(MAX_NAME_LENGTH).nullable().catch(null);
const email = z
  .string()
  .max(MAX_NAME_LENGTH)
  .regex(/^[^\s@]+@[^\s@]+$/)
  .nullable()
  .catch(null);

const claimsSchema = z.object({
  sub: z.string().min(1).max(MAX_SUBJECT_LENGTH),
  email,
  // Some providers write booleans as texts.
  email_verified: z
    .union([z.literal(true), z.literal("true")])
    .nullable()
    .catch(null),
  preferred_username: text,
  name: text,
  auth_time: z.number().nullable().catch(null),
});

/** Null if there is no usable subject. */
export function readClaims(given: Readonly<Record<string, unknown>>, groupsClaim: string): Claims | null {
  const parsed = claimsSchema.safeParse(given);
  if (!parsed.success) return null;
  const { sub, email, email_verified: isVerified, preferred_username, name, auth_time } = parsed.data;
  return {
    subject: sub,
    verifiedEmail: isVerified === null ? null : email,
    name: (isVerified === null ? null : email) ?? preferred_username ?? email ?? name,
    groups: readGroups(given[groupsClaim]),
    authenticatedAt: auth_time === null ? null : auth_time * 1_000,
  };
}

/** A user with one group may have it as a text. */
function readGroups(value: unknown): string[] {
  const all = Array.isArray(value) ? value.slice(0, MAX_GROUPS) : [value];
  return all.filter((group): group is string => typeof group === "string" && group !== "");
}
