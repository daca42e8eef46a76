/** Scopes of API keys: what a key may do, within what its user may do. */

/** In the order in which people read them. */
export const SCOPES = [
  { name: "webhooks:read", meaning: "Read webhooks, entrypoints and targets" },
  { name: "webhooks:write", meaning: "Create, change and delete webhooks, entrypoints and targets" },
  { name: "events:read", meaning: "Read events, deliveries, rejected requests and replays" },
  {
    name: "replay",
    meaning: "Replay events, verify rejected requests again, pause targets and resume them",
  },
  { name: "pull", meaning: "Pull deliveries from pull targets, and bring their results" },
  { name: "publish", meaning: "Publish events, and send them to one's own entrypoints" },
  { name: "admin", meaning: "Manage API keys, members and teams, read the audit log, export secrets" },
] as const;

export type Scope = (typeof SCOPES)[number]["name"];

export function isScope(text: string): text is Scope {
  return SCOPES.some(({ name }) => name === text);
}
