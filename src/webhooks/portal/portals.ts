/** Use cases on portals: links for customers of a webhook's owner, their sessions, and how their pages look. */
import { z } from "zod";
import type { Clock } from "../../lib/clock.ts";
import { hashToken, randomToken } from "../../lib/crypto.ts";
import { AppError, notFound } from "../../lib/errors.ts";
import type { MainDb } from "../../storage/main-db/open.ts";
import type { PortalLinkRow, PortalSettings } from "../../storage/main-db/portal/portal-links.ts";
import type { TargetTypes } from "../../targets/registry.ts";
import { findAccess, type InWebhook, includesRole, requireRole } from "../people/roles.ts";
import { targetTypeName } from "../type-names.ts";
import { validate } from "../validate.ts";

const TOKEN_BYTES = 32;
const MAX_LOGO = 64 * 1024;

export const portalLinkInput = z
  .strictObject({
    expires_in: z
      .int()
      .min(60)
      .max(7 * 24 * 3600)
      .default(3_600)
      .describe("Seconds until the link and the session that it opens end."),
    target_types: z
      .array(targetTypeName)
      .min(1)
      .max(20)
      .default(["http"])
      .describe("Types of the targets that the portal shows and manages."),
  })
  .meta({ id: "PortalLinkInput" });

const LOGO = /^data:image\/(?:png|jpeg|webp|gif|svg\+xml);base64,[A-Za-z0-9+/]+={0,2}$/;

export const portalSettingsShape = {
  origin: z
    .string()
    .max(300)
    .refine(isOrigin, "must be an origin such as https://app.example.com")
    .nullable()
    .describe("The page that may show portals in a frame, such as https://app.example.com; null: none may."),
  name: z.string().trim().min(1).max(60).nullable().describe("Shown instead of “Webhooks”."),
  colour: z
    .string()
    .regex(/^#[0-9a-f]{6}$/, "must be a colour such as #4f46e5")
    .nullable()
    .describe("The colour of buttons and of the line at the top, such as #4f46e5."),
  logo: z
    .string()
    .max(MAX_LOGO)
    .regex(LOGO, "must be a data: URL in base64 of a PNG, JPEG, WebP, GIF or SVG image")
    .nullable()
    .describe("A data: URL in base64, up to 64 KiB."),
};

export const portalSettingsChange = z
  .strictObject(portalSettingsShape)
  .partial()
  .meta({ id: "PortalSettingsChange" });

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
    settingsOf: (userId: string): PortalSettings => portals.settingsOf(userId),
    /** How portals of the webhook look, which its owner chooses for all of theirs. */
    async settingsIn(of: InWebhook): Promise<PortalSettings> {
      return portals.settingsOf(requireRole(mainDb, of, "editor").userId);
    },
    async setSettings({ userId, input }: { userId: string; input: unknown }): Promise<PortalSettings> {
      const given = validate({ schema: portalSettingsChange, value: input, what: "portal" });
      const before = portals.settingsOf(userId);
      const { origin = before.origin, name = before.name } = given;
      const { colour = before.colour, logo = before.logo } = given;
      const settings = { origin, name, colour, logo };
      portals.setSettings({ userId, ...settings });
      return settings;
    },
  };
}

function toSession({ id, webhookId, createdBy, targetTypes, expiresAt }: PortalLinkRow): PortalSession {
  const portal = { webhookId, targetTypes };
  return { linkId: id, expiresAt, asker: { userId: createdBy, webhookId, portal } };
}

/** Nothing but what a policy can name without more: a comma or semicolon would begin another directive. */
function isOrigin(text: string): boolean {
  if (!/^https?:\/\/[a-z0-9.-]+(?::\d{1,5})?$/.test(text) || !URL.canParse(text)) return false;
  return new URL(text).origin === text;
}

function unknownType(index: number): AppError {
  return new AppError({
    kind: "invalid",
    message: "The portal link is not valid.",
    details: [{ path: `target_types.${index}`, message: "is not a type of targets" }],
  });
}
