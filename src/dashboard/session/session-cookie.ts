/** The cookie of a signed-in browser: a signed token that names a session and ends with it. */
import { jwt } from "@elysiajs/jwt";
import type { SignedIn } from "../../auth/sessions.ts";
import { readCookie } from "../cookies.ts";
import type { DashboardDeps } from "../deps.ts";

type Deps = Pick<DashboardDeps, "config" | "clock" | "sessions" | "sessionKey">;

export type SessionCookie = Readonly<{
  /** Who the request's cookie signs in, and the session's token; null for nobody. */
  read: (request: Request) => Promise<(SignedIn & { token: string }) | null>;
  /** The Set-Cookie header that signs a browser in until then. */
  write: (session: { token: string; expiresAt: number }) => Promise<string>;
  /** The Set-Cookie header that makes a browser forget. */
  clear: () => string;
}>;

const ALGORITHM = "HS256";

export function createSessionCookie({ config, clock, sessions, sessionKey }: Deps): SessionCookie {
  const isHttps = config.baseUrl.startsWith("https:");
  // Browsers take a __Host- cookie from this very host and over https only, so no neighbour can plant one.
  const name = isHttps ? "__Host-webhooker_session" : "webhooker_session";
  const attributes = `Path=/; HttpOnly; SameSite=Lax${isHttps ? "; Secure" : ""}`;
  const tokens = jwt({ name: "jwt", secret: sessionKey, alg: ALGORITHM }).decorator.jwt;

  return {
    async read(request) {
      const value = readCookie(request, name);
      if (value === null) return null;
      const currentDate = new Date(clock.now());
      const payload = await tokens.verify(value, { algorithms: [ALGORITHM], currentDate });
      if (payload === false || typeof payload.jti !== "string" || payload.exp === undefined) return null;
      const signedIn = sessions.find(payload.jti);
      return signedIn && { ...signedIn, token: payload.jti };
    },
    async write({ token, expiresAt }) {
      const exp = Math.floor(expiresAt / 1_000);
      const value = await tokens.sign({ jti: token, exp, iat: false });
      const maxAge = Math.max(0, exp - Math.floor(clock.now() / 1_000));
      return `${name}=${value}; Max-Age=${maxAge}; ${attributes}`;
    },
    clear: () => `${name}=; Max-Age=0; ${attributes}`,
  };
}
