/** A cookie that only this gateway can write: signed claims with an end, bound to this host where it is https. */
import { jwt } from "@elysiajs/jwt";
import type { z } from "zod";
import type { Clock } from "../lib/clock.ts";
import { readCookie } from "./cookies.ts";

export type SignedCookie<Claims> = Readonly<{
  /** Null for what is missing, planted, changed, expired or another cookie's. */
  read: (request: Request) => Promise<Claims | null>;
  /** The Set-Cookie header that keeps the claims until `expiresAt`, in milliseconds UTC. */
  write: (claims: Claims, expiresAt: number) => Promise<string>;
  /** The Set-Cookie header that makes a browser forget. */
  clear: () => string;
}>;

const ALGORITHM = "HS256";

/** Claims of two cookies must differ in their names: all are signed with one key. */
export function createSignedCookie<Claims extends Record<string, string>>(options: {
  /** Without the prefix that https adds. */
  name: string;
  schema: z.ZodType<Claims>;
  baseUrl: string;
  clock: Pick<Clock, "now">;
  key: Uint8Array;
}): SignedCookie<Claims> {
  const { schema, clock } = options;
  const isHttps = options.baseUrl.startsWith("https:");
  // Browsers take a __Host- cookie from this very host and over https only, so no neighbour can plant one.
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
