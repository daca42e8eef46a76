/** The whole dashboard on loopback behind the edge, with a fake clock and quick passwords, and browsers' manners. */
import { join } from "node:path";
import { Elysia } from "elysia";
import { createApiKeys } from "../../src/auth/api-keys.ts";
import { createPasswords } from "../../src/auth/passwords.ts";
import { createSessions } from "../../src/auth/sessions.ts";
import { createSignInLimiter } from "../../src/auth/sign-in-limiter.ts";
import { createUsers } from "../../src/auth/users.ts";
import { type Config, loadConfig } from "../../src/config.ts";
import { createDashboard } from "../../src/dashboard/create-dashboard.ts";
import { edge } from "../../src/http/edge.ts";
import { createErrorAnswers, errorHandler, wantsPage } from "../../src/http/errors.ts";
import { createRulesReader } from "../../src/ingest/entrypoint-rules.ts";
import { createReverify } from "../../src/ingest/re-verify.ts";
import { createRemoteAddressReader } from "../../src/ingest/remote-address.ts";
import { createVerifierOpener } from "../../src/ingest/verifiers.ts";
import { createKeyRing } from "../../src/lib/crypto.ts";
import { createReplay } from "../../src/replays/replay.ts";
import { createReplayRuns } from "../../src/replays/replay-runs.ts";
import { openEventStorage } from "../../src/storage/event-storage.ts";
import type { Background } from "../../src/storage/main-db/open.ts";
import { checkInBackground } from "../../src/storage/reader/inspection.ts";
import { createStorageChecks } from "../../src/storage/reader/storage-checks.ts";
import { createReplayStore } from "../../src/storage/stores/replay-store.ts";
import { createVerificationTrials } from "../../src/webhooks/verification-trial.ts";
import { serve } from "./http-server.ts";
import { createRecordingLog } from "./recording-log.ts";
import { createTestThrottle } from "./throttle.ts";
import { createTestTransfer } from "./transfer.ts";
import { createTestUseCases } from "./use-cases.ts";

export const PASSWORD = "correct-horse-battery";
export const ENVIRONMENT = {
  SECRET_KEY: Buffer.alloc(32, 7).toString("base64"),
  ADMIN_PASSWORD: "the-first-password",
  METRICS_USERNAME: "prometheus",
  METRICS_PASSWORD: "metrics-secret",
  // Every test sends from loopback; this way it can say where it sends from.
  TRUSTED_PROXIES: "127.0.0.1/32",
} as const;

/** Not argon2, which takes a tenth of a second on purpose. */
const quickPasswords = createPasswords({
  hash: async (password) => `quick:${password}`,
  verify: async (password, hash) => hash === `quick:${password}`,
});

type Asked = Readonly<{
  method?: "GET" | "POST";
  form?: Record<string, string>;
  cookie?: string | null;
  headers?: Record<string, string>;
}>;

export type TestDashboard = Awaited<ReturnType<typeof startTestDashboard>>;

