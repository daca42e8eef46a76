/** Stylesheet and scripts, embedded in the executable, under names that change with their content. */

import { Elysia } from "elysia";
import htmx from "htmx.org/dist/htmx.min.js" with { type: "text" };
import { ASSETS_PATH } from "../../http/security-headers.ts";
import app from "./app.js" with { type: "text" };
import body from "./body.js" with { type: "text" };
import codeField from "./code-field.js" with { type: "text" };
import base from "./css/base.css" with { type: "text" };
import charts from "./css/charts.css" with { type: "text" };
import components from "./css/components.css" with { type: "text" };
import events from "./css/events.css" with { type: "text" };
import find from "./css/find.css" with { type: "text" };
import forms from "./css/forms.css" with { type: "text" };
import manual from "./css/manual.css" with { type: "text" };
import pages from "./css/pages.css" with { type: "text" };
import problems from "./css/problems.css" with { type: "text" };
import replays from "./css/replays.css" with { type: "text" };
import sources from "./css/sources.css" with { type: "text" };
import sql from "./css/sql.css" with { type: "text" };
import targets from "./css/targets.css" with { type: "text" };
import tokens from "./css/tokens.css" with { type: "text" };
import { bundleEditor } from "./editor/bundle.ts" with { type: "macro" };
import keys from "./keys.js" with { type: "text" };
import live from "./live.js" with { type: "text" };
import log from "./log.js" with { type: "text" };
import passkeyForm from "./passkey-form.js" with { type: "text" };

const CSS = "text/css; charset=utf-8";
const JS = "text/javascript; charset=utf-8";

/** One file for browsers; later rules win. */
const stylesheet = [
  tokens,
  base,
  components,
  forms,
  pages,
  sources,
  targets,
  charts,
  problems,
  events,
  find,
  replays,
  sql,
  manual,
].join("\n");

const script = [app, live, log, body, keys, codeField, passkeyForm].join("\n");

type Text = Readonly<{ packed: Uint8Array<ArrayBuffer>; plain: () => string | Uint8Array<ArrayBuffer> }>;

/** Embedded packed: it is larger than all other assets, and few pages ask for it. */
const editor = new Uint8Array(Buffer.from(bundleEditor(), "base64"));

type Asset = Readonly<{ path: string; type: string; text: Text }>;

/** URLs that pages link to. */
export const assetPaths = {
  stylesheet: pathOf("app", "css", stylesheet),
  script: pathOf("app", "js", script),
  htmx: pathOf("htmx", "js", htmx),
  /** A module, which a code field imports when it is seen. */
  editor: pathOf("editor", "js", Bun.gunzipSync(editor)),
} as const;

const ASSETS: readonly Asset[] = [
  { path: assetPaths.stylesheet, type: CSS, text: pack(stylesheet) },
  { path: assetPaths.script, type: JS, text: pack(script) },
  { path: assetPaths.htmx, type: JS, text: pack(htmx) },
  { path: assetPaths.editor, type: JS, text: { packed: editor, plain: () => Bun.gunzipSync(editor) } },
];

function pack(text: string): Text {
  return { packed: Bun.gzipSync(text), plain: () => text };
}

function pathOf(name: string, extension: string, content: string | Uint8Array<ArrayBuffer>): string {
  const hash = new Bun.CryptoHasher("sha256").update(content).digest("hex").slice(0, 12);
  return `${ASSETS_PATH}${name}-${hash}.${extension}`;
}

/** The name of another build's asset gets 404, so that no cache stores this build's content under it. */
export function createAssetRoutes() {
  const routes = new Elysia({ name: "dashboard-assets" });
  for (const { path, type, text } of ASSETS) {
    const headers = {
      "content-type": type,
      "cache-control": "public, max-age=31536000, immutable",
      vary: "accept-encoding",
    };
    routes.get(path, ({ request }) =>
      request.headers.get("accept-encoding")?.includes("gzip")
        ? new Response(text.packed, { headers: { ...headers, "content-encoding": "gzip" } })
        : new Response(text.plain(), { headers }),
    );
  }
  return routes;
}
