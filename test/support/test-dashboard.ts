/** A gateway with an administrator and a user, and requests to its dashboard as a browser sends them. */
import { API_PREFIX } from "../../src/api/operation.ts";
import { isHealthPath } from "../../src/http/health.ts";
import { METRICS_PATH } from "../../src/http/metrics-route.ts";
import { PORTAL_PATH } from "../../src/http/portal-path.ts";
import type { Overrides } from "../../src/server/overrides.ts";
import { PASSWORD, startTestApp } from "./test-app.ts";

export { PASSWORD };

export const ENVIRONMENT = {
  SECRET_KEY: Buffer.alloc(32, 7).toString("base64"),
  ADMIN_PASSWORD: "the-first-password",
  METRICS_USERNAME: "prometheus",
  METRICS_PASSWORD: "metrics-secret",
  // Tests send from loopback, and say by X-Forwarded-For which address they stand for.
  TRUSTED_PROXIES: "127.0.0.1/32",
} as const;

type Asked = Readonly<{
  method?: "GET" | "POST";
  form?: Record<string, string>;
  cookie?: string | null;
  headers?: Record<string, string>;
}>;

export type TestDashboard = Awaited<ReturnType<typeof startTestDashboard>>;

export async function startTestDashboard(
  environment: Record<string, string> = {},
  overrides: Overrides = {},
) {
  const gateway = await startTestApp(
    { BASE_URL: "http://localhost:8080", ...ENVIRONMENT, ...environment },
    {
      // The server page shows the same wherever the test runs.
      dashboard: (own) => ({
        ...own,
        version: "1.2.3",
        storage: {
          measure: async () => ({
            mainDb: { path: own.config.dbPath, bytes: 4096 },
            eventFiles: { folder: own.config.dataDir, count: 2, bytes: 8192 },
          }),
          openFiles: () => 1,
          maxOpenFiles: 10,
          checks: own.storage.checks,
          lastBackup: own.storage.lastBackup,
        },
      }),
      ...overrides,
    },
  );
  const { app, parts, server, clock, lines, config } = gateway;
  const { users, sessions, apiKeys, useCases, checks, storage, transfer } = parts;
  const [rootId, carolId] = [await gateway.addUser("root", "admin"), await gateway.addUser("carol")];

  /** Sends a request as a browser on one of the dashboard's own pages does. */
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
    /** The pages and forms, as they are mounted. */
    routes: app.routes.filter(({ path }) => isPage(path)),
    ask,
    signIn,
    clock,
    users,
    sessions,
    firstSignIn: parts.firstSignIn,
    apiKeys,
    useCases,
    invitations: parts.invitations,
    config,
    lines,
    server,
    checks,
    storage,
    transfer,
    audit: parts.mainDb.audit,
    secondFactors: parts.mainDb.secondFactors,
    rootId,
    carolId,
    stop: gateway.stop,
  };
}

/** Whether a path is a page or form for people, and not an address of programs. */
/** Pages of portals are for no user; test/access/portal.test.ts walks them. */
function isPage(path: string): boolean {
  const isForPrograms = path.startsWith(`${API_PREFIX}/`) || path.startsWith("/webhook/");
  if (path.startsWith(`${PORTAL_PATH}/`)) return false;
  return !isForPrograms && path !== METRICS_PATH && !isHealthPath(path);
}

/** The session's cookie as a browser sends it back. */
export function cookieOf(answer: Response): string {
  const set = answer.headers.getSetCookie().find((line) => line.includes("webhooker_session="));
  return set?.split(";", 1)[0] ?? "";
}
