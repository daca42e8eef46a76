/** Routes of a user's e-mail address. */
import { describeWait } from "../../auth/sign-in-limiter.ts";
import type { DashboardDeps } from "../deps.ts";
import { type FieldErrors, type FormInput, fieldErrors } from "../forms.ts";
import { action, type PageContext, type PageRoute, sensitive } from "../page-route.ts";
import { redirect } from "../render.ts";
import { EMAIL_PATH } from "./email-path.ts";

type Deps = Pick<DashboardDeps, "userEmails" | "signInLimiter">;

const PROFILE = "/profile";

/** `showAgain` draws the profile with the form's errors. */
export function createEmailRoutes(
  { userEmails, signInLimiter }: Deps,
  showAgain: (context: PageContext, errors: FieldErrors, typed: FormInput) => Promise<Response>,
): readonly PageRoute[] {
  async function ask(context: PageContext): Promise<Response> {
    const { viewer, remoteAddress } = context;
    const form = await context.form();
    const given = { username: viewer.id, remoteAddress, device: "own", what: "mail" } as const;
    const turn = signInLimiter.begin(given);
    if (!turn.allowed) return showAgain(context, { email: describeWait(turn.retryAfterMs) }, form);
    try {
      const isSent = await userEmails.ask(viewer, form.email ?? "");
      const text = isSent
        ? "A link is on its way. Open it to confirm the address."
        : "The link could not be sent. Try again later.";
      return redirect(PROFILE, { tone: isSent ? "ok" : "bad", text });
    } catch (error) {
      return showAgain(context, fieldErrors(error), form);
    }
  }

  function remove({ viewer }: PageContext): Response {
    userEmails.remove(viewer);
    return redirect(PROFILE, { tone: "ok", text: "Your e-mail address is removed." });
  }

  return [sensitive(action(EMAIL_PATH, ask)), sensitive(action(`${EMAIL_PATH}/remove`, remove))];
}
