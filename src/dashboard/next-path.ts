/** Decides which page follows sign-in: a path on this site, whatever was requested. */

const HOME = "/sources";
const NOWHERE = "http://this-site.invalid";
const MAX_LENGTH = 2_000;

/** Returns the home page for anything that a browser could take for another site, or that is no page to return to. */
export function nextPath(wanted: string | null | undefined): string {
  if (!wanted || wanted.length > MAX_LENGTH || !/^\/(?![/\\])/.test(wanted)) return HOME;
  // Before they look for a host, browsers drop tabs and line feeds and read a backslash as a slash.
  if (/[\\\p{Cc}]/u.test(wanted) || !URL.canParse(wanted, NOWHERE)) return HOME;
  const { origin, pathname, search } = new URL(wanted, NOWHERE);
  // Dot segments are removed after the first slash was checked, so the result is checked again.
  if (origin !== NOWHERE || pathname.startsWith("//") || pathname.startsWith("/pages/")) return HOME;
  return pathname === "/" ? HOME : pathname + search;
}

/** Returns the path of the page that sent a request, if it is one of this site; else null. */
export function refererPath(request: Request): string | null {
  const referer = request.headers.get("referer");
  if (referer === null || !URL.canParse(referer)) return null;
  const { host, pathname, search } = new URL(referer);
  return host === request.headers.get("host")?.toLowerCase() ? pathname + search : null;
}

export function signInPath(next: string | null): string {
  const path = nextPath(next);
  return path === HOME ? "/pages/login" : `/pages/login?next=${encodeURIComponent(path)}`;
}
