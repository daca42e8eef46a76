/** Creates and finds users, and verifies their passwords. */
import type { Clock } from "../lib/clock.ts";
import { AppError, notFound } from "../lib/errors.ts";
import { newId } from "../lib/ids.ts";
import type { MainDb } from "../storage/main-db/open.ts";
import type { UserRow } from "../storage/main-db/tables.ts";
import { sqliteCode } from "../storage/sqlite/sqlite.ts";
import { ensureFirstUser } from "./first-user.ts";
import { createPasswords, type Passwords } from "./passwords.ts";

export type Role = "admin" | "user";

export type User = Readonly<{
  id: string;
  username: string;
  role: Role;
  hasPassword: boolean;
  /** Only API keys act for it. */
  isService: boolean;
  disabledAt: number | null;
  createdAt: number;
  updatedAt: number;
}>;

export type Users = ReturnType<typeof createUsers>;

const USERNAME = /^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$/;

/** Stored instead of a hash; no hash equals them. */
const SERVICE = "";
const NO_PASSWORD = "none";

type Deps = Readonly<{ mainDb: MainDb; clock: Clock; passwords?: Passwords }>;

export function createUsers({ mainDb, clock, passwords = createPasswords() }: Deps) {
  function insert(
    values: Pick<UserRow, "username" | "passwordHash" | "role">,
    alsoDo: (userId: string) => void = () => undefined,
  ): User {
    const now = clock.now();
    const row = { id: newId(), ...values, disabledAt: null, createdAt: now, updatedAt: now, deletedAt: null };
    try {
      mainDb.together(() => {
        mainDb.users.insert(row);
        alsoDo(row.id);
      });
    } catch (error) {
      if (sqliteCode(error) === "SQLITE_CONSTRAINT_UNIQUE") throw taken();
      throw error;
    }
    return toUser(row);
  }

  const users = {
    /**
     * A null password creates a service account, which cannot sign in. `alsoDo` runs in the same transaction; what it
     * throws undoes all. Throws AppError `invalid` or `conflict`.
     */
    async create(
      values: { username: string; password: string | null; role: Role },
      alsoDo?: (userId: string) => void,
    ): Promise<User> {
      const { username, password, role } = values;
      if (!USERNAME.test(username)) throw unfitUsername();
      if (mainDb.users.findByUsername(username)) throw taken();
      if (password === null && role === "admin") throw noServiceAdmin();
      const passwordHash = password === null ? SERVICE : await passwords.hash(password);
      // Another request may have taken the name while the password was hashed.
      return insert({ username, passwordHash, role }, alsoDo);
    },

    /** Creates a user who signs in without a password. Throws AppError `invalid` or `conflict`. */
    createWithoutPassword({ username, role }: { username: string; role: Role }): User {
      if (!USERNAME.test(username)) throw unfitUsername();
      return insert({ username, passwordHash: NO_PASSWORD, role });
    },

    list(): User[] {
      return mainDb.users.list().map(toUser);
    },

    find(id: string): User | null {
      const row = mainDb.users.find(id);
      return row && toUser(row);
    },

    findByUsername(username: string): User | null {
      const row = mainDb.users.findByUsername(username);
      return row && toUser(row);
    },

    /**
     * Sets a password and ends all of the user's sessions. Returns false, and changes nothing, if what allowed it is gone
     * once the password is hashed. Throws AppError `invalid` or `not_found`.
     */
    async setPassword(of: {
      userId: string;
      password: string;
      isStillGood?: () => boolean;
    }): Promise<boolean> {
      const { userId: id, password, isStillGood = () => true } = of;
      if (!mainDb.users.find(id)) throw notFound("user");
      const passwordHash = await passwords.hash(password);
      let isSet = false;
      mainDb.together(() => {
        isSet = isStillGood();
        if (isSet) mainDb.users.setPasswordHash({ id, passwordHash, at: clock.now() });
      });
      return isSet;
    },

    /**
     * Disables a user, ends their sessions and suspends their API keys. Throws AppError `not_found`, and `conflict` for
     * the last administrator, because nobody could enable users again.
     */
    disable(userId: string): void {
      const row = mainDb.users.find(userId);
      if (!row) throw notFound("user");
      if (row.disabledAt !== null) return;
      const admins = mainDb.users.list().filter((user) => user.role === "admin" && user.disabledAt === null);
      if (row.role === "admin" && admins.length === 1) throw lastAdmin();
      const at = clock.now();
      mainDb.users.setDisabledAt({ id: userId, disabledAt: at, at });
    },

    /** Throws AppError `not_found`. */
    enable(userId: string): void {
      if (!mainDb.users.find(userId)) throw notFound("user");
      mainDb.users.setDisabledAt({ id: userId, disabledAt: null, at: clock.now() });
    },

    /**
     * Returns null for an unknown or disabled user and for a wrong password, after the same time. Rejects with AppError
     * `unavailable` while too many sign in, unless `isTrusted`: the request has a session or comes from a known
     * browser.
     */
    async verifyPassword(given: {
      username: string;
      password: string;
      isTrusted?: boolean;
    }): Promise<User | null> {
      const { username, password, isTrusted = false } = given;
      const row = mainDb.users.findByUsername(username);
      const hash = row && hasPassword(row) ? row.passwordHash : null;
      const matches = await passwords.verify(password, hash, { isTrusted });
      return matches && row && row.disabledAt === null ? toUser(row) : null;
    },

    /** Creates the user "admin" if no user exists. The password is returned only if it was generated. */
    ensureFirstUser({ adminPassword }: { adminPassword: string | null }) {
      return ensureFirstUser({ isEmpty: mainDb.users.isEmpty, create: users.create, adminPassword });
    },
  };
  return users;
}

function toUser(row: UserRow): User {
  const { id, username, role, passwordHash, disabledAt, createdAt, updatedAt } = row;
  const isService = passwordHash === SERVICE;
  return { id, username, role, hasPassword: hasPassword(row), isService, disabledAt, createdAt, updatedAt };
}

function hasPassword({ passwordHash }: UserRow): boolean {
  return passwordHash !== SERVICE && passwordHash !== NO_PASSWORD;
}

function noServiceAdmin(): AppError {
  return new AppError({
    kind: "invalid",
    message: "A service account cannot be an administrator, because administration needs a sign-in.",
    details: [{ path: "role", message: "must be user for a service account" }],
  });
}

function unfitUsername(): AppError {
  const fault =
    "must be 1 to 64 letters, digits, dots, hyphens, underscores or @, and begin with a letter or digit";
  return new AppError({
    kind: "invalid",
    message: `The username ${fault}.`,
    details: [{ path: "username", message: fault }],
  });
}

function taken(): AppError {
  return new AppError({
    kind: "conflict",
    code: "username_taken",
    message: "User already exists.",
    hint: "Choose another username. Upper and lower case do not differ.",
  });
}

function lastAdmin(): AppError {
  return new AppError({
    kind: "conflict",
    code: "last_admin",
    message: "This is the last administrator who can sign in.",
    hint: "Add or enable another administrator first.",
  });
}
