/** Describes a page or a form's action as a row: who may use it, and its handler. All rows are guarded the same way. */
import type { AuditEntry } from "../http/audit.ts";
import type { WebhookRole } from "../webhooks/people/roles.ts";
import type { FormInput } from "./forms.ts";
import type { Flash, Viewer } from "./viewer.ts";

export type PageContext = Readonly<{
  request: Request;
  params: Readonly<Record<string, string>>;
  query: URLSearchParams;
  /** Message about the last action, for this page only. */
  flash: Flash | null;
  remoteAddress: string;
  viewer: Viewer;
  /** Id of the viewer's session; safe to show. */
  sessionId: string;
  /** Returns whether session and role still hold; for streams that outlive the check at their start. */
  isStillAllowed: () => boolean;
  /** Lifts the idle timeout from this request, for streams. */
  keepOpen: () => void;
  /** Reads the fields of the posted form. */
  form: () => Promise<FormInput>;
}>;

/** Context of a page that anyone may see. */
export type OpenContext = Omit<PageContext, "viewer" | "sessionId" | "isStillAllowed"> &
  Readonly<{
    viewer: Viewer | null;
    sessionId: string | null;
    /** For pages that determine the user themselves. */
    audit: AuditEntry;
  }>;

type PageResponse = Response | Promise<Response>;

type Named = Readonly<{ method: "GET" | "POST"; path: string }>;
type OpenRoute = Named &
  Readonly<{
    access: "anyone";
    run: (context: OpenContext) => PageResponse;
    /** A page that changes something, as another site's answer does that comes by a link. */
    isChange?: true;
  }>;
/** An object that a file of configuration may manage. */
type ConfiguredKind = "webhook" | "entrypoint" | "target" | "event type" | "event type settings";

type Run = (context: PageContext) => PageResponse;
export type UserRoute = Named &
  Readonly<{
    access: "user" | "admin";
    run: Run;
    /** The role that the viewer needs on the webhook that the path names; null: it names none. */
    role: WebhookRole | null;
    /** Asks for the password or a code again if the sign-in is older than a few minutes. */
    isSensitive?: true;
    /** Object that the form changes: the guard asks first if a file of configuration manages it. */
    configures?: ConfiguredKind;
    /** Field of the form's button that only tries what is typed. */
    trialField?: string;
    /** Open to users who must set up a second factor before anything else. */
    isForSetup?: true;
  }>;

export type PageRoute = OpenRoute | UserRoute;

/** Paths of what belongs to a webhook. */
const IN_WEBHOOK = "/source/:id";

/** A page for signed-in users. Within a webhook it is for viewers, if it names no other role. */
export function page(path: string, run: Run, role: WebhookRole = "viewer"): UserRoute {
  return { method: "GET", path, access: "user", run, role: roleOn(path, role) };
}

/**
 * The action of a form, for signed-in users. Within a webhook it is for editors, if it names no other role. It ends in
 * `redirect(…)`, or in the form with its errors.
 */
export function action(path: string, run: Run, role: WebhookRole = "editor"): UserRoute {
  return { method: "POST", path, access: "user", run, role: roleOn(path, role) };
}

function roleOn(path: string, role: WebhookRole): WebhookRole | null {
  return path === IN_WEBHOOK || path.startsWith(`${IN_WEBHOOK}/`) ? role : null;
}

export function adminPage(path: string, run: Run): PageRoute {
  return { method: "GET", path, access: "admin", run, role: null };
}

export function adminAction(path: string, run: Run): UserRoute {
  return { method: "POST", path, access: "admin", run, role: null };
}

/** Marks an action that whoever finds a signed-in browser must not be able to do. */
export function sensitive(route: UserRoute): UserRoute {
  return { ...route, isSensitive: true };
}

/** Marks an action that changes what a file of configuration may manage. */
export function configures(
  kind: ConfiguredKind,
  route: UserRoute,
  { trialField }: { trialField?: string } = {},
): UserRoute {
  return { ...route, configures: kind, ...(trialField !== undefined && { trialField }) };
}

/** Marks a page or action by which users set up a second factor. */
export function forSetup(route: UserRoute): UserRoute {
  return { ...route, isForSetup: true };
}

export function openPage(path: string, run: (context: OpenContext) => PageResponse): OpenRoute {
  return { method: "GET", path, access: "anyone", run };
}

export function openAction(path: string, run: (context: OpenContext) => PageResponse): PageRoute {
  return { method: "POST", path, access: "anyone", run };
}
