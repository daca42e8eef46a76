/** API keys: tokens with which programs act for a user. */
import type { Clock } from "../lib/clock.ts";
import { hashToken, randomToken } from "../lib/crypto.ts";
import { AppError, notFound } from "../lib/errors.ts";
import { newId } from "../lib/ids.ts";
import type { MainDb } from "../storage/main-db/open.ts";
import type { ApiKeyRow } from "../storage/main-db/tables.ts";

export type APIKey = Readonly<{
  id: string;
  userId: string;
  name: string;
  /** The token's first characters. */
  prefix: string;
  createdAt: number;
  lastUsedAt: number | null;
  revokedAt: number | null;
}>;

/** The user a program acts for, and the key it uses. */
export type Caller = Readonly<{ userId: string; apiKeyId: string }>;

export type ApiKeys = ReturnType<typeof createApiKeys>;

/** Makes tokens recognizable to people and to scanners for leaked secrets. */
const TOKEN_PREFIX = "whk_";
const TOKEN_BYTES = 32;
const SHOWN_CHARACTERS = 8;
const MAX_NAME_LENGTH = 200;
/** Without this step, each use would write to the main database. */
const LAST_USED_STEP_MS = 60_000;

export function createApiKeys({ mainDb, clock }: { mainDb: MainDb; clock: Clock }) {
  function noteUse({ id, lastUsedAt }: { id: string; lastUsedAt: number | null }): void {
    const now = clock.now();
    if (lastUsedAt !== null && Math.abs(now - lastUsedAt) < LAST_USED_STEP_MS) return;
    try {
      mainDb.apiKeys.setLastUsed({ id, at: now });
    } catch {
      // On a full disk, the caller may be about to free space.
    }
  }

  return {
    /** Creates a key. The token is returned only here. Throws AppError `invalid` or `not_found`. */
    create(values: { userId: string; name: string }): { apiKey: APIKey; token: string } {
      const name = values.name.trim();
      if (name === "" || name.length > MAX_NAME_LENGTH) throw unfitName();
      if (!mainDb.users.find(values.userId)) throw notFound("user");
      const token = TOKEN_PREFIX + randomToken(TOKEN_BYTES);
      const row = {
        id: newId(),
        userId: values.userId,
        name,
        prefix: token.slice(0, SHOWN_CHARACTERS),
        tokenHash: hashToken(token),
        createdAt: clock.now(),
        lastUsedAt: null,
        revokedAt: null,
      };
      mainDb.apiKeys.insert(row);
      return { apiKey: toApiKey(row), token };
    },

    /** Lists keys, including revoked ones. */
    list(of: { userId?: string | undefined } = {}): APIKey[] {
      return mainDb.apiKeys.list(of).map(toApiKey);
    },

    /** Revokes a key, with `userId` only one of that user. Throws AppError `not_found`, also for a revoked key. */
    revoke(which: { id: string; userId?: string | undefined }): void {
      if (!mainDb.apiKeys.revoke({ ...which, at: clock.now() })) throw notFound("API key");
    },

    /** Reads the database each time, so that a key revoked by another process is refused at once. */
    authenticate(token: string): Caller | null {
      const row = mainDb.apiKeys.findUsable(hashToken(token));
      if (!row) return null;
      noteUse(row);
      return { userId: row.userId, apiKeyId: row.id };
    },
  };
}

function toApiKey(row: ApiKeyRow): APIKey {
  const { id, userId, name, prefix, createdAt, lastUsedAt, revokedAt } = row;
  return { id, userId, name, prefix, createdAt, lastUsedAt, revokedAt };
}

function unfitName(): AppError {
  const fault = `must have 1 to ${MAX_NAME_LENGTH} characters`;
  return new AppError({
    kind: "invalid",
    message: `The API key's name ${fault}.`,
    details: [{ path: "name", message: fault }],
  });
}
