/** Describes a page or a form's action as a row: who may use it, and its handler. All rows are guarded the same way. */
import type { AuditEntry } from "../http/audit.ts";
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
  /** Returns whether the session is still valid; for streams that outlive the check at their start. */
  isStillSignedIn: () => boolean;
  /** Lifts the idle timeout from this request, for streams. */
  keepOpen: () => void;
  /** Reads the fields of the posted form. */
  form: () => Promise<FormInput>;
}>;

/** Context of a page that anyone may see. */
export type OpenContext = Omit<PageContext, "viewer" | "sessionId" | "isStillSignedIn"> &
  Readonly<{
    viewer: Viewer | null;
    sessionId: string | null;
    /** For pages that determine the user themselves. */
    audit: AuditEntry;
  }>;

type PageResponse = Response | Promise<Response>;

type Named = Readonly<{ method: "GET" | "POST"; path: string }>;
type OpenRoute = Named & Readonly<{ access: "anyone"; run: (context: OpenContext) => PageResponse }>;
export type UserRoute = Named &
  Readonly<{
    access: "user" | "admin";
    run: (context: PageContext) => PageResponse;
    /** Asks for the password or a code again if the sign-in is older than a few minutes. */
    isSensitive?: true;
    /** Open to users who must set up a second factor before anything else. */
    isForSetup?: true;
  }>;

export type PageRoute = OpenRoute | UserRoute;

/** A page for signed-in users. */
export function page(path: string, run: (context: PageContext) => PageResponse): UserRoute {
  return { method: "GET", path, access: "user", run };
}

/** The action of a form, for signed-in users. It ends in `redirect(…)`, or in the form with its errors. */
export function action(path: string, run: (context: PageContext) => PageResponse): UserRoute {
  return { method: "POST", path, access: "user", run };
}

export function adminPage(path: string, run: (context: PageContext) => PageResponse): PageRoute {
  return { method: "GET", path, access: "admin", run };
}

export function adminAction(path: string, run: (context: PageContext) => PageResponse): UserRoute {
  return { method: "POST", path, access: "admin", run };
}

/** Marks an action that whoever finds a signed-in browser must not be able to do. */
export function sensitive(route: UserRoute): UserRoute {
  return { ...route, isSensitive: true };
}

/** Marks a page or action by which users set up a second factor. */
export function forSetup(route: UserRoute): UserRoute {
  return { ...route, isForSetup: true };
}

export function openPage(path: string, run: (context: OpenContext) => PageResponse): PageRoute {
  return { method: "GET", path, access: "anyone", run };
}

export function openAction(path: string, run: (context: OpenContext) => PageResponse): PageRoute {
  return { method: "POST", path, access: "anyone", run };
}
