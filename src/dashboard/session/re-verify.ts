/** Asks again who it is before sensitive actions of an older sign-in. */
import type { Session } from "../../auth/sessions.ts";
import { describeWait } from "../../auth/sign-in-limiter.ts";
import { pathAndQueryOf } from "../../http/request-url.ts";
import { MINUTE_MS } from "../../lib/clock.ts";
import { PASSKEY_FIELDS, passkeyAnswerIn } from "../components/passkey-form.tsx";
import type { DashboardDeps } from "../deps.ts";
import type { FormInput } from "../forms.ts";
import { nextPath, refererPath } from "../next-path.ts";
import type { PageContext } from "../page-route.ts";
import { renderPage } from "../render.ts";
import { BACK_FIELD, PROOF_FIELD, reVerifyView } from "./re-verify-view.tsx";

type Deps = Pick<
  DashboardDeps,
  | "users"
  | "sessions"
  | "secondFactors"
  | "passkeys"
  | "identities"
  | "singleSignOn"
  | "signInLimiter"
  | "clock"
>;

/** Returns the page that asks; null if the user has proved who they are. */
export type ReVerify = (
  context: PageContext,
  session: Pick<Session, "id" | "verifiedAt">,
) => Promise<Response | null>;

type Proof =
  | Readonly<{ what: "password" | "code"; typed: string }>
  | Readonly<{ what: "passkey"; given: { sealed: string; answer: string } }>;

const FAULTS = {
  password: "This is not your password.",
  code: "This code is wrong, or was used already.",
  passkey: "The passkey was not accepted, or took too long.",
} as const;

/** Fields that are not part of the form that was sent. */
const PROOFS: readonly string[] = [PROOF_FIELD, BACK_FIELD, ...Object.values(PASSKEY_FIELDS.get)];

const FRESH_MS = 15 * MINUTE_MS;
/** Forms of sensitive actions have a few fields. */
const MAX_FIELDS = 100;

export function createReVerify(deps: Deps): ReVerify {
  const { users, sessions, secondFactors, passkeys, signInLimiter, clock } = deps;

  /** Returns what is wrong with the proof; null if it is right. */
  async function faultOf({ viewer, remoteAddress, sessionId }: PageContext, proof: Proof) {
    const { id: userId, username } = viewer;
    const { what } = proof;
    const turn = signInLimiter.begin({
      username,
      remoteAddress,
      device: sessionId,
      what: what === "code" ? "code" : "password",
    });
    if (!turn.allowed) return describeWait(turn.retryAfterMs);
    if (!(await isRight(proof, { userId, username }))) return FAULTS[what];
    turn.succeeded();
    return null;
  }

  async function isRight(proof: Proof, { userId, username }: { userId: string; username: string }) {
    if (proof.what === "passkey") return (await passkeys.verify(proof.given)) === userId;
    if (proof.what === "code") return secondFactors.verify({ userId, code: proof.typed });
    return (await users.verifyPassword({ username, password: proof.typed, isTrusted: true })) !== null;
  }

  function proofIn(form: FormInput, userId: string): Proof | null {
    const given = passkeyAnswerIn(form, "get");
    if (given !== null) return { what: "passkey", given };
    const typed = form[PROOF_FIELD];
    if (typed === undefined) return null;
    return { what: secondFactors.isOn(userId) ? "code" : "password", typed };
  }

  return async (context, { id, verifiedAt }) => {
    // A clock that was set back makes no sign-in fresh for longer.
    if (Math.abs(clock.now() - verifiedAt) < FRESH_MS) return null;
    const form = await context.form();
    const { id: userId } = context.viewer;
    const proof = proofIn(form, userId);
    const fault = proof && (await faultOf(context, proof));
    if (proof !== null && fault === null) {
      sessions.noteVerified({ id });
      return null;
    }
    const { singleSignOn } = deps;
    const hasProvider = singleSignOn !== null && deps.identities.canVerify(userId);
    const view = reVerifyView({
      viewer: context.viewer,
      action: pathAndQueryOf(context.request.url),
      fields: Object.entries(form)
        .filter(([name]) => !PROOFS.includes(name))
        .slice(0, MAX_FIELDS),
      asksFor: secondFactors.isOn(userId) ? "code" : users.find(userId)?.hasPassword ? "password" : null,
      provider: hasProvider ? singleSignOn.name : null,
      back: nextPath(form[BACK_FIELD] ?? refererPath(context.request)),
      question: passkeys.list(userId).length > 0 ? passkeys.askToSignIn() : null,
      fault,
    });
    return renderPage(view, { status: fault === null ? 200 : 422 });
  };
}
