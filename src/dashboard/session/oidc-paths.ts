/** Addresses of signing in by OpenID Connect. */
export const OIDC_PATH = "/pages/login/oidc";
export const OIDC_VERIFY_PATH = "/profile/single-sign-on/verify";

export function withNext(path: string, next: string | null): string {
  return next === null ? path : `${path}?next=${encodeURIComponent(next)}`;
}
