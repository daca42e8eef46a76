/** How one browser shows pages: the theme, the time zone of times, and whether single keys act. Kept in a cookie of its own, for every user. */
import { z } from "zod";
import type { FormField } from "../settings/form-field.ts";
import { readCookie } from "./cookies.ts";

const lookSchema = z.object({
  theme: z.enum(["system", "light", "dark"]),
  times: z.enum(["local", "utc"]),
  keys: z.enum(["on", "off"]).default("on"),
});

export type Look = Readonly<z.output<typeof lookSchema>>;

export const DEFAULT_LOOK: Look = { theme: "system", times: "local", keys: "on" };

export const lookFields: readonly FormField[] = [
  {
    name: "theme",
    label: "Theme",
    kind: "select",
    options: [
      { value: "system", label: "As the system" },
      { value: "light", label: "Light" },
      { value: "dark", label: "Dark" },
    ],
  },
  {
    name: "times",
    label: "Times",
    kind: "select",
    options: [
      { value: "local", label: "In my time zone" },
      { value: "utc", label: "In UTC" },
    ],
  },
  {
    name: "keys",
    label: "Single keys",
    kind: "select",
    options: [
      { value: "on", label: "Act" },
      { value: "off", label: "Do nothing" },
    ],
    help: "Such as / to search and j to move to the next row. Press ? for all of them.",
  },
];

const NAME = "webhooker_look";
const MAX_AGE_SECONDS = 365 * 24 * 3_600;

/** Anything but what `writeLook` wrote is the default. */
export function readLook(request: Request): Look {
  const [theme, times, keys] = readCookie(request, NAME)?.split(".") ?? [];
  return toLook({ theme, times, keys });
}

export function toLook(values: Readonly<Record<string, unknown>>): Look {
  const parsed = lookSchema.safeParse(values);
  return parsed.success ? parsed.data : DEFAULT_LOOK;
}

/** Returns the Set-Cookie header. */
export function writeLook({ theme, times, keys }: Look, baseUrl: string): string {
  const secure = baseUrl.startsWith("https:") ? "; Secure" : "";
  return `${NAME}=${theme}.${times}.${keys}; Path=/; Max-Age=${MAX_AGE_SECONDS}; HttpOnly; SameSite=Lax${secure}`;
}
