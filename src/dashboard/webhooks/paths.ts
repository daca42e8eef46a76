/** URLs of the webhook pages. Every id in them was created by the gateway. */

export const LIST_PATH = "/sources";
export const NEW_PATH = "/sources/new";
export const IMPORT_PATH = "/sources/import";

export function webhookPath(webhookId: string): string {
  return `/source/${webhookId}`;
}

/** The streams of these pages; `query` has what the page was asked for. */
export function liveListPath(query: URLSearchParams): string {
  return withQuery(`${LIST_PATH}/live`, query);
}

export function liveWebhookPath(webhookId: string, query: URLSearchParams): string {
  return withQuery(`${webhookPath(webhookId)}/live`, query);
}

function withQuery(path: string, query: URLSearchParams): string {
  return query.size === 0 ? path : `${path}?${query}`;
}

export function noticesPath(webhookId: string): string {
  return `/source/${webhookId}/notices`;
}

/** The entries of the audit log about the webhook and its parts. */
export function auditPath(webhookId: string): string {
  return `/profile/audit?object=${webhookId}`;
}

export function logPath(webhookId: string, filter: Readonly<Record<string, string>> = {}): string {
  const query = new URLSearchParams(filter).toString();
  return `/source/${webhookId}/logs${query === "" ? "" : `?${query}`}`;
}

/** The log of one span of a chart, whose minutes are those of the time zone. */
export function logSpanPath(
  webhookId: string,
  span: Readonly<{ firstMinute: string; lastMinute: string; zone: string }>,
  filter: Readonly<Record<string, string>> = {},
): string {
  const { firstMinute: from, lastMinute: to, zone } = span;
  return logPath(webhookId, { from, to, ...(zone !== "UTC" && { zone }), ...filter });
}

export function entrypointPath(of: { webhookId: string; id: string }): string {
  return `/source/${of.webhookId}/entrypoints/${of.id}`;
}

/** Returns the page of an entrypoint's verification; `type` selects the provider whose fields it shows. */
export function verificationPath(of: { webhookId: string; id: string }, type?: string): string {
  return `${entrypointPath(of)}/verification${type === undefined ? "" : `?type=${encodeURIComponent(type)}`}`;
}

export function targetPath(of: { webhookId: string; id: string }): string {
  return `/source/${of.webhookId}/targets/${of.id}`;
}

const FROM = "from";
const TARGET_PAGE = "target";

/** The action of a button, which leads back to the target's page if it is there. */
export function targetAction(
  of: { webhookId: string; id: string },
  name: "toggle" | "pause" | "resume" | "release" | "reset-circuit",
  onTargetPage: boolean,
): string {
  return `${targetPath(of)}/${name}${onTargetPage ? `?${FROM}=${TARGET_PAGE}` : ""}`;
}

export function isFromTargetPage(query: URLSearchParams): boolean {
  return query.get(FROM) === TARGET_PAGE;
}

export function signingPath(of: { webhookId: string; id: string }): string {
  return `${targetPath(of)}/signing`;
}

export function sharingPath(webhookId: string): string {
  return `${webhookPath(webhookId)}/sharing`;
}

/** The page about the webhook's portals; the portals themselves have paths of their own. */
export function webhookPortalPath(webhookId: string): string {
  return `${webhookPath(webhookId)}/portal`;
}

export function portalLinksPath(webhookId: string): string {
  return `${webhookPath(webhookId)}/portal-links`;
}

/** Returns the URL that senders post to. */
export function entrypointUrl(baseUrl: string, entrypointId: string): string {
  return `${baseUrl}/webhook/${entrypointId}`;
}
