/** Use cases of whoever invites: administrators to the server, owners to their webhooks. */
import { DAY_MS, HOUR_MS } from "../../../lib/clock.ts";
import { hashToken, randomToken } from "../../../lib/crypto.ts";
import { AppError, notFound } from "../../../lib/errors.ts";
import type { InvitationRow } from "../../../storage/main-db/people/invitations.ts";
import { validate } from "../../validate.ts";
import { requireRole } from "../roles.ts";
import {
  INVITATION_PATH,
  type Invitation,
  type InvitationDeps,
  mayInvite,
  toInvitation,
} from "./invitation-deps.ts";
import { invitationMail } from "./invitation-mail.ts";
import { serverInvitationInput, webhookInvitationInput } from "./invitation-schemas.ts";

/** Where somebody invites: a webhook, or with null the server. */
export type Place = Readonly<{ userId: string; webhookId: string | null }>;
type InPlace = Place & Readonly<{ invitationId: string }>;

export type Sent = Readonly<{
  invitation: Invitation;
  /** To hand on; null if it went out by e-mail. */
  link: string | null;
  /** True if the mail server did not take it. */
  isMailRefused: boolean;
}>;

const what = "invitation";
export const INVITATION_HOURS = 72;
const LIFETIME_MS = INVITATION_HOURS * HOUR_MS;
/** Expired ones can still be sent again. */
const KEPT_AFTER_MS = 30 * DAY_MS;
const TOKEN_BYTES = 32;
/** Most pending invitations to a webhook, or to the server. */
const MAX_PENDING = 100;

export function createSendInvitations(deps: InvitationDeps) {
  const { mainDb, clock, newId, baseUrl, sendMail, log } = deps;
  const { invitations, teams } = mainDb;

  /** Throws AppError `not_found` to strangers and `forbidden` to members who may not invite. */
  function requirePlace({ userId, webhookId }: Place): void {
    if (webhookId !== null) requireRole(mainDb, { userId, webhookId }, "owner");
    if (!mayInvite(deps, userId, webhookId)) throw onlyAdmins();
  }

  function getRow({ invitationId, ...place }: InPlace): InvitationRow {
    if (place.webhookId === null && !mayInvite(deps, place.userId, null)) throw notFound(what);
    requirePlace(place);
    const row = invitations.find(invitationId);
    if (row === null || row.webhookId !== place.webhookId) throw notFound(what);
    return row;
  }

  function readInput(webhookId: string | null, value: unknown) {
    if (webhookId !== null) {
      const { role: webhookRole, ...who } = validate({ schema: webhookInvitationInput, value, what });
      return { ...who, role: "user" as const, webhookRole, teamId: null };
    }
    const { team, ...who } = validate({ schema: serverInvitationInput, value, what });
    const found = team === null ? null : teams.findByName(team);
    if (team !== null && found === null) throw unknownTeam();
    return { ...who, webhookRole: null, teamId: found?.id ?? null };
  }

  function newToken() {
    const token = randomToken(TOKEN_BYTES);
    return {
      link: `${baseUrl}${INVITATION_PATH}?token=${token}`,
      values: { tokenHash: hashToken(token), expiresAt: clock.now() + LIFETIME_MS, mailedAt: null },
    };
  }

  function requireMailRoom(userId: string, email: string | null): void {
    const wait = email === null || sendMail === null ? 0 : deps.waitToMail(userId);
    if (wait > 0) throw tooManyMails(wait);
  }

  /** Sends the link where it can be sent; else it is handed to whoever invited. */
  async function send(row: InvitationRow, link: string): Promise<Sent> {
    const shown = { invitation: toInvitation(deps, row), link, isMailRefused: false };
    const { email, webhookRole: role, webhookId } = row;
    if (email === null || sendMail === null) return shown;
    const name = webhookId === null ? undefined : mainDb.webhooks.find(webhookId)?.name;
    const webhook = name === undefined || role === null ? null : { name, role };
    try {
      await mainDb.synced();
      const { invitedBy } = shown.invitation;
      await sendMail({ to: email, ...invitationMail({ invitedBy, webhook, link, baseUrl }) });
    } catch (cause) {
      log.warn("an invitation could not be sent", { invitation_id: row.id, cause });
      return { ...shown, isMailRefused: true };
    }
    const mailedAt = clock.now();
    invitations.setMailed({ tokenHash: row.tokenHash, at: mailedAt });
    return { invitation: toInvitation(deps, { ...row, mailedAt }), link: null, isMailRefused: false };
  }

  return {
    /** Whether the user may invite people there. */
    mayInvite: ({ userId, webhookId }: Place): boolean => mayInvite(deps, userId, webhookId),

    /** Oldest first. */
    async list(place: Place): Promise<readonly Invitation[]> {
      requirePlace(place);
      return invitations.list(place.webhookId).map((row) => toInvitation(deps, row));
    },

    async create({ input, ...place }: Place & { input: unknown }): Promise<Sent> {
      requirePlace(place);
      const { userId: invitedBy, webhookId } = place;
      const wanted = readInput(webhookId, input);
      if (invitations.list(webhookId).length >= MAX_PENDING) throw tooMany();
      requireMailRoom(invitedBy, wanted.email);
      const { link, values } = newToken();
      const createdAt = clock.now();
      const row = { id: newId(), webhookId, invitedBy, createdAt, ...wanted, ...values };
      invitations.deleteExpired(createdAt - KEPT_AFTER_MS);
      invitations.insert(row);
      return send(row, link);
    },

    /** Makes a new link and sends it; the one before is void. Whoever asks is the one who invites from now on. */
    async renew(of: InPlace): Promise<Sent> {
      const found = getRow(of);
      requireMailRoom(of.userId, found.email);
      const { link, values } = newToken();
      const row = { ...found, ...values, invitedBy: of.userId };
      invitations.renew(row);
      return send(row, link);
    },

    /** The link is void from now on. */
    async revoke(of: InPlace): Promise<void> {
      invitations.remove(getRow(of));
    },
  };
}

function onlyAdmins(): AppError {
  return new AppError({
    kind: "forbidden",
    code: "invitations_by_admins",
    message: "Only administrators invite people to this server.",
    hint: "Ask an administrator to add the user, then share the webhook with them.",
  });
}

function unknownTeam(): AppError {
  const message = "is not a team of this server";
  return new AppError({
    kind: "invalid",
    message: "The invitation is not valid.",
    details: [{ path: "team", message }],
  });
}

function tooMany(): AppError {
  return new AppError({
    kind: "conflict",
    code: "too_many_invitations",
    message: `There are ${MAX_PENDING} invitations already that nobody has accepted.`,
    hint: "Revoke some of them first.",
  });
}

function tooManyMails(waitMs: number): AppError {
  return new AppError({
    kind: "rate_limited",
    code: "too_many_mails",
    message: "You have sent many e-mails in a short time.",
    hint: "Wait a minute, then try again.",
    retryAfterSeconds: Math.ceil(waitMs / 1_000),
  });
}
