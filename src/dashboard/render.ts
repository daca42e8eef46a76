/** Turns markup into answers: pages, and redirects that follow a form. */
import { Html } from "@elysiajs/html";
import { attachFlash } from "./flash.ts";
import type { Flash } from "./viewer.ts";

type Markup = string | Promise<string>;

/** A whole page (its markup is a `Layout`). 422 where a form comes back with its faults. */
export async function renderPage(markup: Markup, options: { status?: number } = {}): Promise<Response> {
  return renderFragment(`<!doctype html>${await markup}`, options);
}

/** A part of a page, for htmx. */
async function renderFragment(markup: Markup, options: { status?: number } = {}): Promise<Response> {
  return new Response(await markup, {
    status: options.status ?? 200,
    headers: { "content-type": "text/html; charset=utf-8", "cache-control": "no-store" },
  });
}

/** After a form: the browser asks for `path` next, which may tell once what was done. */
export function redirect(path: string, flash?: Flash): Response {
  const response = new Response(null, { status: 303, headers: { location: path } });
  if (flash) attachFlash(response, flash);
  return response;
}

/** Kita escapes only quotes in attributes: an ampersand in a value would be read as the start of an entity. */
export function attribute(text: string): string {
  return Html.escapeHtml(text);
}
