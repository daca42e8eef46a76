/** Events that a program published: they came through no entrypoint. */

/**
 * Stands where the id of an entrypoint does. No entrypoint can have it, so nobody can send to it; it is the same in every
 * event file, so exports keep it.
 */
export const PUBLISHED = "00000000-0000-0000-0000-000000000000";

/** Carries the publisher's own id of an event, under the name that Standard Webhooks has for it. */
export const PUBLISHED_ID_HEADER = "webhook-id";

type Held = Readonly<{
  id: string;
  entrypointId: string;
  headers: readonly (readonly [name: string, value: string])[];
}>;

/** The id that receivers know an event by: the publisher's own, or else the gateway's. */
export function idForReceivers({ id, entrypointId, headers }: Held): string {
  if (entrypointId !== PUBLISHED) return id;
  return headers.find(([name]) => name === PUBLISHED_ID_HEADER)?.[1] ?? id;
}
