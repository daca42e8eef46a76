/** Loads the library that speaks OpenID Connect, once and when it is needed: a start does not need it. */
export function loadOpenIdClient() {
  return import("openid-client");
}
