/** Paths of the pages of the catalogue of event types. */
import type { Crumb } from "../layout.tsx";

export const EVENT_TYPES_PATH = "/event-types";

export const EVENT_TYPES_CRUMB: Crumb = { href: EVENT_TYPES_PATH, label: "Event types" };

export function eventTypePath(id: string): string {
  return `${EVENT_TYPES_PATH}/${id}`;
}
