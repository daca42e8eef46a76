/** Breadcrumbs of a webhook's pages. */
import type { Crumb } from "../layout.tsx";
import { LIST_PATH, logPath, webhookPath } from "./paths.ts";

export const LIST_CRUMB: Crumb = { href: LIST_PATH, label: "Webhooks" };

export function crumbsWithin(webhook: Readonly<{ id: string; name: string }>): readonly Crumb[] {
  return [LIST_CRUMB, { href: webhookPath(webhook.id), label: webhook.name }];
}

/** `query`: of the log that the page leads back to, with its "?". */
export function crumbsInLog(webhook: Readonly<{ id: string; name: string }>, query = ""): readonly Crumb[] {
  return [...crumbsWithin(webhook), { href: logPath(webhook.id) + query, label: "Events" }];
}
