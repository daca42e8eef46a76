/** Addresses of the pages of invitations. */

export const SERVER_INVITATIONS = "/admin/invitations";

export function webhookInvitationsPath(webhookId: string): string {
  return `/source/${webhookId}/sharing/invitations`;
}
