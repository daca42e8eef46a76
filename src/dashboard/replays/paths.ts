/** Addresses of this section's pages. */

export function replaysPath(webhookId: string): string {
  return `/source/${webhookId}/replays`;
}

/** `query` is the event log's filter: which events are meant. */
export function newReplayPath(webhookId: string, query = ""): string {
  return `${replaysPath(webhookId)}/new${query}`;
}

/** Asks for all stored events that the target never had. */
export function catchUpPath(of: { webhookId: string; id: string }): string {
  return newReplayPath(of.webhookId, `?deliver=missing:${of.id}`);
}

/** `replayPath` is the replay's. */
export function removeTargetPath(replayPath: string, targetId: string): string {
  return `${replayPath}/targets/${targetId}/remove`;
}