export async function startTestDashboard(environment: Record<string, string> = {}, background?: Background) {
  const all = createTestUseCases(background);
  const { useCases, mainDb, clock, targetTypes, providers } = all;
  const config: Config = {
    ...loadConfig({ ...ENVIRONMENT, ...environment }),
    dbPath: all.path,
    dataDir: join(all.directory, "events"),
  };
  const { log, lines } = createRecordingLog();
  const storage = openEventStorage({
    dataDir: config.dataDir,
    maxOpen: 10,
    clock,
    onError: (message, error) => log.error(message, { error }),
  });
  const { events } = storage;
  const keys = createKeyRing(new Uint8Array(32).fill(1));
  const trials = createVerificationTrials({
    ...{ mainDb, events, providers, baseUrl: config.baseUrl },
    ...{ keys, rejected: storage.rejected },
  });
  const reverify = createReverify({
    ...{ routing: mainDb.routing, clock, store: storage.rejected, baseUrl: config.baseUrl },
    openVerifier: createVerifierOpener({ providers, keys, log }),
    readRules: createRulesReader({ log }),
    keys,
  });
  const users = createUsers({ mainDb, clock, passwords: quickPasswords });
  const sessions = createSessions({ mainDb, clock });
  const apiKeys = createApiKeys({ mainDb, clock });
  const stopping = new AbortController();
  const replayRuns = createReplayRuns({
    ...{ events, routing: mainDb.routing, clock, log, onDue: () => undefined, rest: async () => undefined },
    store: createReplayStore(storage),
  });
  const transfer = createTestTransfer(all, config.dataDir);
  const checks = createStorageChecks({ check: () => checkInBackground(config), clock, log });
  const dashboard = createDashboard({
    ...{ config, clock, log, users, sessions, apiKeys, useCases, targetTypes, providers, events },
    trials,
    rejected: storage.rejected,
    reverify,
    version: "1.2.3",
    sendTestNotice: async () => [{ channel: "email", error: null }],
    throttle: createTestThrottle(storage, clock),
    transfer,
    stopping: stopping.signal,
    sessionKey: new Uint8Array(32).fill(3),
    signInLimiter: createSignInLimiter(clock),
    routing: mainDb.routing,
    durably: mainDb.durably,
    replay: createReplay({ events, routing: mainDb.routing, clock }),
    replayRuns,
    remoteAddressOf: createRemoteAddressReader(config.trustedProxies),
    sendTestEvent: () => Promise.reject(new Error("nothing is sent here")),
    storage: {
      measure: async () => ({
        mainDb: { path: config.dbPath, bytes: 4096 },
        eventFiles: { folder: config.dataDir, count: 2, bytes: 8192 },
      }),
      openFiles: () => 1,
      maxOpenFiles: 10,
      checks,
    },
  });
  const errors = createErrorAnswers({
    log,
    rendererFor: (request) => (wantsPage(request) ? dashboard.errorPage : null),
  });
  const app = new Elysia({ precompile: true, handler: { standardHostname: false } })
    .use(edge({ log, clock, errors, baseUrl: config.baseUrl, logIngestion: false }))
    .use(errorHandler(errors))
    .use(dashboard.app);
  const server = serve(app);
  const root = await users.create({ username: "root", password: PASSWORD, role: "admin" });
  const carol = await users.create({ username: "carol", password: PASSWORD, role: "user" });

  /** As a browser on the dashboard's own page would. */
  function ask(path: string, asked: Asked = {}): Promise<Response> {
    const { form, cookie = null, method = form ? "POST" : "GET" } = asked;
    const headers = new Headers({ accept: "text/html", ...asked.headers });
    if (method === "POST" && !headers.has("sec-fetch-site")) headers.set("sec-fetch-site", "same-origin");
    if (cookie !== null) headers.set("cookie", cookie);
    const body = form && new URLSearchParams(form);
    return fetch(server.url + path, { method, headers, redirect: "manual", ...(body && { body }) });
  }

  async function signIn(username: string, password = PASSWORD): Promise<string> {
    const answer = await ask("/pages/login", { form: { username, password } });
    if (answer.status !== 303) throw new Error(`signing in was answered ${answer.status}`);
    return cookieOf(answer);
  }

  return {
    ...{
      ask,
      signIn,
      clock,
      users,
      sessions,
      apiKeys,
      useCases,
      config,
      lines,
      server,
      checks,
      storage,
      transfer,
    },
    ...{ rootId: root.id, carolId: carol.id, routes: dashboard.routes, app },
    async stop() {
      stopping.abort();
      await server.stop();
      await replayRuns.stop();
      await storage.close();
      all.dispose();
    },
  };
}

/** The session's cookie as a browser sends it back. */
export function cookieOf(answer: Response): string {
  const set = answer.headers.getSetCookie().find((line) => line.includes("webhooker_session="));
  return set?.split(";", 1)[0] ?? "";
}
