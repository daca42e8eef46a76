/** Checks every request for a portal's page: the link's session, its origin, and that its webhook is still shared. */
import type { AuditEntry } from "../../http/audit.ts";
import type { ErrorDescription } from "../../http/error-description.ts";
import { requestIdOf } from "../../http/request-id.ts";
import { pathOf, queryOf } from "../../http/request-url.ts";
import { pagePolicy } from "../../http/security-headers.ts";
import type { Peer } from "../../ingest/remote-address.ts";
import { AppError } from "../../lib/errors.ts";
import type { PortalSession } from "../../webhooks/portal/portals.ts";
import { titleOf } from "../components/error-section.tsx";
import { refuseCrossSite } from "../cross-site.ts";
import type { DashboardDeps } from "../deps.ts";
import { type FormInput, readForm } from "../forms.ts";
import { renderPage } from "../render.ts";
import type { Flash } from "../viewer.ts";
import { readPortalCookie, writePortalCookie } from "./cookie.ts";
import { NoPortalPage, PortalErrorPage, type PortalFrame } from "./layout.tsx";
import { portalPath } from "./paths.ts";

export type PortalContext = Readonly<{
  /** The only one for whom use cases are asked. */
  asker: PortalSession["asker"];
  linkId: string;
  /** Names of the event types of the webhook's owner. */
  typeNames: () => Promise<readonly string[]>;
  frame: PortalFrame;
  params: Readonly<Record<string, string>>;
  query: URLSearchParams;
  remoteAddress: string;
  signal: AbortSignal;
  form: () => Promise<FormInput>;
}>;

export type PortalRoute = Readonly<{
  method: "GET" | "POST";
  /** Below the portal's own path. */
  path: string;
  run: (context: PortalContext) => Promise<Response>;
}>;

export type PortalVisit = Readonly<{
  request: Request;
  params: Readonly<Record<string, string>>;
  peer: Peer | null;
  entry: AuditEntry;
}>;

type Deps = Pick<DashboardDeps, "useCases" | "config" | "clock" | "remoteAddressOf">;

/** Messages after forms, by a mark in the address: in a frame, a page may have no other cookie. */
const FLASHES: ReadonlyMap<string, Flash> = new Map([
  ["added", { tone: "ok", text: "The target was added. It gets every event from now on." }],
  [
    "added-some",
    { tone: "ok", text: "The target was added. It gets every event that it wants from now on." },
  ],
  ["saved", { tone: "ok", text: "The target was saved." }],
  ["deleted", { tone: "ok", text: "The target was deleted." }],
  ["enabled", { tone: "ok", text: "The target is enabled." }],
  ["disabled", { tone: "ok", text: "The target is disabled: it gets no new events." }],
  ["tested", { tone: "ok", text: "A test event was sent to this target." }],
  ["off", { tone: "bad", text: "Enable the target first." }],
  ["replayed", { tone: "ok", text: "The event is delivered again." }],
  ["rotated", { tone: "ok", text: "The signing secret was rotated." }],
]);

/** For a link that is unknown, was opened before, or is over. */
const OVER = {
  title: "This link is not valid any more",
  text: "A link can be opened once, and its session ends. Ask for another link.",
};

