/** A browser's way through a sign-in by OpenID Connect: cookies, links and redirects, on the gateway and at the provider. */
import { ENVIRONMENT, startTestDashboard, type TestDashboard } from "../test-dashboard.ts";
import { CLIENT_ID, CLIENT_SECRET, startProvider, type TestProvider } from "./provider.ts";

export const SITE = "http://localhost:8080";
export const CALLBACK = `${SITE}/pages/login/oidc/callback`;

export type SignInSite = Readonly<{
  dashboard: TestDashboard;
  provider: TestProvider;
  stop: () => Promise<void>;
}>;

/** Starts a provider, and a gateway that signs in by it. */
export async function startSignInSite(environment: Record<string, string> = {}): Promise<SignInSite> {
  const provider = await startProvider({ redirectUri: CALLBACK });
  const dashboard = await startTestDashboard({ ...oidcEnvironment(provider), ...environment });
  // Tokens have real times.
  dashboard.clock.jump(Date.now() - dashboard.clock.now());
  return {
    dashboard,
    provider,
    async stop() {
      await dashboard.stop();
      await provider.stop();
    },
  };
}

export function oidcEnvironment({ issuer }: Pick<TestProvider, "issuer">): Record<string, string> {
  return {
    ...ENVIRONMENT,
    OIDC_ISSUER: issuer,
    OIDC_CLIENT_ID: CLIENT_ID,
    OIDC_CLIENT_SECRET: CLIENT_SECRET,
    OIDC_ALLOWED_DOMAINS: "example.com",
    OIDC_NAME: "Keycloak",
  };
}

export type TestBrowser = ReturnType<typeof createTestBrowser>;

/** Has cookies of its own for both. */
export function createTestBrowser({ dashboard }: Pick<SignInSite, "dashboard">) {
  const jars = { site: new Map<string, string>(), provider: new Map<string, string>() };

  function keep(jar: Map<string, string>, response: Response): void {
    for (const line of response.headers.getSetCookie()) {
      const [pair = ""] = line.split(";", 1);
      const [name = ""] = pair.split("=", 1);
      if (/max-age=0(;|$)/i.test(line)) jar.delete(name);
      else jar.set(name, pair.slice(name.length + 1));
    }
  }

  const cookiesOf = (jar: Map<string, string>) =>
    [...jar].map(([name, value]) => `${name}=${value}`).join("; ");

  async function ask(path: string, form?: Record<string, string>, headers = {}): Promise<Response> {
    const cookie = cookiesOf(jars.site) || null;
    const response = await dashboard.ask(path, { cookie, headers, ...(form && { form }) });
    keep(jars.site, response);
    return response;
  }

  /** Goes through the provider until it sends back here; returns the path and query that it sends to. */
  async function visitProvider(url: string): Promise<string> {
    let next = url;
    for (let step = 0; step < 6; step++) {
      const response = await fetch(next, {
        redirect: "manual",
        headers: { cookie: cookiesOf(jars.provider) },
      });
      keep(jars.provider, response);
      const location = response.headers.get("location");
      if (location === null)
        throw new Error(`the provider responded ${response.status}: ${await response.text()}`);
      next = new URL(location, next).href;
      if (next.startsWith(SITE)) return next.slice(SITE.length);
    }
    throw new Error("the provider does not send back");
  }

  return {
    site: jars.site,
    /** As after signing out there. */
    forgetProvider: () => jars.provider.clear(),
    ask,
    visitProvider,
    /** Begins to sign in; returns the provider's address. */
    async start(next?: string): Promise<string> {
      const response = await ask(
        `/pages/login/oidc${next === undefined ? "" : `?next=${encodeURIComponent(next)}`}`,
      );
      return response.headers.get("location") ?? "";
    },
    /** Signs in, and returns the gateway's answer to what the provider sent. */
    async signIn(next?: string): Promise<Response> {
      return ask(await visitProvider(await this.start(next)));
    },
    /** The name of the user who is signed in; null: nobody. */
    async username(): Promise<string | null> {
      const response = await ask("/profile");
      return response.status === 200 ? (/<h1>\s*<span>([^<]+)/.exec(await response.text())?.[1] ?? "") : null;
    },
    /** The message on a page, after a redirect. */
    async flash(response: Response): Promise<string> {
      const page = await (await ask(response.headers.get("location") ?? "/")).text();
      return /<p class="notice [^>]*>[\s\S]*?<span>([^<]*)<\/span><\/p>/.exec(page)?.[1] ?? "";
    },
    async signInByPassword(username: string, password: string): Promise<void> {
      await ask("/pages/login", { username, password });
    },
  };
}
