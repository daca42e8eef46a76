/** Remembers that a browser's user has entered the right password, and still owes a code of the second factor. */
import { z } from "zod";
import type { User } from "../../auth/users.ts";
import type { DashboardDeps } from "../deps.ts";
import { createSignedCookie } from "../signed-cookie.ts";

type Deps = Pick<DashboardDeps, "config" | "clock" | "sessionKey" | "users">;

const LIFETIME_MS = 10 * 60_000;

export type HalfWayCookie = Readonly<{
  /** Null if the password was not entered, long ago, or if the user was changed or disabled meanwhile. */
  read: (request: Request) => Promise<User | null>;
  write: (user: User) => Promise<string>;
  clear: () => string;
}>;

export function createHalfWayCookie({ config, clock, sessionKey, users }: Deps): HalfWayCookie {
  const cookie = createSignedCookie({
    name: "webhooker_half_way",
    schema: z.object({ halfWay: z.string(), changedAt: z.string() }),
    baseUrl: config.baseUrl,
    clock,
    key: sessionKey,
  });
  return {
    async read(request) {
      const claims = await cookie.read(request);
      const user = claims && users.find(claims.halfWay);
      const isSame = user?.disabledAt === null && String(user.updatedAt) === claims?.changedAt;
      return isSame ? user : null;
    },
    write: (user) =>
      cookie.write({ halfWay: user.id, changedAt: String(user.updatedAt) }, clock.now() + LIFETIME_MS),
    clear: cookie.clear,
  };
}
