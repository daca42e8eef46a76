/** Signing in with a passkey, which stands for the password and the second factor. */
import { describeWait } from "../../auth/sign-in-limiter.ts";
import { passkeyAnswerIn } from "../components/passkey-form.tsx";
import type { DashboardDeps } from "../deps.ts";
import { signInPath } from "../next-path.ts";
import { type OpenContext, openAction, type PageRoute } from "../page-route.ts";
import { redirect } from "../render.ts";
import type { BeginSession } from "./begin-session.ts";
import type { DeviceCookie } from "./device-cookie.ts";
import { PASSKEY_SIGN_IN_PATH } from "./passkey-sign-in-path.ts";

type Deps = Pick<DashboardDeps, "passkeys" | "signInLimiter"> &
  Readonly<{ begin: BeginSession; device: DeviceCookie }>;

export function createPasskeySignInRoutes(deps: Deps): readonly PageRoute[] {
  const { passkeys, signInLimiter, begin, device } = deps;

  async function signIn(context: OpenContext): Promise<Response> {
    const { request, remoteAddress, audit } = context;
    const form = await context.form();
    const refuse = (text: string) => {
      audit.refuse("passkey_refused");
      return redirect(signInPath(form.next ?? null), { tone: "bad", text });
    };
    const given = passkeyAnswerIn(form, "get");
    const owner = given && passkeys.findOwner(given.answer);
    if (given === null || owner === null) return refuse("Nobody has this passkey here.");
    audit.about(owner);
    const { username } = owner;
    const known = await device.read(request, username);
    const turn = signInLimiter.begin({ username, remoteAddress, device: known });
    if (!turn.allowed) return refuse(describeWait(turn.retryAfterMs));
    if ((await passkeys.verify(given)) !== owner.id) {
      return refuse("The passkey was not accepted, or took too long. Try again.");
    }
    turn.succeeded();
    return begin(context, { user: owner, next: form.next, signedInBy: "passkey" });
  }

  return [openAction(PASSKEY_SIGN_IN_PATH, signIn)];
}
