/** A whole gateway on loopback, in a folder of its own, with a fake clock; not started, so nothing is delivered. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { createPasswords } from "../../src/auth/passwords.ts";
import { type Config, loadConfig } from "../../src/config.ts";
import { createSessionCookie } from "../../src/dashboard/session/session-cookie.ts";
import { createApp } from "../../src/server/create-app.ts";
import type { Overrides } from "../../src/server/overrides.ts";
import type { MainDbUpkeep } from "../../src/server/storage.ts";
import { createFakeClock } from "./fake-clock.ts";
import { makeTestFolder } from "./folder.ts";
import { serve } from "./http-server.ts";
import { unreachable } from "./outbound.ts";
import { placeMainDb } from "./prepared-main-db.ts";
import { createRecordingLog } from "./recording-log.ts";

export const BASE_URL = "https://hooks.example";
export const PASSWORD = "correct-horse-battery";

/** Not argon2, which takes a tenth of a second on purpose. */
const quickPasswords = createPasswords({
  hash: async (password) => `quick:${password}`,
  verify: async (password, hash) => hash === `quick:${password}`,
});

/** No test that uses this cuts the power. */
const syncsNothing: MainDbUpkeep = {
  sync: async () => undefined,
  checkpoint: async () => undefined,
  restartWal: async () => undefined,
  stop: () => undefined,
};

export type TestApp = Awaited<ReturnType<typeof startTestApp>>;

/** `environment` has the program's variables, except the paths of its files. */
export async function startTestApp(
  environment: Readonly<Record<string, string>> = {},
  overrides: Overrides = {},
) {
  const directory = makeTestFolder("app");
  const clock = createFakeClock();
  const { log, lines } = createRecordingLog();
  const config: Config = loadConfig({
    BASE_URL,
    SECRET_KEY: Buffer.alloc(32, 1).toString("base64"),
    ...environment,
    DBURL: join(directory, "data", "webhooker.db"),
    DATA_DIR: join(directory, "events"),
  });
  placeMainDb(config.dbPath);
  const { app, parts, stop } = await createApp({
    config,
    clock,
    log,
    overrides: {
      passwords: quickPasswords,
      outbound: unreachable,
      mainDbUpkeep: syncsNothing,
      compilesRoutes: false,
      descriptors: { openFiles: 10, attempts: 10, idleConnections: 10 },
      rest: () => new Promise((resolve) => setImmediate(resolve)),
      ...overrides,
    },
  });
  const server = serve(app);

  const sessionCookie = createSessionCookie({
    config,
    clock,
    sessions: parts.sessions,
    sessionKey: parts.keys.sessionKey,
  });
  const signedIn = new Map<string, Readonly<{ token: string; cookie: string }>>();

  /** Signs a user in without the sign-in page, and returns their browser's cookie header. */
  async function cookieOf(userId: string): Promise<string> {
    const known = signedIn.get(userId);
    if (known && parts.sessions.find(known.token)) return known.cookie;
    const { session, token } = parts.sessions.create({
      userId,
      userAgent: "test",
      remoteAddress: "192.0.2.7",
    });
    const line = await sessionCookie.write({ token, expiresAt: session.expiresAt });
    const cookie = line.split(";", 1)[0] ?? "";
    signedIn.set(userId, { token, cookie });
    return cookie;
  }

  return {
    app,
    parts,
    config,
    clock,
    lines,
    directory,
    server,
    cookieOf,
    /** Signs a user in, and returns the state of a real browser that is. */
    async browserState(userId: string) {
      const [name = "", value = ""] = (await cookieOf(userId)).split("=", 2);
      const host = { domain: "127.0.0.1", path: "/", secure: config.baseUrl.startsWith("https:") };
      const cookie = { ...host, name, value, httpOnly: true, sameSite: "Lax" as const, expires: -1 };
      return { cookies: [cookie], origins: [] };
    },
    /** Adds a user and returns their id. */
    async addUser(username: string, role: "admin" | "user" = "user"): Promise<string> {
      return (await parts.users.create({ username, password: PASSWORD, role })).id;
    },
    async stop(): Promise<void> {
      parts.stopping.abort();
      await server.stop();
      await stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
