/**
 * Cookies of sign-ins by OpenID Connect that are under way. Each has its own, named by its state, so that two tabs do not
 * disturb each other.
 */
import type { Departure } from "../../auth/oidc/single-sign-on.ts";
import { readCookie } from "../cookies.ts";
import type { DashboardDeps } from "../deps.ts";

/** Servers and proxies refuse requests whose headers are too large. */
const MAX_PENDING = 4;
const LIFETIME_SECONDS = 600;
const NAME_LENGTH = 22;
const STATE = /^[\w-]{22,100}$/;

export type OidcCookies = ReturnType<typeof createOidcCookies>;

export function createOidcCookies({ config }: Pick<DashboardDeps, "config">) {
  const isHttps = config.baseUrl.startsWith("https:");
  const prefix = `${isHttps ? "__Host-" : ""}webhooker_oidc_`;
  // Lax: the provider sends the browser back by a link.
  const attributes = `Path=/; HttpOnly; SameSite=Lax${isHttps ? "; Secure" : ""}`;
  const nameOf = (state: string) => prefix + state.slice(0, NAME_LENGTH);
  const clearing = (name: string) => `${name}=; Max-Age=0; ${attributes}`;

  function namesIn(request: Request): string[] {
    const pairs = (request.headers.get("cookie") ?? "").split(";").map((pair) => pair.trim());
    return pairs.map((pair) => pair.split("=", 1)[0] ?? "").filter((name) => name.startsWith(prefix));
  }

  return {
    /** Returns the text that the browser has kept under a state; null: none. */
    read(request: Request, state: string | null): string | null {
      return state === null || !STATE.test(state) ? null : readCookie(request, nameOf(state));
    },
    /** Keeps what a departure has sealed, and clears the oldest ones beyond a few. */
    keep(response: Response, request: Request, { state, sealed }: Departure): void {
      // Browsers send older cookies first.
      const stale = namesIn(request).slice(0, -(MAX_PENDING - 1));
      for (const name of stale) response.headers.append("set-cookie", clearing(name));
      const line = `${nameOf(state)}=${sealed}; Max-Age=${LIFETIME_SECONDS}; ${attributes}`;
      response.headers.append("set-cookie", line);
    },
    clear(response: Response, state: string | null): void {
      if (state !== null && STATE.test(state)) response.headers.append("set-cookie", clearing(nameOf(state)));
    },
  };
}
