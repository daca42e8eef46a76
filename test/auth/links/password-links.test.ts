/** Links to new passwords are looked for and made after the response, which must not depend on them. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { createPasswordLinks } from "../../../src/auth/links/password-links.ts";
import { createPasswords } from "../../../src/auth/passwords.ts";
import { createUsers } from "../../../src/auth/users.ts";
import { HOUR_MS } from "../../../src/lib/clock.ts";
import { createTestMainDb, type TestMainDb } from "../../support/main-db.ts";
import { createRecordingLog } from "../../support/recording-log.ts";
import { appErrorOf } from "../../support/thrown.ts";

const quick = createPasswords({ hash: async (text) => `quick:${text}`, verify: async () => true });

let db: TestMainDb;
let mailed: string[];
let isPasswordEnough: boolean;
let links: ReturnType<typeof createPasswordLinks>;

beforeEach(() => {
  db = createTestMainDb();
  const { mainDb, clock } = db;
  mailed = [];
  isPasswordEnough = true;
  links = createPasswordLinks({
    mainDb,
    users: createUsers({ mainDb, clock, passwords: quick }),
    clock,
    log: createRecordingLog().log,
    baseUrl: "https://hooks.example",
    isPasswordEnough: () => isPasswordEnough,
    post: ({ to }) => mailed.push(to),
  });
});
afterEach(() => db.dispose());

function addUser(username: string, email: string | null, values: Parameters<TestMainDb["addUser"]>[0] = {}) {
  const { id } = db.addUser({ username, ...values });
  if (email !== null) db.mainDb.userEmails.put({ userId: id, email, at: 0 });
  return id;
}

/** Asks, and lets all that follows happen. */
async function ask(typed: string): Promise<readonly string[]> {
  mailed.length = 0;
  links.ask(typed);
  db.clock.advance(1_000);
  await new Promise((resolve) => setImmediate(resolve));
  return [...mailed];
}

test("nothing is written or sent while the response is made", async () => {
  const ada = addUser("ada", "ada@example.com");
  links.ask("ada");
  db.clock.advance(999);
  await new Promise((resolve) => setImmediate(resolve));
  expect(mailed).toEqual([]);
  expect(db.mainDb.oneTimeLinks.count({ userId: ada, purpose: "password", now: 0 })).toBe(0);
  db.clock.advance(1);
  await new Promise((resolve) => setImmediate(resolve));
  expect(mailed).toEqual(["ada@example.com"]);
});

test("users with a confirmed address and a password get a link, by name or by address", async () => {
  addUser("ada", "Ada@example.com");
  addUser("ada2", "ada@EXAMPLE.com");
  addUser("off", "off@example.com", { disabledAt: 1 });
  addUser("robot", "robot@example.com", { passwordHash: "" });
  addUser("bare", null);
  expect(await ask("ADA")).toEqual(["Ada@example.com"]);
  expect((await ask("ada@example.com")).toSorted()).toEqual(["Ada@example.com", "ada@EXAMPLE.com"]);
  for (const who of ["off", "off@example.com", "robot", "bare", "nobody", "", "a".repeat(300)]) {
    expect(await ask(who)).toEqual([]);
  }
});

test("a user has three open links at most, and another once one of them is too old", async () => {
  addUser("ada", "ada@example.com");
  const sent: number[] = [];
  for (let times = 0; times < 5; times++) sent.push((await ask("ada")).length);
  expect(sent).toEqual([1, 1, 1, 0, 0]);
  db.clock.advance(HOUR_MS);
  expect(await ask("ada")).toHaveLength(1);
});

test("of two who use a link at the same time, one sets the password", async () => {
  const token = links.create(addUser("ada", null)).split("token=")[1] ?? "";
  const passwords = ["seven-green-bottles", "eight-green-bottles"];
  const used = await Promise.all(passwords.map((password) => links.use({ token, password })));
  expect(used.filter((user) => user !== null)).toHaveLength(1);
});

test("no link works while passwords do not sign in", async () => {
  const id = addUser("ada", "ada@example.com");
  const token = links.create(id).split("token=")[1] ?? "";
  isPasswordEnough = false;
  expect(await ask("ada")).toEqual([]);
  expect(links.find(token)).toBeNull();
  expect(await links.use({ token, password: "seven-green-bottles" })).toBeNull();
  expect(await appErrorOf(async () => links.create(id))).toMatchObject({ code: "passwords_off" });
});

test("a link to confirm an address sets no password", () => {
  const row = { purpose: "email", email: "ada@example.com", createdAt: 0 } as const;
  const tokenHash = new Bun.CryptoHasher("sha256").update("token").digest("hex");
  const expiresAt = db.clock.now() + 1;
  db.mainDb.oneTimeLinks.insert({ ...row, userId: addUser("ada", null), tokenHash, expiresAt });
  expect(links.find("token")).toBeNull();
});
