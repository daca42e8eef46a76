/** A page or a form's goal as a row: who may, and what answers. The mounting guards every row the same way. */
import type { AuditEntry } from "../http/audit.ts";
import type { FormInput } from "./forms.ts";
import type { Flash, Viewer } from "./viewer.ts";

export type PageContext = Readonly<{
  request: Request;
  params: Readonly<Record<string, string>>;
  query: URLSearchParams;
  /** Tells of what was just done, on this page alone. */
  flash: Flash | null;
  remoteAddress: string;
  viewer: Viewer;
  /** The viewer's session; safe to show. */
  sessionId: string;
  /** Whether the session is still good; for streams that outlive the check at their start. */
  isStillSignedIn: () => boolean;
  /** Lifts the idle timeout from this request, for streams. */
  keepOpen: () => void;
  /** The fields of the form that was posted. */
  form: () => Promise<FormInput>;
}>;

/** What is known of a request for a page that anyone may see. */
export type OpenContext = Omit<PageContext, "viewer" | "sessionId" | "isStillSignedIn"> &
  Readonly<{
    viewer: Viewer | null;
    sessionId: string | null;
    /** For pages that find out themselves who asks. */
    audit: AuditEntry;
  }>;

type Answer = Response | Promise<Response>;

export type PageRoute = Readonly<{ method: "GET" | "POST"; path: string }> &
  (
    | Readonly<{ access: "anyone"; run: (context: OpenContext) => Answer }>
    | Readonly<{ access: "user" | "admin"; run: (context: PageContext) => Answer }>
  );

/** A page for whoever is signed in. */
export function page(path: string, run: (context: PageContext) => Answer): PageRoute {
  return { method: "GET", path, access: "user", run };
}

/** The goal of a form, for whoever is signed in. It ends in `redirect(…)`, or in the form with its faults. */
export function action(path: string, run: (context: PageContext) => Answer): PageRoute {
  return { method: "POST", path, access: "user", run };
}

export function adminPage(path: string, run: (context: PageContext) => Answer): PageRoute {
  return { method: "GET", path, access: "admin", run };
}

export function adminAction(path: string, run: (context: PageContext) => Answer): PageRoute {
  return { method: "POST", path, access: "admin", run };
}

export function openPage(path: string, run: (context: OpenContext) => Answer): PageRoute {
  return { method: "GET", path, access: "anyone", run };
}

export function openAction(path: string, run: (context: OpenContext) => Answer): PageRoute {
  return { method: "POST", path, access: "anyone", run };
}
