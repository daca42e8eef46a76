/** A cookie that only this gateway can write: signed claims with an expiry, bound to this host over HTTPS. */
import { jwt } from "@elysiajs/jwt";
import type { z } from "zod";
import type { Clock } from "../lib/clock.ts";
import { readCookie } from "./cookies.ts";

export type SignedCookie<Claims> = Readonly<{
  /** Returns null for a cookie that is missing, planted, changed, expired or of another kind. */
  read: (request: Request) => Promise<Claims | null>;
  /** Returns the Set-Cookie header that keeps the claims until `expiresAt`, in milliseconds UTC. */
  write: (claims: Claims, expiresAt: number) => Promise<string>;
  /** Returns the Set-Cookie header that removes the cookie. */
  clear: () => string;
}>;

const ALGORITHM = "HS256";

/** Claims of different cookies must have different names, because all are signed with one key. */
export function createSignedCookie<Claims extends Record<string, string>>(options: {
  /** Name without the prefix that is added for HTTPS. */
  name: string;
  schema: z.ZodType<Claims>;
  baseUrl: string;
  clock: Pick<Clock, "now">;
  key: Uint8Array;
}): SignedCookie<Claims> {
  const { schema, clock } = options;
  const isHttps = options.baseUrl.startsWith("https:");
  // Browsers accept a __Host- cookie only from this very host and over HTTPS, so no neighbouring host can plant one.
  const name = isHttps ? `__Host-${options.name}` : options.name;
  const attributes = `Path=/; HttpOnly; SameSite=Lax${isHttps ? "; Secure" : ""}`;
  const tokens = jwt({ name: "jwt", secret: options.key, alg: ALGORITHM }).decorator.jwt;

  return {
    async read(request) {
      const value = readCookie(request, name);
      if (value === null) return null;
      const currentDate = new Date(clock.now());
      const payload = await tokens.verify(value, { algorithms: [ALGORITHM], currentDate });
      if (payload === false || payload.exp === undefined) return null;
      const claims = schema.safeParse(payload);
      return claims.success ? claims.data : null;
    },
    async write(claims, expiresAt) {
      const exp = Math.floor(expiresAt / 1_000);
      const value = await tokens.sign({ ...claims, exp, iat: false });
      const maxAge = Math.max(0, exp - Math.floor(clock.now() / 1_000));
      return `${name}=${value}; Max-Age=${maxAge}; ${attributes}`;
    },
    clear: () => `${name}=; Max-Age=0; ${attributes}`,
  };
}
