/** The reader's time zone, which scripts keep in a cookie; UTC without scripts, and for who chose it. */
import { readCookie } from "../cookies.ts";
import { readLook } from "../look.ts";
import { isTimeZone } from "./zoned-time.ts";

/** Also named in `assets/app.js`. */
const ZONE_COOKIE = "webhooker_zone";
const LONGEST_NAME = 64;

export function readerZone(request: Request): string {
  if (readLook(request).times === "utc") return "UTC";
  const name = decode(readCookie(request, ZONE_COOKIE) ?? "");
  return name !== "" && name.length <= LONGEST_NAME && isTimeZone(name) ? name : "UTC";
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return "";
  }
}
