import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { createPasswords } from "../../src/auth/passwords.ts";
import { createSessions } from "../../src/auth/sessions.ts";
import { createUsers, type Users } from "../../src/auth/users.ts";
import { newId } from "../../src/lib/ids.ts";
import { createTestMainDb, type TestMainDb } from "../support/main-db.ts";
import { appErrorOf } from "../support/thrown.ts";

let db: TestMainDb;
let users: Users;

const ada = { username: "ada", password: "correct horse", role: "user" } as const;
/** Argon2 is tested with the passwords; here it would only take time. */
const passwords = createPasswords({
  hash: async (password) => `hash of ${password}`,
  verify: async (password, hash) => hash === `hash of ${password}`,
});

beforeEach(() => {
  db = createTestMainDb();
  users = createUsers({ mainDb: db.mainDb, clock: db.clock, passwords });
});

afterEach(() => db.dispose());

describe("creating a user", () => {
  test("returns a user who can be found, without the password's hash", async () => {
    const made = await users.create(ada);
    const now = db.clock.now();
    const { id } = made;
    expect(made).toEqual({
      id,
      username: "ada",
      role: "user",
      hasPassword: true,
      isService: false,
      disabledAt: null,
      createdAt: now,
      updatedAt: now,
    });
    expect(users.find(made.id)).toEqual(made);
    expect(users.findByUsername("ADA")).toEqual(made);
    expect(users.list()).toEqual([made]);
    expect(users.find(newId())).toBeNull();
    expect(users.findByUsername("bob")).toBeNull();
  });

  test("without a password makes a service account, which no password opens", async () => {
    const bot = await users.create({ username: "bot", password: null, role: "user" });
    expect(users.find(bot.id)?.hasPassword).toBe(false);
    for (const password of ["", " ", "null"]) {
      expect(await users.verifyPassword({ username: "bot", password })).toBeNull();
    }
    const admin = { username: "boss", password: null, role: "admin" } as const;
    expect((await appErrorOf(() => users.create(admin))).kind).toBe("invalid");
  });

  test("refuses a taken username in any case, also one taken at the same moment", async () => {
    await users.create(ada);
    const again = await appErrorOf(() => users.create({ ...ada, username: "Ada" }));
    expect(again.kind).toBe("conflict");
    const bob = { ...ada, username: "bob" };
    const both = await Promise.allSettled([users.create(bob), users.create(bob)]);
    expect(both.map((one) => one.status).sort()).toEqual(["fulfilled", "rejected"]);
    const [late] = both.flatMap((one) => (one.status === "rejected" ? [one.reason] : []));
    expect(late).toMatchObject({ name: "AppError", kind: "conflict" });
  });

  test("refuses usernames that are hard to type or read, and short passwords", async () => {
    for (const username of ["", " ada", "a b", "-ada", "adä", "a/b", "a\n", "x".repeat(65)]) {
      const error = await appErrorOf(() => users.create({ ...ada, username }));
      expect(error.details?.[0]?.path).toBe("username");
    }
    const short = await appErrorOf(() => users.create({ ...ada, password: "123456789" }));
    expect(short.details?.[0]?.path).toBe("password");
    expect(users.list()).toEqual([]);
  });
});

describe("verifying a password", () => {
  test("returns the user for the right password only", async () => {
    const made = await users.create(ada);
    expect(await users.verifyPassword({ username: "Ada", password: ada.password })).toEqual(made);
    expect(await users.verifyPassword({ username: "ada", password: "wrong horse!" })).toBeNull();
    expect(await users.verifyPassword({ username: "bob", password: ada.password })).toBeNull();
  });

  test("returns null for a disabled or deleted user", async () => {
    const passwordHash = "hash of correct horse";
    db.addUser({ username: "off", passwordHash, disabledAt: 1 });
    db.addUser({ username: "gone", passwordHash, deletedAt: 1 });
    for (const username of ["off", "gone"]) {
      expect(await users.verifyPassword({ username, password: ada.password })).toBeNull();
    }
  });
});

describe("setting a password", () => {
  test("replaces the old one and ends the user's sessions, and nobody else's", async () => {
    const { id: userId } = await users.create(ada);
    const bob = db.addUser();
    const sessions = createSessions({ ...db, limits: { idleHours: 1, maxDays: 1 } });
    const from = { userAgent: "", remoteAddress: "" };
    const mine = sessions.create({ userId, ...from });
    const others = sessions.create({ userId: bob.id, ...from });
    await users.setPassword({ userId, password: "battery staple" });
    expect(await users.verifyPassword({ username: "ada", password: ada.password })).toBeNull();
    expect(await users.verifyPassword({ username: "ada", password: "battery staple" })).not.toBeNull();
    expect(sessions.find(mine.token)).toBeNull();
    expect(sessions.find(others.token)).not.toBeNull();
  });

  test("refuses a short one and a user who does not exist", async () => {
    const { id: userId } = await users.create(ada);
    expect((await appErrorOf(() => users.setPassword({ userId, password: "short" }))).kind).toBe("invalid");
    const nobody = { userId: newId(), password: "battery staple" };
    expect((await appErrorOf(() => users.setPassword(nobody))).kind).toBe("not_found");
    expect(await users.verifyPassword({ username: "ada", password: ada.password })).not.toBeNull();
  });
});

describe("the first user", () => {
  test("is the administrator, with a generated password that is returned once", async () => {
    const first = await users.ensureFirstUser({ adminPassword: null });
    expect(first?.username).toBe("admin");
    const password = first?.password ?? "";
    expect(password).toMatch(/^[A-Za-z0-9_-]{20}$/);
    expect((await users.verifyPassword({ username: "admin", password }))?.role).toBe("admin");
    expect(await users.ensureFirstUser({ adminPassword: null })).toBeNull();
    expect(users.list()).toHaveLength(1);
  });

  test("has the given password, which is not returned", async () => {
    const first = await users.ensureFirstUser({ adminPassword: "battery staple" });
    expect(first).toMatchObject({ username: "admin", password: null });
    expect(await users.verifyPassword({ username: "admin", password: "battery staple" })).not.toBeNull();
  });

  test("is not created if users exist, and keeps a changed password", async () => {
    await users.create(ada);
    expect(await users.ensureFirstUser({ adminPassword: "battery staple" })).toBeNull();
    expect(users.list()).toHaveLength(1);
  });
});
