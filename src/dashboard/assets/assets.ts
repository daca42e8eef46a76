/** Stylesheet and scripts, embedded in the executable, under names that change with their content. */

import { Elysia } from "elysia";
import htmx from "htmx.org/dist/htmx.min.js" with { type: "text" };
import { ASSETS_PATH } from "../../http/security-headers.ts";
import app from "./app.js" with { type: "text" };
import base from "./css/base.css" with { type: "text" };
import components from "./css/components.css" with { type: "text" };
import events from "./css/events.css" with { type: "text" };
import forms from "./css/forms.css" with { type: "text" };
import manual from "./css/manual.css" with { type: "text" };
import pages from "./css/pages.css" with { type: "text" };
import replays from "./css/replays.css" with { type: "text" };
import sources from "./css/sources.css" with { type: "text" };
import tokens from "./css/tokens.css" with { type: "text" };
import log from "./log.js" with { type: "text" };

const CSS = "text/css; charset=utf-8";
const JS = "text/javascript; charset=utf-8";

/** One file for browsers; later rules win. */
const stylesheet = [tokens, base, components, forms, pages, sources, events, replays, manual].join("\n");

const script = [app, log].join("\n");

type Asset = Readonly<{ path: string; type: string; text: string }>;

/** URLs that pages link to. */
export const assetPaths = {
  stylesheet: pathOf("app", "css", stylesheet),
  script: pathOf("app", "js", script),
  htmx: pathOf("htmx", "js", htmx),
} as const;

const ASSETS: readonly Asset[] = [
  { path: assetPaths.stylesheet, type: CSS, text: stylesheet },
  { path: assetPaths.script, type: JS, text: script },
  { path: assetPaths.htmx, type: JS, text: htmx },
];

function pathOf(name: string, extension: string, text: string): string {
  const hash = new Bun.CryptoHasher("sha256").update(text).digest("hex").slice(0, 12);
  return `${ASSETS_PATH}${name}-${hash}.${extension}`;
}

/** The name of another build's asset gets 404, so that no cache stores this build's content under it. */
export function createAssetRoutes() {
  const routes = new Elysia({ name: "dashboard-assets" });
  for (const { path, type, text } of ASSETS) {
    const packed = Bun.gzipSync(text);
    const headers = {
      "content-type": type,
      "cache-control": "public, max-age=31536000, immutable",
      vary: "accept-encoding",
    };
    routes.get(path, ({ request }) =>
      request.headers.get("accept-encoding")?.includes("gzip")
        ? new Response(packed, { headers: { ...headers, "content-encoding": "gzip" } })
        : new Response(text, { headers }),
    );
  }
  return routes;
}
