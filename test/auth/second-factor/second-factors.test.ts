/** A second factor takes each code once, and its secret and recovery codes are not stored in the clear. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { createSecondFactors, type SecondFactors } from "../../../src/auth/second-factor/second-factors.ts";
import { stepAt, totpCode } from "../../../src/auth/second-factor/totp.ts";
import { createKeyRing } from "../../../src/lib/crypto.ts";
import { rotateSecrets } from "../../../src/webhooks/rotate-secrets.ts";
import { createTestMainDb, type TestMainDb } from "../../support/main-db.ts";
import { appErrorOf } from "../../support/thrown.ts";

const KEYS = createKeyRing(new Uint8Array(32).fill(1));
const STEP_MS = 30_000;

let db: TestMainDb;
let factors: SecondFactors;
let userId: string;

beforeEach(() => {
  db = createTestMainDb();
  factors = create();
  userId = db.addUser({ username: "ada" }).id;
});
afterEach(() => db.dispose());

function create(keys = KEYS, required: "none" | "admins" | "everyone" = "none", mainDb = db.mainDb) {
  return createSecondFactors({
    mainDb,
    keys,
    clock: db.clock,
    baseUrl: "https://hooks.example.com",
    required,
    signsInByPassword: () => true,
  });
}

const codeOf = (secret: string, steps = 0) => totpCode(secret, stepAt(db.clock.now()) + steps);

function turnOn(): { secret: string; codes: readonly string[] } {
  const { secret, sealed } = factors.begin({ username: "ada", sessionId: "s1" });
  const codes = factors.turnOn({ userId, sessionId: "s1", sealed, code: codeOf(secret) });
  if (codes === null) throw new Error("the code is right");
  db.clock.advance(2 * STEP_MS);
  return { secret, codes };
}

const verify = (code: string) => factors.verify({ userId, code });

describe("a setup", () => {
  test("ends with a code of the new secret, and only then is there a second factor", () => {
    const setup = factors.begin({ username: "ada", sessionId: "s1" });
    const end = (code: string) => factors.turnOn({ userId, sessionId: "s1", sealed: setup.sealed, code });
    expect(setup.uri).toContain(`secret=${setup.secret}`);
    expect(end("000000")).toBeNull();
    expect(factors.isOn(userId)).toBe(false);
    const code = codeOf(setup.secret);
    const codes = end(`${code.slice(0, 3)} ${code.slice(3)}`);
    expect(codes).toHaveLength(10);
    expect(factors.find(userId)).toEqual({ since: db.clock.now(), codesLeft: 10 });
    expect(verify(code)).toBe(false);
  });

  test("goes on with the secret of its page, and not with another session's", () => {
    const { secret, sealed } = factors.begin({ username: "ada", sessionId: "s1" });
    expect(factors.begin({ username: "ada", sessionId: "s1", sealed }).secret).toBe(secret);
    expect(factors.begin({ username: "ada", sessionId: "s2", sealed }).secret).not.toBe(secret);
    const code = codeOf(secret);
    for (const given of [
      { sessionId: "s2", sealed },
      { sessionId: "s1", sealed: "v1.planted" },
      { sessionId: "s1", sealed: "" },
    ]) {
      expect(factors.turnOn({ userId, ...given, code })).toBeNull();
    }
  });
});

describe("a code of the app", () => {
  test("is taken once, and then no earlier one", () => {
    const { secret } = turnOn();
    const [before, now, after] = [codeOf(secret, -1), codeOf(secret), codeOf(secret, 1)];
    expect(verify(now)).toBe(true);
    expect(verify(now)).toBe(false);
    expect(verify(before)).toBe(false);
    expect(verify(after)).toBe(true);
    expect(verify(after)).toBe(false);
  });

  test("is taken once by two processes together", () => {
    const { secret } = turnOn();
    const other = create(KEYS, "none", db.reopen());
    const code = codeOf(secret);
    expect([verify(code), other.verify({ userId, code })]).toEqual([true, false]);
  });

  test("is not another user's", () => {
    const { secret } = turnOn();
    const bob = db.addUser().id;
    expect(factors.verify({ userId: bob, code: codeOf(secret) })).toBe(false);
  });
});

describe("a recovery code", () => {
  test("is taken once, however it is typed, also if the secret key is lost", () => {
    const { secret, codes } = turnOn();
    expect(new Set(codes).size).toBe(10);
    for (const code of codes) expect(code).toMatch(/^[a-z2-7]{4}(-[a-z2-7]{4}){3}$/);
    const [first = "", second = ""] = codes;
    expect(verify(` ${first.toUpperCase().replaceAll("-", " ")} `)).toBe(true);
    expect(verify(first)).toBe(false);
    const lost = create(createKeyRing(new Uint8Array(32).fill(9)));
    expect(lost.verify({ userId, code: codeOf(secret) })).toBe(false);
    expect(lost.verify({ userId, code: second })).toBe(true);
    expect(factors.find(userId)?.codesLeft).toBe(8);
  });

  test("is void once there are new ones, or the second factor is off", () => {
    const { codes } = turnOn();
    const renewed = factors.renewCodes(userId);
    expect(verify(codes[0] ?? "")).toBe(false);
    expect(verify(renewed[0] ?? "")).toBe(true);
    expect(factors.turnOff(userId)).toBe(true);
    expect(factors.turnOff(userId)).toBe(false);
    expect(verify(renewed[1] ?? "")).toBe(false);
  });
});

describe("what is stored", () => {
  const stored = () => [db.path, `${db.path}-wal`].map((path) => readFileSync(path, "latin1")).join("");

  test("has neither the secret nor a recovery code", () => {
    const { secret, codes } = turnOn();
    expect(stored()).not.toContain(secret);
    for (const code of codes) {
      expect(stored()).not.toContain(code);
      expect(stored()).not.toContain(code.replaceAll("-", ""));
    }
  });

  test("is sealed again with a new secret key, and is missing from no rotation", async () => {
    const { secret } = turnOn();
    const to = createKeyRing(new Uint8Array(32).fill(2));
    const lost = createKeyRing(new Uint8Array(32).fill(9));
    const error = await appErrorOf(() =>
      rotateSecrets({ mainDb: db.mainDb, from: lost, to, partial: false }),
    );
    expect(error.code).toBe("secrets_unreadable");
    expect(rotateSecrets({ mainDb: db.mainDb, from: KEYS, to, partial: false })).toEqual({
      resealed: 1,
      unreadable: 0,
    });
    expect(create(to).verify({ userId, code: codeOf(secret) })).toBe(true);
    db.clock.advance(2 * STEP_MS);
    expect(verify(codeOf(secret))).toBe(false);
  });

  test("is audited by its name, without values", () => {
    const { codes } = turnOn();
    verify(codes[0] ?? "");
    factors.turnOff(userId);
    const { entries } = db.mainDb.audit.search({ readerId: userId, limit: 10 });
    expect(entries.map(({ action, object_name, fields }) => [action, object_name, fields])).toEqual([
      ["user.update", "ada", '["second_factor","recovery_codes"]'],
      ["user.update", "ada", '["recovery_codes"]'],
      ["user.update", "ada", '["second_factor","recovery_codes"]'],
      ["user.create", "ada", "[]"],
    ]);
  });
});

test("a second factor is missing where it is required and not on", () => {
  const user = { id: userId, role: "user" } as const;
  const admin = { id: db.addUser({ role: "admin" }).id, role: "admin" } as const;
  const missing = (required: "none" | "admins" | "everyone") =>
    [user, admin].map((each) => create(KEYS, required).isMissing(each));
  expect([missing("none"), missing("admins"), missing("everyone")]).toEqual([
    [false, false],
    [false, true],
    [true, true],
  ]);
  turnOn();
  expect(missing("everyone")).toEqual([false, true]);
});
