/** A message that the next page shows once after a redirect, carried by a signed cookie for a minute. */
import { z } from "zod";
import type { DashboardDeps } from "./deps.ts";
import { createSignedCookie } from "./signed-cookie.ts";
import type { Flash } from "./viewer.ts";

/** Limit that leaves room for other cookies in the same header. */
const MAX_LENGTH = 500;
const LIFETIME_MS = 60_000;

/** Flashes of responses: handlers have no signing key, so the guard, which has it, writes the cookie. */
const attached = new WeakMap<Response, Flash>();

export function attachFlash(response: Response, flash: Flash): void {
  attached.set(response, flash);
}

export type FlashCookie = Readonly<{
  /** Returns null also for a cookie that this gateway did not write, so that nobody else can put text on its pages. */
  read: (request: Request) => Promise<Flash | null>;
  /** Sets the cookie if a flash is attached to the response. */
  send: (response: Response) => Promise<void>;
  clear: () => string;
}>;

export function createFlashCookie(deps: {
  config: Pick<DashboardDeps["config"], "baseUrl">;
  clock: Pick<DashboardDeps["clock"], "now">;
  sessionKey: Uint8Array;
}): FlashCookie {
  const cookie = createSignedCookie({
    name: "webhooker_flash",
    schema: z.object({ tone: z.enum(["ok", "bad"]), text: z.string().max(MAX_LENGTH) }),
    baseUrl: deps.config.baseUrl,
    clock: deps.clock,
    key: deps.sessionKey,
  });
  return {
    read: cookie.read,
    async send(response) {
      const flash = attached.get(response);
      if (!flash) return;
      const { tone, text } = flash;
      const line = await cookie.write(
        { tone, text: text.slice(0, MAX_LENGTH) },
        deps.clock.now() + LIFETIME_MS,
      );
      response.headers.append("set-cookie", line);
    },
    clear: cookie.clear,
  };
}
