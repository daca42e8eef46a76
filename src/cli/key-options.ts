/** Options of `webhooker apikey create` that limit a key. */
import { InvalidArgumentError, Option } from "commander";
import { SCOPES } from "../auth/scopes.ts";
import { DAY_MS } from "../lib/clock.ts";

/** Either a number of days from now, or a time (milliseconds UTC). */
export type Expiry = Readonly<{ days: number }> | Readonly<{ at: number }>;

export const scopeOption = new Option("--scope <scope...>", "allow only these scopes (default: all)").choices(
  SCOPES.map(({ name }) => name),
);
export const webhookOption = new Option("--webhook <webhook...>", "allow only these webhooks, by id or name");
export const expiresOption = new Option(
  "--expires <when>",
  "refuse the key after this time: 90d, 2027-01-31 or 2027-01-31T12:00Z",
).argParser(readExpiry);

export function timeOf(expiry: Expiry, now: number): number {
  return "days" in expiry ? now + expiry.days * DAY_MS : expiry.at;
}

const DAYS = /^(\d{1,5})d$/;
const DATE = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2})?(?:Z|[+-]\d{2}:\d{2}))?$/;

function readExpiry(text: string): Expiry {
  const days = DAYS.exec(text)?.[1];
  if (days !== undefined) return { days: Number(days) };
  const at = DATE.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(at)) throw new InvalidArgumentError("Give a number of days, as in 90d, or a date (UTC).");
  return { at };
}
