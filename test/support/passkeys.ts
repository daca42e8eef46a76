/** Passkeys of a software device, added and used as a browser's script does it. */
import { z } from "zod";
import { createVirtualDevice } from "./virtual-device.ts";

export type VirtualDevice = ReturnType<typeof createVirtualDevice>;

const options = z.object({ challenge: z.string(), rpId: z.string().optional() });

/** The fields of a page's passkey form with the device's answer. */
export function answerForm(
  html: string,
  { device, origin, does }: { device: VirtualDevice; origin: string; does: "create" | "get" },
): Record<string, string> {
  const text = /data-options="([^"]+)"/.exec(html)?.[1]?.replaceAll("&#34;", '"').replaceAll("&quot;", '"');
  const { challenge } = options.parse(JSON.parse(text ?? ""));
  const prefix = does === "create" ? "new_passkey" : "passkey";
  const sealed = new RegExp(`name="${prefix}_challenge" value="([^"]+)"`).exec(html)?.[1] ?? "";
  const asked = { challenge, origin, rpId: new URL(origin).hostname };
  return { [`${prefix}_challenge`]: sealed, [`${prefix}_answer`]: device[does](asked) };
}

/** Adds a passkey for a signed-in browser; returns its id. */
export async function addPasskey(
  site: Readonly<{ url: string; origin: string }>,
  cookie: string,
  device = createVirtualDevice(),
): Promise<string> {
  const path = `${site.url}/profile/passkeys`;
  const page = await (await fetch(path, { headers: { cookie } })).text();
  const answer = await fetch(path, {
    method: "POST",
    headers: { cookie, "sec-fetch-site": "same-origin" },
    body: new URLSearchParams({
      name: "Software",
      ...answerForm(page, { device, origin: site.origin, does: "create" }),
    }),
    redirect: "manual",
  });
  if (answer.status !== 303) throw new Error(`adding a passkey was answered ${answer.status}`);
  return device.id;
}
