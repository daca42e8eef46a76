/** Dependencies of invitations, and what is known of one. */
import type { Clock } from "../../../lib/clock.ts";
import type { SendMail } from "../../../lib/mailer.ts";
import type { Logger } from "../../../observability/log.ts";
import type { MainDb } from "../../../storage/main-db/open.ts";
import type { InvitationRow } from "../../../storage/main-db/people/invitations.ts";
import { findAccess, includesRole, type WebhookRole } from "../roles.ts";

type Account = Readonly<{ id: string; username: string }>;

export type InvitationDeps = Readonly<{
  mainDb: MainDb;
  clock: Clock;
  log: Pick<Logger, "warn">;
  newId: () => string;
  /** BASE_URL, without a trailing slash. */
  baseUrl: string;
  /** Who may invite people without an account: owners of webhooks, or administrators alone. */
  allowed: "owners" | "admins";
  /** Whether passwords sign in. Without, accounts come by the provider of OpenID Connect only. */
  takesPasswords: () => boolean;
  /** Null if the server cannot send e-mail. */
  sendMail: SendMail | null;
  /** Counts an e-mail for its sender. Returns the milliseconds to wait before the next one; 0: it may be sent. */
  waitToMail: (userId: string) => number;
  /** Creates a user; `alsoDo` runs in the same transaction. Rejects with AppError `invalid` or `conflict`. */
  createUser: (
    values: { username: string; password: string; role: "admin" | "user" },
    alsoDo: (userId: string) => void,
  ) => Promise<Account>;
}>;

/** An invitation that nobody has accepted yet. */
export type Invitation = Readonly<{
  id: string;
  email: string | null;
  name: string | null;
  /** Role of a new account. */
  role: "admin" | "user";
  webhookId: string | null;
  webhookRole: WebhookRole | null;
  teamName: string | null;
  /** Their username. */
  invitedBy: string;
  createdAt: number;
  expiresAt: number;
  isExpired: boolean;
  isMailed: boolean;
}>;

export const INVITATION_PATH = "/invitation";

export function toInvitation({ mainDb, clock }: InvitationDeps, row: InvitationRow): Invitation {
  const { id, email, name, role, webhookId, webhookRole, createdAt, expiresAt } = row;
  return {
    id,
    email,
    name,
    role,
    webhookId,
    webhookRole,
    createdAt,
    expiresAt,
    teamName: row.teamId === null ? null : (mainDb.teams.find(row.teamId)?.name ?? null),
    invitedBy: mainDb.users.find(row.invitedBy)?.username ?? "deleted user",
    isExpired: expiresAt <= clock.now(),
    isMailed: row.mailedAt !== null,
  };
}

/** Whether a user may invite people to the webhook, or with null to the server. */
export function mayInvite(
  { mainDb, allowed }: InvitationDeps,
  userId: string,
  webhookId: string | null,
): boolean {
  const user = mainDb.users.find(userId);
  if (user === null || user.disabledAt !== null) return false;
  if (user.role !== "admin" && (webhookId === null || allowed === "admins")) return false;
  if (webhookId === null) return true;
  const access = findAccess(mainDb, { userId, webhookId });
  return access !== null && includesRole(access.role, "owner");
}
