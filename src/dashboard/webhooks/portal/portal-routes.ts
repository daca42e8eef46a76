/** Routes of the page about a webhook's portals: links, who has one, and how portals look. */
import { portalLinkPath } from "../../../http/portal-path.ts";
import { AppError, notFound } from "../../../lib/errors.ts";
import { type FieldErrors, type FormInput, fieldErrors } from "../../forms.ts";
import { BY_HAND_FIELD } from "../../managed/managed-views.tsx";
import { action, type PageContext, type PageRoute, page, sensitive } from "../../page-route.ts";
import { redirect, renderPage } from "../../render.ts";
import { readUpload } from "../../upload.ts";
import type { SourcesDeps } from "../deps.ts";
import { webhookPortalPath } from "../paths.ts";
import { RevokeAllLinksPage, RevokeLinkPage } from "./confirm-views.tsx";
import { readLinkForm } from "./link-form.ts";
import { readLogo, toLogo } from "./logo.ts";
import { PortalPage } from "./portal-view.tsx";

const PREVIEW_SECONDS = 600;

type Returned = Readonly<{ form: "link" | "look"; typed: FormInput; errors: FieldErrors }>;

export function createWebhookPortalRoutes(deps: SourcesDeps): readonly PageRoute[] {
  const { useCases, targetTypes, reveals, config } = deps;
  const { portals, webhooks } = useCases;
  const typeNames = targetTypes.list().map(({ type }) => type);

  const ids = ({ viewer, params }: PageContext) => ({ userId: viewer.id, webhookId: params.id ?? "" });

  async function show(context: PageContext, returned?: Returned): Promise<Response> {
    const { viewer, flash, sessionId, query } = context;
    const of = ids(context);
    const [webhook, links, settings] = await Promise.all([
      webhooks.get(of),
      portals.listLinks(of),
      portals.settingsIn(of),
    ]);
    const token = returned ? null : reveals.take({ sessionId, key: query.get("made") });
    const markup = PortalPage({
      viewer,
      flash,
      webhook,
      links,
      settings,
      types: targetTypes.list(),
      newLink: token && config.baseUrl + portalLinkPath(token),
      isHttps: config.baseUrl.startsWith("https:"),
      returned,
    });
    return renderPage(markup, { status: returned ? 422 : 200 });
  }

  async function makeLink(
    context: PageContext,
    act: (token: string) => Response,
    change: Readonly<{ expires_in?: number }> = {},
  ): Promise<Response> {
    const form = await context.form();
    try {
      const input = { ...readLinkForm(form, typeNames), ...change };
      return act((await portals.createLink({ ...ids(context), input })).token);
    } catch (error) {
      return show(context, { form: "link", typed: form, errors: fieldErrors(error) });
    }
  }

  function create(context: PageContext): Promise<Response> {
    const { sessionId, params } = context;
    return makeLink(context, (token) =>
      redirect(`${webhookPortalPath(params.id ?? "")}?made=${reveals.keep({ sessionId, text: token })}`),
    );
  }

  /** Relative, so that the preview is where its reader is. */
  function preview(context: PageContext): Promise<Response> {
    return makeLink(context, (token) => redirect(portalLinkPath(token)), { expires_in: PREVIEW_SECONDS });
  }

  async function revoke(context: PageContext): Promise<Response> {
    const of = ids(context);
    const { linkId = "" } = context.params;
    const { confirmed } = await context.form();
    if (confirmed !== "yes") {
      const link = (await portals.listLinks(of)).find(({ id }) => id === linkId);
      if (link === undefined) throw notFound("portal link");
      return renderPage(RevokeLinkPage({ viewer: context.viewer, webhook: await webhooks.get(of), link }));
    }
    await portals.endLink({ ...of, linkId });
    return done(context, "The link is revoked.");
  }

  async function revokeAll(context: PageContext): Promise<Response> {
    const of = ids(context);
    const { confirmed } = await context.form();
    if (confirmed !== "yes") {
      return renderPage(RevokeAllLinksPage({ viewer: context.viewer, webhook: await webhooks.get(of) }));
    }
    await portals.endAll(of);
    return done(context, "All links are revoked.");
  }

  /** The settings are those of a user: an owner by role would change the look of other portals. */
  async function requireOwn(context: PageContext): Promise<void> {
    const { ownerId } = await webhooks.get(ids(context));
    if (ownerId !== context.viewer.id) throw ownersChoice();
  }

  async function setLook(context: PageContext): Promise<Response> {
    await requireOwn(context);
    const userId = context.viewer.id;
    const { fields, taken } = await readUpload(context.request, {
      name: "logo",
      take: async (chunks) => ({ bytes: await readLogo(chunks) }),
      drop: async () => undefined,
    });
    try {
      if (portals.settingsOf(userId).managedBy !== null && fields[BY_HAND_FIELD] === undefined)
        throw unasked();
      await portals.setSettings({ userId, input: { ...readLook(fields), ...logoOf(fields, taken) } });
    } catch (error) {
      // Browsers do not send a file's name back into the form.
      const typed = taken === null ? fields : { ...fields, logo: "chosen" };
      return show(context, { form: "look", typed, errors: fieldErrors(error) });
    }
    return done(context, "The look of your portals is saved.");
  }

  async function unmanage(context: PageContext): Promise<Response> {
    await requireOwn(context);
    await portals.unmanage({ userId: context.viewer.id });
    return done(context, "No file manages the look any more.");
  }

  const path = "/source/:id/portal-links";
  return [
    page("/source/:id/portal", (context) => show(context), "editor"),
    action("/source/:id/portal", setLook, "owner"),
    action("/source/:id/portal/unmanage", unmanage, "owner"),
    sensitive(action(path, create)),
    // Not sensitive: it ends within minutes, and whoever sees this page may do more than its portal may.
    action(`${path}/preview`, preview),
    action(`${path}/revoke`, revokeAll),
    action(`${path}/:linkId/revoke`, revoke),
  ];
}

function done({ params }: PageContext, text: string): Response {
  return redirect(webhookPortalPath(params.id ?? ""), { tone: "ok", text });
}

/** An emptied field is null; colours are as people write them. */
function readLook({ name = "", colour = "", origin = "" }: FormInput) {
  const orNull = (text: string) => (text.trim() === "" ? null : text.trim());
  return { name: orNull(name), colour: orNull(colour.toLowerCase()), origin: orNull(origin) };
}

/** Throws AppError `invalid`. */
function logoOf(fields: FormInput, taken: { bytes: Uint8Array | null } | null): { logo?: string | null } {
  if (taken === null) return fields.remove_logo === undefined ? {} : { logo: null };
  if (taken.bytes === null) throw unfitLogo("is larger than 48 KB");
  const logo = toLogo(taken.bytes);
  if (logo === null) throw unfitLogo("is no PNG, JPEG, WebP, GIF or SVG image");
  return { logo };
}

function unfitLogo(message: string): AppError {
  return unfit("logo", message);
}

function unasked(): AppError {
  return unfit(BY_HAND_FIELD, "must be ticked: the next webhooker apply brings back what the file says");
}

function unfit(path: string, message: string): AppError {
  const details = [{ path, message }];
  return new AppError({ kind: "invalid", message: "The portal is not valid.", details });
}

function ownersChoice(): AppError {
  return new AppError({
    kind: "forbidden",
    message: "How portals look is chosen by the user who owns the webhook.",
    hint: "Portals of your own webhooks look as you choose on their pages.",
  });
}
