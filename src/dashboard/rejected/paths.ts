/** Addresses of this section's pages. */

export function rejectedPath(webhookId: string, entrypointId: string | null = null): string {
  const query = entrypointId === null ? "" : `?entrypoint=${encodeURIComponent(entrypointId)}`;
  return `/source/${webhookId}/rejected${query}`;
}

export function rejectedRequestPath(webhookId: string, id: string, action?: "body"): string {
  return `/source/${webhookId}/rejected/${id}${action === undefined ? "" : `/${action}`}`;
}

/** The goals of the forms; which requests are meant, stands in the forms. */
export function rejectedActionPath(webhookId: string, action: "verify" | "delete"): string {
  return `/source/${webhookId}/rejected/${action}`;
}
