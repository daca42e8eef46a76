/** URLs of the pages of rejected requests. */

export function rejectedPath(webhookId: string, entrypointId: string | null = null): string {
  const query = entrypointId === null ? "" : `?entrypoint=${encodeURIComponent(entrypointId)}`;
  return `/source/${webhookId}/rejected${query}`;
}

export function rejectedRequestPath(webhookId: string, id: string, action?: "body"): string {
  return `/source/${webhookId}/rejected/${id}${action === undefined ? "" : `/${action}`}`;
}

/** Returns the action of a form; its fields select the requests. */
export function rejectedActionPath(webhookId: string, action: "verify" | "delete"): string {
  return `/source/${webhookId}/rejected/${action}`;
}
