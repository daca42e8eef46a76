import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { type ApiKeys, createApiKeys } from "../../src/auth/api-keys.ts";
import { newId } from "../../src/lib/ids.ts";
import { createTestMainDb, type TestMainDb } from "../support/main-db.ts";
import { appErrorOf } from "../support/thrown.ts";

let db: TestMainDb;
let apiKeys: ApiKeys;
let userId: string;

beforeEach(() => {
  db = createTestMainDb();
  apiKeys = createApiKeys(db);
  userId = db.addUser().id;
});

afterEach(() => db.dispose());

describe("creating an API key", () => {
  test("returns the token once and stores only its hash", () => {
    const { apiKey, token } = apiKeys.create({ userId, name: " CI " });
    expect(token).toMatch(/^whk_[A-Za-z0-9_-]{43}$/);
    expect(apiKey).toEqual({
      id: apiKey.id,
      userId,
      name: "CI",
      prefix: token.slice(0, 8),
      createdAt: db.clock.now(),
      lastUsedAt: null,
      revokedAt: null,
    });
    expect(apiKeys.list()).toEqual([apiKey]);
    const stored = [db.path, `${db.path}-wal`].map((path) => readFileSync(path, "latin1")).join("");
    expect(stored).toContain(apiKey.id);
    expect(stored).not.toContain(token.slice(8));
  });

  test("refuses a missing name and a user who does not exist", async () => {
    for (const name of ["", "  ", "x".repeat(201)]) {
      expect((await appErrorOf(() => apiKeys.create({ userId, name }))).kind).toBe("invalid");
    }
    const nobody = { userId: newId(), name: "CI" };
    expect((await appErrorOf(() => apiKeys.create(nobody))).message).toBe("No such user.");
  });
});

describe("authenticating", () => {
  test("returns the user and key of a token, and nothing for any other text", () => {
    const { apiKey, token } = apiKeys.create({ userId, name: "CI" });
    apiKeys.create({ userId: db.addUser().id, name: "Other" });
    expect(apiKeys.authenticate(token)).toEqual({ userId, apiKeyId: apiKey.id });
    for (const text of ["", "whk_", token.slice(0, -1), `${token}x`, token.toUpperCase(), "\u0000"]) {
      expect(apiKeys.authenticate(text)).toBeNull();
    }
  });

  test("refuses a key as soon as another process has revoked it", () => {
    const { apiKey, token } = apiKeys.create({ userId, name: "CI" });
    expect(apiKeys.authenticate(token)).not.toBeNull();
    createApiKeys({ mainDb: db.reopen(), clock: db.clock }).revoke({ id: apiKey.id });
    expect(apiKeys.authenticate(token)).toBeNull();
    expect(apiKeys.list()[0]?.revokedAt).toBe(db.clock.now());
  });

  test("refuses the keys of users who are disabled or deleted", () => {
    for (const state of [{ disabledAt: 1 }, { deletedAt: 1 }]) {
      const off = db.addUser();
      const { token } = apiKeys.create({ userId: off.id, name: "CI" });
      expect(apiKeys.authenticate(token)).not.toBeNull();
      db.changeUser(off.id, state);
      expect(apiKeys.authenticate(token)).toBeNull();
    }
  });

  test("records the last use at most once a minute, also if the clock jumps back", () => {
    const { token } = apiKeys.create({ userId, name: "CI" });
    const lastUsedAfter = (move: () => void) => {
      move();
      apiKeys.authenticate(token);
      return apiKeys.list()[0]?.lastUsedAt;
    };
    const start = db.clock.now();
    expect(lastUsedAfter(() => undefined)).toBe(start);
    expect(lastUsedAfter(() => db.clock.advance(59_999))).toBe(start);
    expect(lastUsedAfter(() => db.clock.advance(1))).toBe(start + 60_000);
    expect(lastUsedAfter(() => db.clock.jump(-3_600_000))).toBe(start - 3_540_000);
  });

  test("works even if the last use cannot be written", () => {
    const { token } = apiKeys.create({ userId, name: "CI" });
    const setLastUsed = () => {
      throw new Error("database or disk is full");
    };
    const full = { ...db.mainDb, apiKeys: { ...db.mainDb.apiKeys, setLastUsed } };
    expect(createApiKeys({ mainDb: full, clock: db.clock }).authenticate(token)?.userId).toBe(userId);
  });
});

describe("listing and revoking", () => {
  test("are limited to one user's keys if a user is given", async () => {
    const other = db.addUser().id;
    const mine = apiKeys.create({ userId, name: "Mine" }).apiKey;
    db.clock.advance(1);
    const theirs = apiKeys.create({ userId: other, name: "Theirs" }).apiKey;
    expect(apiKeys.list({ userId })).toEqual([mine]);
    expect(apiKeys.list()).toEqual([mine, theirs]);
    const steal = () => apiKeys.revoke({ id: theirs.id, userId });
    expect((await appErrorOf(steal)).kind).toBe("not_found");
    apiKeys.revoke({ id: theirs.id, userId: other });
    expect(apiKeys.list({ userId: other })[0]?.revokedAt).toBe(db.clock.now());
  });

  test("do not find a key that is unknown or already revoked", async () => {
    const { apiKey } = apiKeys.create({ userId, name: "CI" });
    apiKeys.revoke({ id: apiKey.id });
    for (const id of [apiKey.id, newId(), ""]) {
      expect((await appErrorOf(() => apiKeys.revoke({ id }))).message).toBe("No such API key.");
    }
  });
});
