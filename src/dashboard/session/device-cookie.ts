/** Marks a browser in which a user has signed in, so that guesses made elsewhere do not slow that user down there. */
import { z } from "zod";
import { randomToken } from "../../lib/crypto.ts";
import type { DashboardDeps } from "../deps.ts";
import { createSignedCookie } from "../signed-cookie.ts";

type Deps = Pick<DashboardDeps, "config" | "clock" | "sessionKey">;

/** Counted from the last sign-in. */
const LIFETIME_MS = 180 * 24 * 60 * 60 * 1_000;

export type DeviceCookie = Readonly<{
  /** Names this browser if `username` was the last to sign in there; else null. Case does not matter. */
  read: (request: Request, username: string) => Promise<string | null>;
  /** The Set-Cookie header after `username` has signed in. */
  write: (username: string) => Promise<string>;
}>;

/**
 * It signs nobody in. The scheme is OWASP's "device cookies": unlike the address that a user came from, a cookie is
 * held by that browser alone, so that the limits of all others are the same for names that exist and that do not.
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
    // A new name with each sign-in: mistakes of before do not count against whoever has proved to be the user.
    write: (username) =>
      cookie.write({ device: randomToken(16), username: username.toLowerCase() }, clock.now() + LIFETIME_MS),
  };
}
