/** The page to come back to after signing in: a path on this site, whatever was asked for. */

const HOME = "/sources";
const NOWHERE = "http://this-site.invalid";
const MAX_LENGTH = 2_000;

/** Home for everything that a browser could take for another site, or that is no page to come back to. */
export function nextPath(wanted: string | null | undefined): string {
  if (!wanted || wanted.length > MAX_LENGTH || !/^\/(?![/\\])/.test(wanted)) return HOME;
  // Browsers drop tabs and line feeds, and read a backslash as a slash, before they look for a host.
  if (/[\\\p{Cc}]/u.test(wanted) || !URL.canParse(wanted, NOWHERE)) return HOME;
  const { origin, pathname, search } = new URL(wanted, NOWHERE);
  // Dots are taken out of a path after its first slash was judged.
  if (origin !== NOWHERE || pathname.startsWith("//") || pathname.startsWith("/pages/")) return HOME;
  return pathname === "/" ? HOME : pathname + search;
}

export function signInPath(next: string | null): string {
  const path = nextPath(next);
  return path === HOME ? "/pages/login" : `/pages/login?next=${encodeURIComponent(path)}`;
}
