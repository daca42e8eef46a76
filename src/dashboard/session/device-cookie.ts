/**
 * Marks a browser in which a user has signed in, so that password guesses elsewhere do not slow that user down there.
 */
import { z } from "zod";
import { randomToken } from "../../lib/crypto.ts";
import type { DashboardDeps } from "../deps.ts";
import { createSignedCookie } from "../signed-cookie.ts";

type Deps = Pick<DashboardDeps, "config" | "clock" | "sessionKey">;

/** Counted from the last sign-in. */
const LIFETIME_MS = 180 * 24 * 60 * 60 * 1_000;

export type DeviceCookie = Readonly<{
  /** Returns an id of this browser if `username` was the last to sign in there; else null. Ignores case. */
  read: (request: Request, username: string) => Promise<string | null>;
  /** Returns the Set-Cookie header after `username` has signed in. */
  write: (username: string) => Promise<string>;
}>;

/**
 * Signs nobody in. The scheme is OWASP's "device cookies": unlike an IP address, a cookie is held by one browser, so
 * that the limits for all others are the same for usernames that exist and that do not.
 */
export function createDeviceCookie({ config, clock, sessionKey }: Deps): DeviceCookie {
  const cookie = createSignedCookie({
    name: "webhooker_device",
    schema: z.object({ device: z.string(), username: z.string() }),
    baseUrl: config.baseUrl,
    clock,
    key: sessionKey,
  });
  return {
    async read(request, username) {
      const claims = await cookie.read(request);
      return claims?.username === username.toLowerCase() ? claims.device : null;
    },
    // A new id with each sign-in, so that earlier mistakes do not count against a user who has proved to be the right
    // one.
    write: (username) =>
      cookie.write({ device: randomToken(16), username: username.toLowerCase() }, clock.now() + LIFETIME_MS),
  };
}
