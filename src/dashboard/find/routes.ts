/** The route that finds a user's own objects by id or name, from the search box of every page. */
import { isId } from "../../lib/ids.ts";
import type { Finder } from "../../webhooks/find.ts";
import { type PageContext, type PageRoute, page } from "../page-route.ts";
import { redirect, renderPage } from "../render.ts";
import { FIND_PATH, foundPath } from "./paths.ts";
import { FindPage } from "./views.tsx";

const MOST_CHARS = 200;
const NOTHING = { objects: [], isCut: false };

export function createFindRoutes({ find }: Readonly<{ find: Finder }>): readonly PageRoute[] {
  async function show({ viewer, query, flash }: PageContext): Promise<Response> {
    const text = (query.get("q") ?? "").trim().slice(0, MOST_CHARS);
    const id = text.toLowerCase();
    const { object, isWhole } = isId(id)
      ? await find.byId({ userId: viewer.id, id })
      : { object: null, isWhole: true };
    if (object !== null) return redirect(foundPath(object));
    const named = text === "" ? NOTHING : await find.byName({ userId: viewer.id, text });
    return renderPage(FindPage({ viewer, flash, text, isWhole, ...named }));
  }

  return [page(FIND_PATH, show)];
}
