import { Database } from "bun:sqlite";
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { type ApiKeys, createApiKeys } from "../../src/auth/api-keys.ts";
import type { KeyLimits } from "../../src/auth/key-limits.ts";
import { newId } from "../../src/lib/ids.ts";
import type { MainDb } from "../../src/storage/main-db/open.ts";
import { createTestMainDb, type TestMainDb } from "../support/main-db.ts";
import { appErrorOf } from "../support/thrown.ts";

const NO_LIMITS = { scopes: null, webhookIds: null, expiresAt: null };

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
      lastUsedFrom: null,
      revokedAt: null,
      ...NO_LIMITS,
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
    expect(apiKeys.authenticate(token)).toEqual({ userId, apiKeyId: apiKey.id, ...NO_LIMITS });
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

  test("refuses a key from the moment that it expires", () => {
    const expiresAt = db.clock.now() + 1_000;
    const { token } = apiKeys.create({ userId, name: "CI", expiresAt });
    expect(apiKeys.authenticate(token)?.expiresAt).toBe(expiresAt);
    db.clock.advance(999);
    expect(apiKeys.authenticate(token)).not.toBeNull();
    db.clock.advance(1);
    expect(apiKeys.authenticate(token)).toBeNull();
  });

  test("gives a scope that this version does not know no effect", () => {
    const { apiKey, token } = apiKeys.create({ userId, name: "CI", scopes: ["replay"] });
    const raw = new Database(db.path);
    raw.run("UPDATE api_keys SET scopes = ? WHERE id = ?", ['["replay","future"]', apiKey.id]);
    raw.close();
    expect(apiKeys.authenticate(token)?.scopes).toEqual(["replay"]);
  });
});

describe("the last use", () => {
  test("is shown at once, and written with its address when uses are flushed, many keys at a time", () => {
    const [one, two] = [apiKeys.create({ userId, name: "1" }), apiKeys.create({ userId, name: "2" })];
    const stored = () => db.mainDb.apiKeys.list({ userId }).map((row) => [row.lastUsedAt, row.lastUsedFrom]);
    const uses = [
      [one.apiKey.id, "192.0.2.1"],
      [two.apiKey.id, "192.0.2.2"],
      [one.apiKey.id, "192.0.2.3"],
    ] as const;
    for (const [id, from] of uses) {
      db.clock.advance(1);
      apiKeys.uses.note({ id, from });
    }
    const now = db.clock.now();
    const expected = [
      [now, "192.0.2.3"],
      [now - 1, "192.0.2.2"],
    ];
    expect(apiKeys.list().map((key) => [key.lastUsedAt, key.lastUsedFrom])).toEqual(expected);
    expect(stored()).toEqual([
      [null, null],
      [null, null],
    ]);
    apiKeys.uses.start();
    db.clock.advance(30_000);
    expect(stored()).toEqual(expected);
    apiKeys.uses.note({ id: two.apiKey.id, from: "192.0.2.4" });
    apiKeys.uses.stop();
    expect(stored()[1]).toEqual([now + 30_000, "192.0.2.4"]);
  });

  test("is kept for the next time if it cannot be written", () => {
    let isFull = true;
    const setLastUsed: MainDb["apiKeys"]["setLastUsed"] = (uses) => {
      if (isFull) throw new Error("database or disk is full");
      db.mainDb.apiKeys.setLastUsed(uses);
    };
    const mainDb = { ...db.mainDb, apiKeys: { ...db.mainDb.apiKeys, setLastUsed } };
    const { apiKey } = apiKeys.create({ userId, name: "CI" });
    const { uses } = createApiKeys({ mainDb, clock: db.clock });
    uses.note({ id: apiKey.id, from: "192.0.2.1" });
    uses.flush();
    isFull = false;
    uses.flush();
    expect(apiKeys.list()[0]?.lastUsedFrom).toBe("192.0.2.1");
  });
});

describe("limits", () => {
  const faultsOf = async (wanted: Parameters<ApiKeys["create"]>[0], grantor: KeyLimits | null = null) =>
    (await appErrorOf(() => apiKeys.create(wanted, { grantor }))).details?.map(({ path }) => path);

  test("must be scopes that exist, webhooks of the user and a time to come", async () => {
    const own = db.addWebhook({ userId }).id;
    const others = db.addWebhook({ userId: db.addUser().id }).id;
    const named = { userId, name: "CI" };
    const { apiKey } = apiKeys.create({
      ...named,
      scopes: ["replay", "webhooks:read"],
      webhookIds: [own, own],
    });
    expect([apiKey.scopes, apiKey.webhookIds]).toEqual([["webhooks:read", "replay"], [own]]);
    for (const scopes of [[], ["everything"], ["replay", ""]]) {
      expect(await faultsOf({ ...named, scopes })).toEqual(["scopes"]);
    }
    const many = Array.from({ length: 101 }, () => own);
    for (const webhookIds of [[], [others], [own, newId()], ["x"], many]) {
      expect(await faultsOf({ ...named, webhookIds })).toEqual(["webhook_ids"]);
    }
    expect(await faultsOf({ ...named, expiresAt: db.clock.now() })).toEqual(["expires_at"]);
  });

  test("of a key that another key creates are never wider", async () => {
    const [a, b] = [db.addWebhook({ userId }).id, db.addWebhook({ userId }).id];
    const grantor = {
      scopes: ["admin", "replay"],
      webhookIds: [a],
      expiresAt: db.clock.now() + 1_000,
    } as const;
    const within = { userId, name: "CI", scopes: ["replay"], webhookIds: [a], expiresAt: grantor.expiresAt };
    expect(apiKeys.create(within, { grantor }).apiKey.scopes).toEqual(["replay"]);
    expect(await faultsOf({ userId, name: "CI" }, grantor)).toEqual(["scopes", "webhook_ids", "expires_at"]);
    expect(await faultsOf({ ...within, scopes: ["events:read"] }, grantor)).toEqual(["scopes"]);
    expect(await faultsOf({ ...within, webhookIds: [a, b] }, grantor)).toEqual(["webhook_ids"]);
    expect(await faultsOf({ ...within, expiresAt: grantor.expiresAt + 1 }, grantor)).toEqual(["expires_at"]);
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