export function createPortalGuard({ useCases, config, clock, remoteAddressOf }: Deps) {
  const { portals, webhooks } = useCases;
  const isHttps = config.baseUrl.startsWith("https:");

  /** The owner's settings; null if whoever made the link has lost the role, or the webhook is gone. */
  async function settingsFor({ asker }: PortalSession) {
    try {
      const { ownerId } = await webhooks.getForPortal(asker);
      return { ownerId, ...portals.settingsOf(ownerId) };
    } catch (error) {
      if (error instanceof AppError && error.kind !== "unavailable") return null;
      throw error;
    }
  }

  /** The session that the request's cookie has of this link, and how its pages look. */
  async function find(request: Request, linkId: string) {
    const token = readPortalCookie(request);
    const session = token === null ? null : portals.find({ linkId, token });
    const settings = session && (await settingsFor(session));
    return settings && { session, settings };
  }

  function seal(request: Request, response: Response, origin: string | null): Response {
    const options = { baseUrl: config.baseUrl, framedBy: origin, styles: portalPath("") };
    response.headers.set("content-security-policy", pagePolicy(request, options));
    return response;
  }

  /** Any page may frame it: nobody knows who may any more, and else a frame whose session ends would be blank. */
  async function showNone(request: Request, status: number, text: Parameters<typeof NoPortalPage>[0]) {
    return seal(request, await renderPage(NoPortalPage(text), { status }), "*");
  }

  function refuse(request: Request, entry: AuditEntry): Promise<Response> {
    entry.refuse("portal_over");
    return showNone(request, 404, OVER);
  }

  return {
    /** Opens a link once, and leads to its portal. */
    async open({ request, entry }: PortalVisit): Promise<Response> {
      if (isOnlyLook(request)) return new Response(null, { status: 204 });
      const opened = portals.open(queryOf(request.url).get("token") ?? "");
      const settings = opened && (await settingsFor(opened.session));
      if (opened === null || settings === null) return refuse(request, entry);
      const { linkId, asker, expiresAt } = opened.session;
      entry.by({ userId: asker.userId, sessionId: `portal:${linkId}` });
      const response = new Response(null, { status: 303, headers: { location: portalPath(linkId) } });
      const cookie = writePortalCookie({
        linkId,
        token: opened.token,
        maxAgeSeconds: Math.max(1, Math.floor((expiresAt - clock.now()) / 1_000)),
        isFramed: settings.origin !== null,
        isHttps,
      });
      response.headers.append("set-cookie", cookie);
      return seal(request, response, settings.origin);
    },
    /** Runs a route for the session that the request's cookie has. */
    async run(route: PortalRoute, { request, params, peer, entry }: PortalVisit): Promise<Response> {
      if (route.method === "POST") refuseCrossSite(request, config);
      const { linkId = "" } = params;
      const found = await find(request, linkId);
      if (found === null) return refuse(request, entry);
      const { session, settings } = found;
      const { asker } = session;
      entry.by({ userId: asker.userId, sessionId: `portal:${linkId}` });
      entry.at({ ...params, linkId: asker.webhookId });
      const query = queryOf(request.url);
      const flash = FLASHES.get(query.get("done") ?? "") ?? null;
      const response = await route.run({
        asker,
        linkId,
        async typeNames() {
          const types = await useCases.eventTypes.listSummaries({ userId: settings.ownerId });
          return types.map(({ name }) => name);
        },
        frame: { linkId, settings, flash },
        params,
        query,
        remoteAddress: remoteAddressOf(request, peer),
        signal: request.signal,
        form: () => readForm(request),
      });
      return seal(request, response, settings.origin);
    },
    /** Shows errors within a portal: in its frame, and without a way to sign in. */
    async errorPage(error: ErrorDescription, request: Request): Promise<Response> {
      const linkId = pathOf(request.url).split("/")[2] ?? "";
      // The same fault may have caused the error.
      const found = await find(request, linkId).catch(() => null);
      if (found === null)
        return showNone(request, error.status, { title: titleOf(error), text: error.message });
      const { settings } = found;
      const frame = { linkId, settings, flash: null };
      const page = PortalErrorPage({ frame, error, requestId: requestIdOf(request) });
      return seal(request, await renderPage(page, { status: error.status }), settings.origin);
    },
  };
}

/** Whether nobody opens the link yet: the router answers HEAD as GET, and browsers fetch pages ahead. */
function isOnlyLook({ method, headers }: Request): boolean {
  return method !== "GET" || headers.get("sec-purpose")?.includes("prefetch") === true;
}

/** Ends a form. `made`: the key of a secret that the next page shows once. */
export function redirectTo(path: string, done: string, made: string | null = null): Response {
  const more = made === null ? "" : `&made=${made}`;
  return new Response(null, { status: 303, headers: { location: `${path}?done=${done}${more}` } });
}
