/** Asks for the password, or a code of the second factor, before sensitive actions of an older sign-in. */
import type { Session } from "../../auth/sessions.ts";
import { describeWait } from "../../auth/sign-in-limiter.ts";
import { pathAndQueryOf } from "../../http/request-url.ts";
import { MINUTE_MS } from "../../lib/clock.ts";
import type { DashboardDeps } from "../deps.ts";
import type { PageContext } from "../page-route.ts";
import { renderPage } from "../render.ts";
import { PROOF_FIELD, reVerifyView } from "./re-verify-view.tsx";

type Deps = Pick<DashboardDeps, "users" | "sessions" | "secondFactors" | "signInLimiter" | "clock">;

/** Returns the page that asks; null if the user has proved who they are. */
export type ReVerify = (
  context: PageContext,
  session: Pick<Session, "id" | "verifiedAt">,
) => Promise<Response | null>;

const FRESH_MS = 15 * MINUTE_MS;
/** Forms of sensitive actions have a few fields. */
const MAX_FIELDS = 100;

export function createReVerify(deps: Deps): ReVerify {
  const { users, sessions, secondFactors, signInLimiter, clock } = deps;

  /** Returns what is wrong with the proof; null if it is right. */
  async function faultOf(context: PageContext, proof: string): Promise<string | null> {
    const { viewer, remoteAddress, sessionId: device } = context;
    const { id: userId, username } = viewer;
    const isCode = secondFactors.isOn(userId);
    const what = isCode ? "code" : "password";
    const turn = signInLimiter.begin({ username, remoteAddress, device, what });
    if (!turn.allowed) return describeWait(turn.retryAfterMs);
    const isRight = isCode
      ? secondFactors.verify({ userId, code: proof })
      : (await users.verifyPassword({ username, password: proof, isTrusted: true })) !== null;
    if (isRight) turn.succeeded();
    else return isCode ? "This code is wrong, or was used already." : "This is not your password.";
    return null;
  }

  return async (context, { id, verifiedAt }) => {
    // A clock that was set back makes no sign-in fresh for longer.
    if (Math.abs(clock.now() - verifiedAt) < FRESH_MS) return null;
    const { [PROOF_FIELD]: proof, ...fields } = await context.form();
    const fault = proof === undefined ? null : await faultOf(context, proof);
    if (proof !== undefined && fault === null) {
      sessions.noteVerified({ id });
      return null;
    }
    const view = reVerifyView({
      viewer: context.viewer,
      action: pathAndQueryOf(context.request.url),
      fields: Object.entries(fields).slice(0, MAX_FIELDS),
      asksForCode: secondFactors.isOn(context.viewer.id),
      fault,
    });
    return renderPage(view, { status: fault === null ? 200 : 422 });
  };
}
