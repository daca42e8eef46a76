import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { createSessions, type Sessions } from "../../src/auth/sessions.ts";
import { createTestMainDb, type TestMainDb } from "../support/main-db.ts";

let db: TestMainDb;
let sessions: Sessions;
let userId: string;

const DAY = 24 * 60 * 60 * 1_000;
const LIMITS = { idleHours: 14 * 24, maxDays: 90 };
const from = { userAgent: "Firefox", remoteAddress: "192.0.2.1" };

beforeEach(() => {
  db = createTestMainDb();
  sessions = createSessions({ ...db, limits: LIMITS });
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

  test("ends a number of days after its sign-in, however much it is used", () => {
    const { token } = sessions.create({ userId, ...from });
    const use = (kept: Sessions) => {
      const found = kept.find(token);
      if (found) kept.touch(found.session);
      return found?.session.expiresAt ?? null;
    };
    const end = db.clock.now() + 90 * DAY;
    for (let day = 0; day < 81; day += 9) {
      expect(use(sessions)).not.toBeNull();
      db.clock.advance(9 * DAY);
    }
    use(sessions);
    expect(use(sessions)).toBe(end);
    const shorter = createSessions({ ...db, limits: { idleHours: 1, maxDays: 80 } });
    expect(shorter.find(token)).toBeNull();
    db.clock.advance(9 * DAY - 1);
    expect(use(sessions)).toBe(end);
    db.clock.advance(1);
    expect(use(sessions)).toBeNull();
  });

  test("is seen at once, renewed in the browser once a minute, and written in groups", () => {
    const { session, token } = sessions.create({ userId, ...from });
    const other = sessions.create({ userId, ...from });
    const written = db.reopen();
    const writtenAt = () => written.sessions.find(session.id)?.session.lastSeenAt;
    db.clock.advance(59_999);
    expect(sessions.touch(session)).toBeNull();
    expect(sessions.find(token)?.session).toEqual({ ...session, lastSeenAt: db.clock.now() });
    db.clock.advance(1);
    expect(sessions.touch(session)).toBe(db.clock.now() + 14 * DAY);
    sessions.touch(other.session);
    expect(writtenAt()).toBe(session.createdAt);
    sessions.seen.flush();
    expect(writtenAt()).toBe(db.clock.now());
    expect(written.sessions.find(other.session.id)?.session.lastSeenAt).toBe(db.clock.now());
  });

  test("that has ended is not written again", () => {
    const { session, token } = sessions.create({ userId, ...from });
    sessions.touch(session);
    sessions.end({ userId, id: session.id });
    sessions.seen.flush();
    expect(sessions.find(token)).toBeNull();
  });

  test("continues even if it cannot be written, and is written later", () => {
    const { session, token } = sessions.create({ userId, ...from });
    let isFull = true;
    const touch: typeof db.mainDb.sessions.touch = (seen) => {
      if (isFull) throw new Error("database or disk is full");
      db.mainDb.sessions.touch(seen);
    };
    const full = { ...db.mainDb, sessions: { ...db.mainDb.sessions, touch } };
    const kept = createSessions({ mainDb: full, clock: db.clock, limits: LIMITS });
    db.clock.advance(DAY);
    kept.touch(session);
    kept.seen.flush();
    isFull = false;
    kept.seen.flush();
    expect(sessions.find(token)?.session.lastSeenAt).toBe(db.clock.now());
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
    sessions.endAll({ userId });
    expect(alive()).toBe("---+");
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
