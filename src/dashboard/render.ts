/** Turns markup into responses: pages, and redirects that follow a form. */
import { Html } from "@elysiajs/html";
import { attachFlash } from "./flash.ts";
import type { Flash } from "./viewer.ts";

type Markup = string | Promise<string>;

/** Returns a whole page (its markup is a `Layout`); 422 if a form comes back with errors. */
export async function renderPage(markup: Markup, options: { status?: number } = {}): Promise<Response> {
  return renderFragment(`<!doctype html>${await markup}`, options);
}

/** Returns a part of a page, for htmx. */
async function renderFragment(markup: Markup, options: { status?: number } = {}): Promise<Response> {
  return new Response(await markup, {
    status: options.status ?? 200,
    headers: { "content-type": "text/html; charset=utf-8", "cache-control": "no-store" },
  });
}

/** Ends a form: the browser requests `path` next, which shows the flash once. */
export function redirect(path: string, flash?: Flash): Response {
  const response = new Response(null, { status: 303, headers: { location: path } });
  if (flash) attachFlash(response, flash);
  return response;
}

/** Escapes an attribute. Kita escapes only quotes in attributes, so an ampersand would start an entity. */
export function attribute(text: string): string {
  return Html.escapeHtml(text);
}
