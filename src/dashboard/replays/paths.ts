/** URLs of the replay pages. */

export function replaysPath(webhookId: string): string {
  return `/source/${webhookId}/replays`;
}

/** `query` is an event log filter that selects the events. */
export function newReplayPath(webhookId: string, query = ""): string {
  return `${replaysPath(webhookId)}/new${query}`;
}

/** Returns the page that replays all stored events that the target never received. */
export function catchUpPath(of: { webhookId: string; id: string }): string {
  return newReplayPath(of.webhookId, `?deliver=missing:${of.id}`);
}

/** Asks for the deliveries to the target that were given up. */
export function failedDeliveriesPath(of: { webhookId: string; id: string }): string {
  return newReplayPath(of.webhookId, `?status=failed&target=${of.id}`);
}

/** `replayPath` is the URL path of the replay. */
export function removeTargetPath(replayPath: string, targetId: string): string {
  return `${replayPath}/targets/${targetId}/remove`;
}

/** Asks for the deliveries that were given up because the target's transformation failed. */
export function failedTransformationsPath(of: { webhookId: string; id: string }): string {
  return newReplayPath(of.webhookId, `?status=failed&transformation=failed&target=${of.id}`);
}
