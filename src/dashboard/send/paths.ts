/** URLs of the page that sends events. */

/** `filled` says what the form begins with: an entrypoint, a target, a sample or a stored event. */
export function sendPath(
  webhookId: string,
  filled: Readonly<{ entrypoint?: string; target?: string; sample?: string; event?: string }> = {},
): string {
  const query = new URLSearchParams(filled).toString();
  return `/source/${webhookId}/send${query === "" ? "" : `?${query}`}`;
}
