/** Breadcrumbs of a webhook's pages. */
import type { Crumb } from "../layout.tsx";
import { LIST_PATH, webhookPath } from "./paths.ts";

export const LIST_CRUMB: Crumb = { href: LIST_PATH, label: "Webhooks" };

export function crumbsWithin(webhook: Readonly<{ id: string; name: string }>): readonly Crumb[] {
  return [LIST_CRUMB, { href: webhookPath(webhook.id), label: webhook.name }];
}
