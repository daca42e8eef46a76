/** Routes of the problems page. */
import type { ProblemUseCases } from "../../webhooks/notices/problems.ts";
import { action, type PageContext, type PageRoute, page } from "../page-route.ts";
import { redirect, renderPage } from "../render.ts";
import { PROBLEMS_PATH } from "./paths.ts";
import { ProblemsPage } from "./views.tsx";

/** The page reads the event file of each webhook with a problem. */
const PROBLEMS_PER_PAGE = 25;

export function createProblemRoutes({ problems }: { problems: ProblemUseCases }): readonly PageRoute[] {
  async function show({ viewer, flash, query }: PageContext): Promise<Response> {
    const view = query.get("state") === "over" ? "over" : "open";
    const cursor = query.get("cursor") || null;
    const found = await problems.list({
      userId: viewer.id,
      only: null,
      webhookId: null,
      state: view,
      cursor,
      limit: PROBLEMS_PER_PAGE,
    });
    return renderPage(ProblemsPage({ viewer, flash, view, isFirstPage: cursor === null, ...found }));
  }

  async function acknowledge({ viewer, params, form }: PageContext): Promise<Response> {
    const { note = "" } = await form();
    const problemId = params.problemId ?? "";
    await problems.acknowledge({ userId: viewer.id, only: null, problemId, input: { note } });
    return redirect(PROBLEMS_PATH, { tone: "ok", text: "Acknowledged." });
  }

  return [page(PROBLEMS_PATH, show), action(`${PROBLEMS_PATH}/:problemId/acknowledge`, acknowledge)];
}
