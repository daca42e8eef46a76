/** The cookie of a signed-in browser: a signed token that names a session and expires with it. */
import { z } from "zod";
import type { SignedIn } from "../../auth/sessions.ts";
import type { DashboardDeps } from "../deps.ts";
import { createSignedCookie } from "../signed-cookie.ts";

type Deps = Pick<DashboardDeps, "config" | "clock" | "sessions" | "sessionKey">;

export type SessionCookie = Readonly<{
  /** Returns the user, session and token of the request's cookie; null if nobody is signed in. */
  read: (request: Request) => Promise<(SignedIn & { token: string }) | null>;
  /** Returns the Set-Cookie header that signs a browser in until `expiresAt`. */
  write: (session: { token: string; expiresAt: number }) => Promise<string>;
  /** Returns the Set-Cookie header that removes the cookie. */
  clear: () => string;
}>;

export function createSessionCookie({ config, clock, sessions, sessionKey }: Deps): SessionCookie {
  const cookie = createSignedCookie({
    name: "webhooker_session",
    schema: z.object({ jti: z.string() }),
    baseUrl: config.baseUrl,
    clock,
    key: sessionKey,
  });
  return {
    async read(request) {
      const claims = await cookie.read(request);
      const signedIn = claims && sessions.find(claims.jti);
      return signedIn && { ...signedIn, token: claims.jti };
    },
    write: ({ token, expiresAt }) => cookie.write({ jti: token }, expiresAt),
    clear: cookie.clear,
  };
}
