/** Lists, creates and revokes API keys of a user for the pages that show them. */
import type { APIKey } from "../../auth/api-keys.ts";
import { notFound } from "../../lib/errors.ts";
import { isId } from "../../lib/ids.ts";
import type { DashboardDeps } from "../deps.ts";
import type { FormInput } from "../forms.ts";
import { readKeyForm } from "./key-form.ts";
import type { ShownKey } from "./key-views.tsx";

type Deps = Pick<DashboardDeps, "apiKeys" | "clock"> &
  Readonly<{ useCases: Pick<DashboardDeps["useCases"], "webhooks"> }>;

export type KeyActions = ReturnType<typeof createKeyActions>;

export function createKeyActions({ apiKeys, clock, useCases: { webhooks } }: Deps) {
  return {
    /** Newest first. */
    async list(userId: string): Promise<readonly ShownKey[]> {
      const names = new Map((await webhooks.list({ userId })).map(({ id, name }) => [id, name]));
      const now = clock.now();
      return apiKeys
        .list({ userId })
        .toReversed()
        .map((apiKey) => ({
          apiKey,
          isExpired: apiKey.expiresAt !== null && apiKey.expiresAt <= now,
          webhookNames:
            apiKey.webhookIds === null
              ? null
              : apiKey.webhookIds.map((id) => names.get(id) ?? "a deleted webhook"),
        }));
    },

    /** Returns the token. Throws AppError `invalid`. */
    async create({ userId, form }: { userId: string; form: FormInput }): Promise<string> {
      const asked = { now: clock.now(), webhooks: await webhooks.list({ userId }) };
      return apiKeys.create({ userId, ...readKeyForm(form, asked) }).token;
    },

    /** A key that can be revoked; throws AppError `not_found`. */
    getUsable({ userId, id }: { userId: string; id: string }): APIKey {
      const key = isId(id) ? apiKeys.list({ userId }).find((each) => each.id === id) : undefined;
      if (!key || key.revokedAt !== null) throw notFound("API key");
      return key;
    },

    revoke: apiKeys.revoke,
  };
}
