/** Events that a program published: they came through no entrypoint. */

/**
 * Stands where the id of an entrypoint does. No entrypoint can have it, so nobody can send to it; it is the same in every
 * event file, so exports keep it.
 */
export const PUBLISHED = "00000000-0000-0000-0000-000000000000";

/** Carries the publisher's own id of an event, under the name that Standard Webhooks has for it. */
export const PUBLISHED_ID_HEADER = "webhook-id";

/** An event that a program publishes. */
export type Publication = Readonly<{
  type: string;
  /** The publisher's own id; null: receivers know the event by the gateway's. */
  id: string | null;
  /** JSON, byte for byte as the publisher wrote it: parsing would change long numbers. */
  json: Uint8Array;
  /** "data": `json` is the data of the payload that Standard Webhooks describes. "payload": it is the whole body. */
  as: "data" | "payload";
  /** Names the event to the gateway; null: every call is another event. */
  key: string | null;
}>;

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
