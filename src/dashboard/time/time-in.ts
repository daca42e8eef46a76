/** Reads times from the URLs of filters. */
import { z } from "zod";
import { parseLocalTime } from "./zoned-time.ts";

/** Accepts a local time in `zone`, or a time with its own offset, as programs write it into links. */
export function timeIn(zone: string) {
  return z.string().transform((text, context) => {
    const local = parseLocalTime(text, zone);
    if (local !== null) return local;
    const exact = z.iso.datetime({ offset: true }).safeParse(text);
    if (exact.success) return Date.parse(exact.data);
    context.addIssue("is not a date with a time.");
    return z.NEVER;
  });
}
