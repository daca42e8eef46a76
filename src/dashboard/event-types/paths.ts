/** Paths of the pages of the catalogue of event types. */

export const EVENT_TYPES_PATH = "/event-types";

export function eventTypePath(id: string): string {
  return `${EVENT_TYPES_PATH}/${id}`;
}
