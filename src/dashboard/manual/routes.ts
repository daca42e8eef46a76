/** Routes of the manual, open to everybody and the same for all readers except for the page header. */
import { AppError } from "../../lib/errors.ts";
import { findChapter } from "../../manual/chapters.ts";
import { MANUAL_PATH } from "../../manual/html.ts";
import { openPage, type PageRoute } from "../page-route.ts";
import { renderPage } from "../render.ts";
import { chapterView, contentsView } from "./views.tsx";

export function createManualRoutes(): readonly PageRoute[] {
  return [
    openPage(MANUAL_PATH, async ({ request, viewer, flash }) =>
      revalidated(request, await renderPage(contentsView({ viewer, flash }))),
    ),
    openPage(`${MANUAL_PATH}/:chapter`, async ({ request, params, viewer, flash }) => {
      const chapter = findChapter(params.chapter ?? "");
      if (chapter === null) throw noSuchChapter();
      return revalidated(request, await renderPage(chapterView({ chapter, viewer, flash })));
    }),
  ];
}

/**
 * Lets browsers cache the page and revalidate it each time, because its header shows who is signed in and an update
 * changes its text.
 */
async function revalidated(request: Request, page: Response): Promise<Response> {
  const html = await page.text();
  const tag = `W/"${new Bun.CryptoHasher("sha256").update(html).digest("hex").slice(0, 16)}"`;
  const headers = { "cache-control": "private, no-cache", etag: tag };
  if (request.headers.get("if-none-match") === tag) return new Response(null, { status: 304, headers });
  return new Response(html, { headers: { ...Object.fromEntries(page.headers), ...headers } });
}

function noSuchChapter(): AppError {
  return new AppError({
    kind: "not_found",
    message: "The manual has no such chapter.",
    hint: `Its chapters are listed at ${MANUAL_PATH}.`,
  });
}
