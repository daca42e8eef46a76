/** Invitations: one-time links by which people get an account, a team, or a role on a webhook. */
import { createAcceptInvitations } from "./accept-invitations.ts";
import type { InvitationDeps } from "./invitation-deps.ts";
import { createSendInvitations } from "./send-invitations.ts";

export type Invitations = ReturnType<typeof createInvitations>;

export function createInvitations(deps: InvitationDeps) {
  return { ...createSendInvitations(deps), ...createAcceptInvitations(deps) };
}
