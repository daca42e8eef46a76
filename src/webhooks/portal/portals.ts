/** Use cases on portals: links for customers of a webhook's owner, their sessions, and how their pages look. */
import type { Clock } from "../../lib/clock.ts";
import { hashToken, randomToken } from "../../lib/crypto.ts";
import { AppError, notFound } from "../../lib/errors.ts";
import type { MainDb } from "../../storage/main-db/open.ts";
import {
  NO_PORTAL_SETTINGS,
  type PortalLinkRow,
  type StoredPortalSettings,
} from "../../storage/main-db/portal/portal-links.ts";
import type { TargetTypes } from "../../targets/registry.ts";
import { findAccess, type InWebhook, includesRole, requireRole } from "../people/roles.ts";
import { validate } from "../validate.ts";
import { portalLinkInput, portalSettingsChange } from "./portal-inputs.ts";

const TOKEN_BYTES = 32;

/** A portal that was opened. */
export type PortalSession = Readonly<{
  linkId: string;
  expiresAt: number;
  /** Whom each use case is asked for: never without `portal`. */
  asker: InWebhook & Readonly<{ portal: NonNullable<InWebhook["portal"]> }>;
}>;

export const PORTAL_LINK_STATES = ["unopened", "open", "stopped"] as const;

/** A link that is not over, or the session that it opened. */
export type PortalLink = Omit<PortalLinkRow, "createdBy"> &
  Readonly<{
    /** "stopped": whoever made it is disabled, or no editor of the webhook any more. */
    state: (typeof PORTAL_LINK_STATES)[number];
    /** Who made it; null: a user that is deleted. */
    username: string | null;
  }>;

export type Portals = ReturnType<typeof createPortals>;

export function createPortals(deps: {
  mainDb: MainDb;
  targetTypes: Pick<TargetTypes, "find">;
  clock: Pick<Clock, "now">;
  newId: () => string;
}) {
  const { mainDb, targetTypes, clock, newId } = deps;
  const { portals } = mainDb;

  /** Null if whoever made the link may not sign in any more. */
  function sessionOf(row: PortalLinkRow | null): PortalSession | null {
    const user = row && mainDb.users.find(row.createdBy);
    return user && user.disabledAt === null ? toSession(row) : null;
  }

  function settingsOf(userId: string): StoredPortalSettings {
    return portals.settingsOf(userId) ?? { ...NO_PORTAL_SETTINGS, managedBy: null };
  }

  function findMaker(userId: string, webhookId: string) {
    const user = mainDb.users.find(userId);
    const access = findAccess(mainDb, { userId, webhookId });
    const mayManage = access !== null && includesRole(access.role, "editor");
    return { username: user?.username ?? null, isAllowed: user?.disabledAt === null && mayManage };
  }

  return {
    /** Links that are not over, and the sessions that they opened; the newest first. */
    async listLinks(of: InWebhook): Promise<readonly PortalLink[]> {
      const { id: webhookId } = requireRole(mainDb, of, "editor");
      const rows = portals.list({ webhookId, now: clock.now() });
      const makerIds = new Set(rows.map(({ createdBy }) => createdBy));
      const makers = new Map([...makerIds].map((id) => [id, findMaker(id, webhookId)]));
      return rows.map(({ createdBy, isOpened, ...row }) => {
        const { username = null, isAllowed = false } = makers.get(createdBy) ?? {};
        const state = isAllowed ? (isOpened ? "open" : "unopened") : "stopped";
        return { ...row, username, state };
      });
    },
    /** Ends a link, and the session that it opened. */
    async endLink({ linkId, ...of }: InWebhook & { linkId: string }): Promise<void> {
      const { id: webhookId } = requireRole(mainDb, of, "editor");
      const isThere = portals.list({ webhookId, now: clock.now() }).some(({ id }) => id === linkId);
      if (!isThere) throw notFound("portal link");
      portals.remove({ webhookId, id: linkId });
    },
    /** The token is returned only here. Throws AppError. */
    async createLink({ input, ...of }: InWebhook & { input: unknown }) {
      const { id: webhookId } = requireRole(mainDb, of, "editor");
      const wanted = validate({ schema: portalLinkInput, value: input, what: "portal link" });
      const { target_types: types, expires_in: seconds } = wanted;
      const unknown = types.findIndex((type) => targetTypes.find(type) === null);
      if (unknown !== -1) throw unknownType(unknown);
      const token = randomToken(TOKEN_BYTES);
      const now = clock.now();
      const row: PortalLinkRow = {
        id: newId(),
        webhookId,
        createdBy: of.userId,
        targetTypes: [...new Set(types)],
        createdAt: now,
        expiresAt: now + seconds * 1_000,
      };
      portals.insert({ ...row, tokenHash: hashToken(token) });
      return { row, token };
    },
    /** Ends every link and session of the webhook. */
    async endAll(of: InWebhook): Promise<void> {
      const { id: webhookId } = requireRole(mainDb, of, "editor");
      portals.removeAll({ webhookId });
    },
    /** Turns a link into a session, once; null for one that is unknown, opened or over. */
    open(token: string): Readonly<{ session: PortalSession; token: string }> | null {
      const own = randomToken(TOKEN_BYTES);
      const of = { tokenHash: hashToken(token), sessionHash: hashToken(own), now: clock.now() };
      const session = sessionOf(portals.open(of));
      return session && { session, token: own };
    },
    find({ linkId, token }: { linkId: string; token: string }): PortalSession | null {
      return sessionOf(portals.find({ id: linkId, sessionHash: hashToken(token), now: clock.now() }));
    },
    settingsOf: (userId: string): StoredPortalSettings => settingsOf(userId),
    /** How portals of the webhook look, which its owner chooses for all of theirs. */
    async settingsIn(of: InWebhook): Promise<StoredPortalSettings> {
      return settingsOf(requireRole(mainDb, of, "editor").userId);
    },
    async setSettings(of: { userId: string; input: unknown }): Promise<StoredPortalSettings> {
      const given = validate({ schema: portalSettingsChange, value: of.input, what: "portal" });
      const before = settingsOf(of.userId);
      const { origin = before.origin, name = before.name } = given;
      const { colour = before.colour, logo = before.logo } = given;
      const settings = { origin, name, colour, logo, managedBy: before.managedBy };
      portals.setSettings({ userId: of.userId, ...settings });
      return settings;
    },
    /** Ends that a file of configuration manages the settings. */
    async unmanage({ userId }: { userId: string }): Promise<void> {
      const settings = portals.settingsOf(userId);
      if (settings?.managedBy) portals.setSettings({ userId, ...settings, managedBy: null });
    },
  };
}

function toSession({ id, webhookId, createdBy, targetTypes, expiresAt }: PortalLinkRow): PortalSession {
  const portal = { webhookId, targetTypes };
  return { linkId: id, expiresAt, asker: { userId: createdBy, webhookId, portal } };
}

function unknownType(index: number): AppError {
  return new AppError({
    kind: "invalid",
    message: "The portal link is not valid.",
    details: [{ path: `target_types.${index}`, message: "is not a type of targets" }],
  });
}
