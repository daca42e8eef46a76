/** Reads the form of a new API key. */
import type { WantedLimits } from "../../auth/key-limits.ts";
import { SCOPES } from "../../auth/scopes.ts";
import { DAY_MS } from "../../lib/clock.ts";
import type { FormInput } from "../forms.ts";

/** Choices of "expires"; the first is the default. */
export const LIFETIMES = [
  { value: "", label: "never", days: null },
  { value: "7", label: "after 7 days", days: 7 },
  { value: "30", label: "after 30 days", days: 30 },
  { value: "90", label: "after 90 days", days: 90 },
  { value: "365", label: "after a year", days: 365 },
] as const;

/** Value of "access" for a key with the ticked scopes only. */
export const SOME_SCOPES = "some";

/** The name of a scope's checkbox. */
export function scopeField(scope: string): string {
  return `scope.${scope}`;
}

/** `webhooks` are those of the key's user, who may name them by name or id. An unknown name is kept, for its fault. */
export function readKeyForm(
  form: FormInput,
  { now, webhooks }: { now: number; webhooks: readonly Readonly<{ id: string; name: string }>[] },
): WantedLimits & Readonly<{ name: string }> {
  const names = lines(form.webhooks ?? "");
  const days = LIFETIMES.find(({ value }) => value === form.expires)?.days ?? null;
  const ticked = SCOPES.map(({ name }) => name).filter((name) => form[scopeField(name)] !== undefined);
  return {
    name: form.name ?? "",
    scopes: form.access === SOME_SCOPES ? ticked : null,
    webhookIds: names.length === 0 ? null : names.flatMap((name) => idsOf(name, webhooks)),
    expiresAt: days === null ? null : now + days * DAY_MS,
  };
}

/** Names are not unique: all webhooks of that name are meant. */
function idsOf(name: string, webhooks: readonly Readonly<{ id: string; name: string }>[]): string[] {
  const found = webhooks.filter((webhook) => webhook.id === name || webhook.name === name);
  return found.length === 0 ? [name] : found.map(({ id }) => id);
}

function lines(text: string): string[] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
}
