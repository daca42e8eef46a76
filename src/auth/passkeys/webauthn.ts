/** Loads what verifies devices' answers (WebAuthn), once and when it is needed: a start does not need it. */

/** The library's certificates look for `Reflect.metadata` as they load, and the bundler does not keep their own order. */
export async function loadWebAuthn() {
  await import("reflect-metadata");
  return import("@simplewebauthn/server");
}
