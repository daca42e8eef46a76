/** Addresses of this section's pages. Every id in them is one that the program made. */

export const LIST_PATH = "/sources";
export const NEW_PATH = "/sources/new";
export const IMPORT_PATH = "/sources/import";

export function webhookPath(webhookId: string): string {
  return `/source/${webhookId}`;
}

export function noticesPath(webhookId: string): string {
  return `/source/${webhookId}/notices`;
}

export function logPath(webhookId: string, filter: Readonly<Record<string, string>> = {}): string {
  const query = new URLSearchParams(filter).toString();
  return `/source/${webhookId}/logs${query === "" ? "" : `?${query}`}`;
}

export function entrypointPath(of: { webhookId: string; id: string }): string {
  return `/source/${of.webhookId}/entrypoints/${of.id}`;
}

/** The form of what an entrypoint accepts; `type` chooses the provider whose fields it shows. */
export function verificationPath(of: { webhookId: string; id: string }, type?: string): string {
  return `${entrypointPath(of)}/verification${type === undefined ? "" : `?type=${encodeURIComponent(type)}`}`;
}

export function targetPath(of: { webhookId: string; id: string }): string {
  return `/source/${of.webhookId}/targets/${of.id}`;
}

export function signingPath(of: { webhookId: string; id: string }): string {
  return `${targetPath(of)}/signing`;
}

/** Where senders POST to. */
export function entrypointUrl(baseUrl: string, entrypointId: string): string {
  return `${baseUrl}/webhook/${entrypointId}`;
}
