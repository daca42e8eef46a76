/** The form of sample events, and what they share. */

export type Sample = Readonly<{
  id: string;
  label: string;
  /** The verification provider that it fits. */
  provider: string | null;
  headers: readonly (readonly [name: string, value: string])[];
  /** The body as text. Ids and times are new, so that no duplicate is found and no timestamp is too old. */
  body: (now: number) => string;
}>;

export const JSON_TYPE = ["Content-Type", "application/json"] as const;

export function json(make: (now: number) => unknown): Sample["body"] {
  return (now) => JSON.stringify(make(now), null, 2);
}

export const seconds = (now: number) => Math.floor(now / 1_000);
export const iso = (now: number) => new Date(now).toISOString();

export const CUSTOMER = { name: "Ada Lovelace", email: "ada@example.com" };
