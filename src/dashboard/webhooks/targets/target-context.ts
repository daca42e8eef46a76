/** The target that a page or form is about, and the page to which its action leads back. */
import type { Target } from "../../../webhooks/targets.ts";
import type { PageContext } from "../../page-route.ts";
import { redirect } from "../../render.ts";
import { isFromTargetPage, targetPath, webhookPath } from "../paths.ts";

export function targetIds({ viewer, params }: PageContext) {
  const { id = "", targetId = "" } = params;
  return { userId: viewer.id, webhookId: id, targetId };
}

/** Leads to the page on which the button was: the target's own or its webhook's. */
export function backTo({ query }: PageContext, target: Target, text: string): Response {
  const path = isFromTargetPage(query) ? targetPath(target) : webhookPath(target.webhookId);
  return redirect(path, { tone: "ok", text });
}
