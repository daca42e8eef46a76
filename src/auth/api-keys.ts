/** API keys: tokens with which programs act for a user. */
import type { Clock } from "../lib/clock.ts";
import { hashToken, randomToken } from "../lib/crypto.ts";
import { AppError, notFound } from "../lib/errors.ts";
import { newId } from "../lib/ids.ts";
import type { MainDb } from "../storage/main-db/open.ts";
import type { ApiKeyRow } from "../storage/main-db/tables.ts";
import { checkLimits, type KeyLimits, type WantedLimits } from "./key-limits.ts";
import { createKeyUses } from "./key-uses.ts";
import { isScope } from "./scopes.ts";

export type APIKey = KeyLimits &
  Readonly<{
    id: string;
    userId: string;
    name: string;
    /** The token's first characters. */
    prefix: string;
    createdAt: number;
    lastUsedAt: number | null;
    /** The address of the last use. */
    lastUsedFrom: string | null;
    revokedAt: number | null;
  }>;

/** The user a program acts for, and the key it uses. */
export type Caller = KeyLimits & Readonly<{ userId: string; apiKeyId: string }>;

export type ApiKeys = ReturnType<typeof createApiKeys>;

/** Makes tokens recognizable to people and to scanners for leaked secrets. */
const TOKEN_PREFIX = "whk_";
const TOKEN_BYTES = 32;
const SHOWN_CHARACTERS = 8;
const MAX_NAME_LENGTH = 200;

export function createApiKeys({ mainDb, clock }: { mainDb: MainDb; clock: Clock }) {
  const uses = createKeyUses({ mainDb, clock });

  function toApiKey(row: ApiKeyRow): APIKey {
    const { id, userId, name, prefix, createdAt, lastUsedAt, lastUsedFrom, revokedAt } = row;
    const use = uses.find(id) ?? { at: lastUsedAt, from: lastUsedFrom };
    const last = { lastUsedAt: use.at, lastUsedFrom: use.from };
    return { id, userId, name, prefix, createdAt, ...last, revokedAt, ...limitsOf(row) };
  }

  return {
    /**
     * Creates a key. The token is returned only here. `grantor` is the key that asks for it, whose limits apply too.
     * Throws AppError `invalid` or `not_found`.
     */
    create(
      values: { userId: string; name: string } & WantedLimits,
      { grantor = null }: { grantor?: KeyLimits | null } = {},
    ): { apiKey: APIKey; token: string } {
      const { userId } = values;
      const name = values.name.trim();
      if (name === "" || name.length > MAX_NAME_LENGTH) throw unfitName();
      if (!mainDb.users.find(userId)) throw notFound("user");
      const now = clock.now();
      const mayUse = (webhookId: string) =>
        mainDb.webhooks.find(webhookId)?.userId === userId ||
        mainDb.members.listRoles({ webhookId, userId }).length > 0;
      const limits = checkLimits(values, { now, mayUse, grantor });
      const token = TOKEN_PREFIX + randomToken(TOKEN_BYTES);
      const row = {
        id: newId(),
        userId,
        name,
        prefix: token.slice(0, SHOWN_CHARACTERS),
        tokenHash: hashToken(token),
        createdAt: now,
        lastUsedAt: null,
        lastUsedFrom: null,
        revokedAt: null,
        ...limits,
      };
      mainDb.apiKeys.insert(row);
      return { apiKey: toApiKey(row), token };
    },

    /** Lists keys, including revoked and expired ones. */
    list(of: { userId?: string | undefined } = {}): APIKey[] {
      return mainDb.apiKeys.list(of).map(toApiKey);
    },

    /** Revokes a key, with `userId` only one of that user. Throws AppError `not_found`, also for a revoked key. */
    revoke(which: { id: string; userId?: string | undefined }): void {
      if (!mainDb.apiKeys.revoke({ ...which, at: clock.now() })) throw notFound("API key");
    },

    /**
     * Returns null for a token that is unknown, revoked or expired. Reads the database each time, so that a key revoked
     * by another process is refused at once.
     */
    authenticate(token: string): Caller | null {
      const row = mainDb.apiKeys.findUsable(hashToken(token));
      if (!row) return null;
      const { id, userId, expiresAt } = row;
      if (expiresAt !== null && expiresAt <= clock.now()) return null;
      return { userId, apiKeyId: id, ...limitsOf(row) };
    },

    uses,
  };
}

/** A scope that only a later version knows gives nothing here. */
function limitsOf({
  scopes,
  webhookIds,
  expiresAt,
}: Pick<ApiKeyRow, "scopes" | "webhookIds" | "expiresAt">): KeyLimits {
  return { scopes: scopes === null ? null : scopes.filter(isScope), webhookIds, expiresAt };
}

function unfitName(): AppError {
  const fault = `must have 1 to ${MAX_NAME_LENGTH} characters`;
  return new AppError({
    kind: "invalid",
    message: `The API key's name ${fault}.`,
    details: [{ path: "name", message: fault }],
  });
}
