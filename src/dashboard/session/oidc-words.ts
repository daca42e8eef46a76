/** Says why a sign-in by OpenID Connect was refused, without what only administrators should know. */
import type { RefusalCode } from "../../auth/oidc/single-sign-on.ts";
import type { Flash } from "../viewer.ts";

export const NO_PROVIDER: Flash = { tone: "bad", text: "This server has no provider of single sign-on." };

export function describeRefusal(code: RefusalCode, name: string): string {
  const texts: Readonly<Record<RefusalCode, string>> = {
    provider_unreachable: `${name} does not answer. Try again later, or sign in otherwise.`,
    provider_denied: `${name} did not let you in.`,
    provider_answer_refused: `The answer of ${name} was not accepted. Try again; the log has the reason.`,
    sign_in_not_started:
      "This sign-in was not begun in this browser, took too long, or was used already. Try again.",
    email_not_verified: `${name} does not vouch for your e-mail address, which this server asks for.`,
    domain_not_allowed: "E-mail addresses of your domain are not let in here.",
    user_disabled: "Your user is disabled. Ask an administrator of this server.",
    identity_unknown: `Nobody here is linked to your account. Sign in otherwise, and link it in your profile.`,
    identity_taken: "This account is linked to a user already.",
    too_many_identities: "You have too many linked accounts.",
    other_identity: "That account is not linked to you.",
    not_authenticated_again: `${name} did not ask who you are again. Sign out here and there, then sign in again.`,
  };
  return texts[code];
}
