/** Routes that save and delete a user's filters of a log. */
import { AppError } from "../../../lib/errors.ts";
import { action, type PageContext, type PageRoute } from "../../page-route.ts";
import { redirect } from "../../render.ts";
import { logPath } from "../../webhooks/paths.ts";
import type { EventsDeps } from "../deps.ts";
import { filterQuery, readLogFilter } from "../log-filter.ts";

export function createSavedFilterRoutes({ useCases }: Pick<EventsDeps, "useCases">): readonly PageRoute[] {
  async function read(context: PageContext) {
    const of = { userId: context.viewer.id, webhookId: context.params.id ?? "" };
    const { settings } = await useCases.webhooks.get(of);
    const { name = "", query = "" } = await context.form();
    const { filter } = readLogFilter(new URLSearchParams(query), settings.indexed_fields);
    const tidy = filterQuery(filter);
    return { of, name, tidy, back: logPath(of.webhookId) + tidy };
  }

  async function save(context: PageContext): Promise<Response> {
    const { of, name, tidy, back } = await read(context);
    try {
      await useCases.savedFilters.save({ ...of, input: { name, query: tidy.slice(1) } });
    } catch (error) {
      if (!(error instanceof AppError) || error.kind === "not_found") throw error;
      const [fault] = error.details ?? [];
      const text = fault ? `The filter’s ${fault.path} ${fault.message}.` : error.message;
      return redirect(back, { tone: "bad", text: `The filter was not saved. ${text}` });
    }
    return redirect(back, { tone: "ok", text: `The filter “${name.trim()}” was saved.` });
  }

  async function remove(context: PageContext): Promise<Response> {
    const { of, back } = await read(context);
    await useCases.savedFilters.remove({ ...of, filterId: context.params.filterId ?? "" });
    return redirect(back, { tone: "ok", text: "The saved filter was deleted." });
  }

  return [
    // Each viewer's own.
    action("/source/:id/filters", save, "viewer"),
    action("/source/:id/filters/:filterId/delete", remove, "viewer"),
  ];
}
