import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { createSessions, type Sessions } from "../../src/auth/sessions.ts";
import { createTestMainDb, type TestMainDb } from "../support/main-db.ts";

let db: TestMainDb;
let sessions: Sessions;
let userId: string;

const DAY = 24 * 60 * 60 * 1_000;
const from = { userAgent: "Firefox", remoteAddress: "192.0.2.1" };

beforeEach(() => {
  db = createTestMainDb();
  sessions = createSessions(db);
  userId = db.addUser({ username: "ada", role: "admin" }).id;
});

afterEach(() => db.dispose());

describe("a session", () => {
  test("is found by its token, which is stored only as a hash", () => {
    const { session, token } = sessions.create({ userId, ...from });
    expect(sessions.find(token)).toEqual({ session, user: { id: userId, username: "ada", role: "admin" } });
    expect(session).toMatchObject({ ...from, userId, expiresAt: db.clock.now() + 14 * DAY });
    for (const text of ["", "x", session.id]) expect(sessions.find(text)).toBeNull();
    const stored = [db.path, `${db.path}-wal`].map((path) => readFileSync(path, "latin1")).join("");
    expect(stored).not.toContain(token);
  });

  test("ends two weeks after its last use", () => {
    const { token } = sessions.create({ userId, ...from });
    const use = () => {
      const found = sessions.find(token);
      if (found) sessions.touch(found.session);
      return found !== null;
    };
    db.clock.advance(14 * DAY - 1);
    expect(use()).toBe(true);
    db.clock.advance(14 * DAY - 1);
    expect(use()).toBe(true);
    db.clock.advance(14 * DAY);
    expect(use()).toBe(false);
    expect(sessions.list({ userId })).toEqual([]);
  });

  test("is written at most once a minute", () => {
    const { session, token } = sessions.create({ userId, ...from });
    db.clock.advance(59_999);
    sessions.touch(session);
    expect(sessions.find(token)?.session).toEqual(session);
    db.clock.advance(1);
    sessions.touch(session);
    expect(sessions.find(token)?.session.lastSeenAt).toBe(db.clock.now());
  });

  test("continues even if it cannot be written", () => {
    const { session } = sessions.create({ userId, ...from });
    const touch = () => {
      throw new Error("database or disk is full");
    };
    const full = { ...db.mainDb, sessions: { ...db.mainDb.sessions, touch } };
    db.clock.advance(DAY);
    expect(() => createSessions({ mainDb: full, clock: db.clock }).touch(session)).not.toThrow();
  });

  test("is invalid once its user is disabled or deleted", () => {
    for (const state of [{ disabledAt: 1 }, { deletedAt: 1 }]) {
      const user = db.addUser();
      const { token } = sessions.create({ userId: user.id, ...from });
      db.changeUser(user.id, state);
      expect(sessions.find(token)).toBeNull();
    }
  });
});

describe("ending sessions", () => {
  test("ends one, or all others, and only of the same user", () => {
    const bob = db.addUser().id;
    const [one, two, three] = [1, 2, 3].map(() => sessions.create({ userId, ...from }));
    const other = sessions.create({ userId: bob, ...from });
    if (!one || !two || !three) throw new Error("three were made");
    const alive = () =>
      [one, two, three, other].map(({ token }) => (sessions.find(token) === null ? "-" : "+")).join("");
    sessions.end({ userId: bob, id: one.session.id });
    expect(alive()).toBe("++++");
    sessions.end({ userId, id: one.session.id });
    expect(alive()).toBe("-+++");
    sessions.endOthers({ userId, id: two.session.id });
    expect(alive()).toBe("-+-+");
  });

  test("lists the remaining ones, last seen first", () => {
    const first = sessions.create({ userId, ...from });
    db.clock.advance(1);
    const second = sessions.create({ userId, ...from, userAgent: "x".repeat(1_000) });
    expect(sessions.list({ userId }).map((one) => one.id)).toEqual([second.session.id, first.session.id]);
    expect(second.session.userAgent).toHaveLength(300);
    db.clock.advance(60_000);
    sessions.touch(first.session);
    expect(sessions.list({ userId })[0]?.id).toBe(first.session.id);
  });
});
