/** Paths of a portal's pages. */
import { PORTAL_PATH } from "../../http/portal-path.ts";

export function portalPath(linkId: string): string {
  return `${PORTAL_PATH}/${linkId}`;
}

export function portalTargetPath(linkId: string, targetId: string): string {
  return `${portalPath(linkId)}/targets/${targetId}`;
}

export function portalEventPath(linkId: string, eventId: string): string {
  return `${portalPath(linkId)}/events/${eventId}`;
}

export function themePath(linkId: string): string {
  return `${portalPath(linkId)}/theme.css`;
}
