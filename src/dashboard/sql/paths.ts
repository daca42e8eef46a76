/** URLs of the SQL pages. */

export function sqlPath(webhookId: string): string {
  return `/source/${webhookId}/sql`;
}

export function savedQueriesPath(webhookId: string): string {
  return `/source/${webhookId}/queries`;
}
