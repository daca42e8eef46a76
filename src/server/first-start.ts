/** Says on the terminal how to sign in for the first time. */
import { FIRST_SIGN_IN_MINUTES } from "../auth/first-sign-in.ts";
import { FIRST_SIGN_IN_PATH } from "../dashboard/session/first-sign-in-path.ts";

/** Lines for the terminal, never for the log, which may be kept and copied. `token`: see auth/first-sign-in.ts. */
export function firstStartLines(
  { username, password }: { username: string; password: string },
  { baseUrl, token }: { baseUrl: string; token: string },
): readonly string[] {
  return [
    `Dashboard: ${baseUrl} · user ${username} · password ${password} (not shown again)`,
    `Sign in without it, once, within ${FIRST_SIGN_IN_MINUTES} minutes: ${baseUrl}${FIRST_SIGN_IN_PATH}?token=${token}`,
  ];
}
