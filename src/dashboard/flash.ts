/** The line that a page shows once after a redirect, carried by a cookie that lasts a minute. */
import { z } from "zod";
import { readCookie } from "./cookies.ts";
import type { Flash } from "./viewer.ts";

const NAME = "webhooker_flash";
const ATTRIBUTES = "Path=/; HttpOnly; SameSite=Lax";
/** Cookies of other names must fit into the same header. */
const MAX_LENGTH = 500;

const schema = z.object({ tone: z.enum(["ok", "bad"]), text: z.string().max(MAX_LENGTH) });

export function writeFlash({ tone, text }: Flash): string {
  const value = Buffer.from(JSON.stringify({ tone, text: text.slice(0, MAX_LENGTH) })).toString("base64url");
  return `${NAME}=${value}; Max-Age=60; ${ATTRIBUTES}`;
}

/** Null also for what is not a flash: whoever can set cookies could write anything there. */
export function readFlash(request: Request): Flash | null {
  const value = readCookie(request, NAME);
  if (value === null) return null;
  try {
    const parsed = schema.safeParse(JSON.parse(Buffer.from(value, "base64url").toString("utf8")));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}

export function clearFlash(): string {
  return `${NAME}=; Max-Age=0; ${ATTRIBUTES}`;
}
